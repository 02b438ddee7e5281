"""One signing session for one Tencent product, used by its roles in the modules beside.

Follows https://cloud.tencent.com/document/api/1007/31321 (TC3-HMAC-SHA256, by the SDK). The SDK
checks an answer for errors only under one exact Content-Type, so every answer is checked again
here; its own retryer repeats after success and is not used. Retries are ours, within one
deadline, and only where the caller asks for them.
"""

import asyncio
import json
import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NoReturn, TypeVar

from server.providers.bodies import body_within
from server.providers.call_log import CallLine, silence_vendor_loggers
from server.providers.calls import BoundedCalls, DeadlinePassed, NoFreeWorker
from server.providers.ports.unavailable import ProviderProblem, ProviderUnavailable
from server.providers.tencent import faults
from server.providers.tencent.answers import Answer, AnswerUnreadable, required_text

T = TypeVar("T")


class Product(StrEnum):
    FACEID = "faceid"
    OCR = "ocr"


@dataclass(frozen=True, slots=True, kw_only=True)
class TencentAccess:
    """endpoint: host or host:port, no scheme; None is the product's own.

    The read timeout counts from byte to byte.
    """

    secret_id: str
    secret_key: str = field(repr=False)
    protocol: Literal["https", "http"]
    endpoint: str | None
    connect_timeout_seconds: float
    read_timeout_seconds: float


@dataclass(frozen=True, slots=True)
class _Failure:
    code: str
    request_id: str


class StrictAnswer:
    """In the place of the SDK's retryer: calls once and passes whole answers without error only."""

    def send_request(self, send: Callable[[], Any]) -> Any:
        from tencentcloud.common.exception import TencentCloudSDKException

        response = send()
        answer = json.loads(response.content)["Response"]
        if not isinstance(answer, dict) or not isinstance(answer.get("RequestId"), str):
            raise TencentCloudSDKException(faults.MALFORMED_ANSWER)
        if "Error" in answer:
            error = answer["Error"]
            raise TencentCloudSDKException(error["Code"], None, answer["RequestId"])
        return response


