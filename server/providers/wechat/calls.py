"""Calls with the account's access token: one deadline over all of it, and repetition within bounds.

At most three tries: one more after the token was refused and replaced, one more after "busy".
Follows https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html: the
stable token leaves other programs of the same account alone, unless forced.
"""

import asyncio
import json
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from server.providers.call_log import CallLine
from server.providers.ports.unavailable import ProviderProblem, ProviderUnavailable
from server.providers.ports.wechat import LeasedToken
from server.providers.wechat.codes import BUSY, TOKEN_REFUSED, problem_of
from server.providers.wechat.exchange import Exchange, HttpExchange, Outgoing, Reply

PROVIDER = "wechat"
_OURS_TO_MEND = frozenset(
    {ProviderProblem.CREDENTIALS, ProviderProblem.ACCOUNT, ProviderProblem.REQUEST}
)


class AnswerUnreadable(Exception):
    """A value we need is absent or of another type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatAccess:
    """Origins: scheme, host and port, without a slash at the end."""

    app_id: str
    secret: str = field(repr=False)
    api_origin: str
    authorize_origin: str
    connect_seconds: float
    read_seconds: float


class WeChatCalls:
    def __init__(
        self, access: WeChatAccess, *, token: LeasedToken, back_off_seconds: float = 0.2
    ) -> None:
        self._access = access
        self._token = token
        self._back_off_seconds = back_off_seconds
        self._http = HttpExchange(origin=access.api_origin, connect_seconds=access.connect_seconds)

    async def carry(self, outgoing: Outgoing) -> Reply:
        """With the token in the address, as WeChat wants it. Not getting one is NEVER_LEFT."""
        not_after = self.not_after()
        token = await self._bounded(None, not_after)
        renewed = repeated = False
        while isinstance(token, str):
            params = {**outgoing.params, "access_token": token}
            reply = await self._http.send(replace(outgoing, params=params), not_after=not_after)
            if reply.errcode in TOKEN_REFUSED and not renewed:
                renewed, refused = True, token
                token = await self._bounded(refused, not_after)
                if token == refused:
                    return reply
            elif reply.errcode == BUSY and not repeated:
                repeated = True
                await self._back_off()
            else:
                return reply
        return token

    async def bare(self, outgoing: Outgoing) -> Reply:
        """Without a token: the call carries the account's secret itself."""
        not_after = self.not_after()
        reply = await self._http.send(outgoing, not_after=not_after)
        if reply.errcode == BUSY:
            await self._back_off()
            reply = await self._http.send(outgoing, not_after=not_after)
        return reply

    def not_after(self) -> float:
        """The end of a call that begins now, on the loop's clock."""
        seconds = self._access.connect_seconds + self._access.read_seconds
        return asyncio.get_running_loop().time() + seconds

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _back_off(self) -> None:
        await asyncio.sleep(self._back_off_seconds * (0.5 + random.random()))

    async def _bounded(self, refused: str | None, not_after: float) -> str | Reply:
        try:
            async with asyncio.timeout_at(not_after):
                if refused is None:
                    return await self._token.get(self._fetch)
                return await self._token.replace(refused, self._fetch)
        except ProviderUnavailable as unavailable:
            problem = unavailable.problem
        except TimeoutError:
            problem = ProviderProblem.TIMEOUT
        return Reply(exchange=Exchange.NEVER_LEFT, problem=problem)

    async def _fetch(self, force: bool) -> tuple[str, int]:
        line = CallLine(provider=PROVIDER, action="stable_token")
        asked = {
            "grant_type": "client_credential",
            "appid": self._access.app_id,
            "secret": self._access.secret,
            "force_refresh": force,
        }
        body = json.dumps(asked).encode()
        reply = await self.bare(Outgoing(method="POST", path="/cgi-bin/stable_token", body=body))
        must_be_answered(line, reply)
        if reply.errcode:
            unavailable(line, problem_of(reply.errcode) or ProviderProblem.ACCOUNT, reply)
        try:
            token, seconds = text(reply.body, "access_token"), number(reply.body, "expires_in")
        except AnswerUnreadable:
            unavailable(line, ProviderProblem.GARBAGE, reply)
        line.write("ok")
        return token, seconds


def must_be_answered(line: CallLine, reply: Reply) -> None:
    """Raises ProviderUnavailable."""
    if reply.exchange is not Exchange.ANSWERED:
        unavailable(line, reply.problem, reply)


def unavailable(line: CallLine, problem: ProviderProblem, reply: Reply) -> NoReturn:
    write(line, problem, reply)
    raise ProviderUnavailable(provider=PROVIDER, problem=problem) from None


def write(line: CallLine, problem: ProviderProblem, reply: Reply) -> None:
    level = logging.ERROR if problem in _OURS_TO_MEND else logging.WARNING
    line.write(problem, level=level, request_id=reply.rid, code=code_of(reply))


def code_of(reply: Reply) -> str:
    """As the log takes it."""
    return f"errcode.{reply.errcode}" if reply.errcode else ""


def text(body: Mapping[str, object], name: str) -> str:
    """Raises AnswerUnreadable."""
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 2048:
        raise AnswerUnreadable
    return value


def number(body: Mapping[str, object], name: str) -> int:
    """A positive one. Raises AnswerUnreadable."""
    value = body.get(name)
    if type(value) is not int or not 0 < value < 2**63:
        raise AnswerUnreadable
    return value
