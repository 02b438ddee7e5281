"""One HTTP exchange with WeChat, which never raises: aiohttp's errors and addresses hold tokens and
the account's secret, so none of them leaves this module.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import aiohttp

from server.providers.ports.unavailable import ProviderProblem

_MAX_BYTES = 1024 * 1024  # an answer is a few thousand bytes
_CONNECTIONS = 64
_ERRCODES = 10**9  # a number of eleven digits would be somebody's telephone
_RID = re.compile(r"\brid: ([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """path: below the origin, with its slash; params and body hold personal data and secrets."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


class Exchange(StrEnum):
    """How far a call got."""

    ANSWERED = "answered"
    REFUSED = "refused"  # by the gateway, before anything was done
    NEVER_LEFT = "never_left"
    BROKEN = "broken"  # it left, and what came back, if anything, says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """errcode: 0 is success. problem: what kept it from being ANSWERED."""

    exchange: Exchange
    errcode: int = 0
    body: Mapping[str, object] = field(default_factory=dict, repr=False)
    rid: str = ""
    problem: ProviderProblem = ProviderProblem.GARBAGE


class HttpExchange:
    """One pool of connections, opened in the loop of the first call."""

    def __init__(self, *, origin: str, connect_seconds: float) -> None:
        self._origin = origin
        self._connect_seconds = connect_seconds
        self._session: aiohttp.ClientSession | None = None

    async def send(self, outgoing: Outgoing, *, not_after: float) -> Reply:
        """not_after is on the loop's clock and bounds everything, the body included.

        aiohttp asks once more when a connection ends under a GET; nothing else is repeated here.
        """
        left = not_after - asyncio.get_running_loop().time()
        if left <= 0:
            return Reply(exchange=Exchange.NEVER_LEFT, problem=ProviderProblem.TIMEOUT)
        try:
            async with self._opened().request(
                outgoing.method,
                self._origin + outgoing.path,
                params=dict(outgoing.params),
                data=outgoing.body,
                headers={"Content-Type": "application/json"} if outgoing.body else None,
                timeout=aiohttp.ClientTimeout(
                    total=left, connect=self._connect_seconds, ceil_threshold=60
                ),
                allow_redirects=False,
            ) as answer:
                return _read(answer.status, await _body(answer))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            late = isinstance(error, TimeoutError)
            problem = ProviderProblem.TIMEOUT if late else ProviderProblem.NETWORK
            return Reply(exchange=Exchange.NEVER_LEFT, problem=problem)
        except TimeoutError:
            return Reply(exchange=Exchange.BROKEN, problem=ProviderProblem.TIMEOUT)
        except (aiohttp.ClientError, OSError, ValueError):
            return Reply(exchange=Exchange.BROKEN, problem=ProviderProblem.NETWORK)

    async def aclose(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session


async def _body(answer: aiohttp.ClientResponse) -> bytes | None:
    """None for one that is too large."""
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > _MAX_BYTES:
            answer.close()
            return None
        parts.append(part)
    return b"".join(parts)


def _read(status: int, body: bytes | None) -> Reply:
    if status >= 500:
        return Reply(exchange=Exchange.BROKEN, problem=ProviderProblem.SERVER)
    if status >= 400:
        problem = ProviderProblem.THROTTLED if status == 429 else ProviderProblem.REQUEST
        return Reply(exchange=Exchange.REFUSED, problem=problem)
    if status != 200 or body is None:
        return Reply(exchange=Exchange.BROKEN, problem=ProviderProblem.NETWORK)
    try:
        # WeChat leaves control characters in its texts.
        document = json.loads(body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return Reply(exchange=Exchange.BROKEN)
    if not isinstance(document, dict):
        return Reply(exchange=Exchange.BROKEN)
    errcode = document.get("errcode", 0)
    if type(errcode) is not int or not -1 <= errcode < _ERRCODES:
        return Reply(exchange=Exchange.BROKEN)
    rid = _RID.search(str(document.get("errmsg", "")))
    return Reply(
        exchange=Exchange.ANSWERED, errcode=errcode, body=document, rid=rid[1] if rid else ""
    )