class TencentSession:
    """Workers and deadline belong to the product, so that slow OCR can't starve face polling."""

    def __init__(
        self,
        access: TencentAccess,
        *,
        product: Product,
        workers: int,
        deadline_seconds: float,
        back_off_seconds: float = 0.2,
    ) -> None:
        self.provider = f"tencent.{product}"
        self._access = access
        self._product = product
        self._workers = workers
        self._deadline_seconds = deadline_seconds
        self._back_off_seconds = back_off_seconds
        self._calls = BoundedCalls(name=self.provider, workers=workers)
        self._client: Any = None
        self._client_lock = threading.Lock()

    async def warm(self) -> None:
        """Imports the SDK and builds the client in a thread; no call is made."""
        await asyncio.to_thread(self._connected)

    def close(self) -> None:
        self._calls.close()

    async def call(
        self,
        action: str,
        params: Mapping[str, object],
        *,
        read: Callable[[Answer], T],
        replies: Mapping[str, Callable[[], T]] | None = None,
        attempts: int = 1,
    ) -> T:
        """read makes the result and raises AnswerUnreadable; replies are error codes that are answers too.

        A reply returns a result or raises its own refusal. Raises ProviderUnavailable for all the rest.
        """
        line = CallLine(provider=self.provider, action=action)
        try:
            answer = await self._answer(action, params, attempts)
        except NoFreeWorker:
            self._give_up(line, ProviderProblem.BUSY)
        except DeadlinePassed:
            self._give_up(line, ProviderProblem.TIMEOUT)
        if isinstance(answer, _Failure):
            reply = (replies or {}).get(answer.code)
            if reply is None:
                self._give_up(line, faults.problem_of(answer.code), answer)
            line.write("refused", request_id=answer.request_id, code=answer.code)
            return reply()
        request_id = required_text(answer, "RequestId")
        try:
            result = read(answer)
        except AnswerUnreadable:
            self._give_up(line, ProviderProblem.GARBAGE, _Failure("", request_id))
        line.write("ok", request_id=request_id)
        return result

    def _give_up(
        self, line: CallLine, problem: ProviderProblem, failure: _Failure | None = None
    ) -> NoReturn:
        failure = failure or _Failure("", "")
        level = logging.ERROR if problem in faults.OURS_TO_MEND else logging.WARNING
        line.write(problem, level=level, request_id=failure.request_id, code=failure.code)
        raise ProviderUnavailable(provider=self.provider, problem=problem) from None

    async def _answer(
        self, action: str, params: Mapping[str, object], attempts: int
    ) -> Answer | _Failure:
        loop = asyncio.get_running_loop()
        not_after = loop.time() + self._deadline_seconds
        for attempt in range(attempts):
            answer = await self._calls.run(lambda: self._send(action, params), not_after=not_after)
            if not isinstance(answer, _Failure):
                return answer
            pause = self._back_off_seconds * 2**attempt * (0.5 + random.random())
            again = faults.problem_of(answer.code) in faults.RETRIED
            if not again or attempt + 1 == attempts or loop.time() + pause >= not_after:
                return answer
            await asyncio.sleep(pause)
        raise AssertionError("at least one attempt")

    def _send(self, action: str, params: Mapping[str, object]) -> Answer | _Failure:
        """In a worker. Never raises: a vendor's exception holds what must not leave this thread."""
        from tencentcloud.common.exception import TencentCloudSDKException

        try:
            answer: Answer = self._connected().call_json(action, dict(params))["Response"]
        except TencentCloudSDKException as error:
            if isinstance(error.__context__, OSError) and _timed_out(error.__context__):
                return _Failure(faults.TIMED_OUT, "")
            return _Failure(str(error.code), str(error.requestId or ""))
        except OSError as error:
            return _Failure(faults.TIMED_OUT if _timed_out(error) else "ClientNetworkError", "")
        except Exception:
            return _Failure(faults.MALFORMED_ANSWER, "")
        return answer

    def _connected(self) -> Any:
        with self._client_lock:
            if self._client is None:
                self._client = _client_of(self._product)(*self._client_arguments())
                _tame(self._client, self._access, self._workers)
                silence_vendor_loggers()
        return self._client

    def _client_arguments(self) -> tuple[object, str, object]:
        from tencentcloud.common.credential import Credential
        from tencentcloud.common.profile.client_profile import ClientProfile
        from tencentcloud.common.profile.http_profile import HttpProfile

        http = HttpProfile(
            protocol=self._access.protocol,
            endpoint=self._access.endpoint,
            reqTimeout=(self._access.connect_timeout_seconds, self._access.read_timeout_seconds),
        )
        credential = Credential(self._access.secret_id, self._access.secret_key)
        return credential, "", ClientProfile(httpProfile=http, retryer=StrictAnswer())


def _client_of(product: Product) -> Callable[..., Any]:
    if product is Product.FACEID:
        from tencentcloud.faceid.v20180301.faceid_client import FaceidClient

        return FaceidClient  # type: ignore[no-any-return]
    from tencentcloud.ocr.v20181119.ocr_client import OcrClient

    return OcrClient  # type: ignore[no-any-return]


def _tame(client: Any, access: TencentAccess, workers: int) -> None:
    """No proxy or netrc from the environment, and as many connections as workers.

    The session has a private name only; the SDK is pinned and a test goes through it.
    """
    from requests.adapters import HTTPAdapter

    connection = client.request.conn
    connection.proxy = None
    session = connection._session
    session.trust_env = False
    session.hooks["response"].append(body_within(access.read_timeout_seconds))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=workers))


def _timed_out(error: OSError) -> bool:
    from requests.exceptions import Timeout

    return isinstance(error, (Timeout, TimeoutError))
