"""Short messages: SendSms and QuerySendDetails of Dysmsapi 2017-05-25.

Follows https://help.aliyun.com/document_detail/419273.html and 419277. SendSms is not idempotent
and is billed: it is sent once, and an answer that doesn't come is ambiguous. QuerySendDetails
costs nothing and is tried again.
"""

import asyncio
import json
import logging
import random
from collections.abc import Mapping
from datetime import date
from typing import NoReturn

from server.providers.aliyun.client import AliyunAccess, AliyunClient, Exchange, Reply
from server.providers.aliyun.sms_codes import problem_of, refusal_of
from server.providers.call_log import CallLine
from server.providers.calls import BoundedCalls, DeadlinePassed, NoFreeWorker
from server.providers.ports.sms import SmsFate
from server.providers.ports.unavailable import (
    ProviderAmbiguous,
    ProviderProblem,
    ProviderUnavailable,
)

PROVIDER = "aliyun.sms"
_FATES = {1: SmsFate.WAITING, 2: SmsFate.FAILED, 3: SmsFate.SENT}
_PAGE_SIZE = 50
_PAGES = 4  # a number gets at most 40 messages a day
_ATTEMPTS = 3


class AliyunSmsGateway:
    def __init__(
        self,
        access: AliyunAccess,
        *,
        sign_name: str,
        workers: int,
        deadline_seconds: float,
        back_off_seconds: float = 0.2,
    ) -> None:
        self._client = AliyunClient(access, connections=workers)
        self._sign_name = sign_name
        self._deadline_seconds = deadline_seconds
        self._back_off_seconds = back_off_seconds
        self._calls = BoundedCalls(name=PROVIDER, workers=workers)

    async def warm(self) -> None:
        """Imports the SDK and builds the client in a thread; no call is made."""
        await asyncio.to_thread(self._client.connected)

    def close(self) -> None:
        self._calls.close()

    async def send(
        self, *, phone: str, template: str, params: Mapping[str, str], out_id: str
    ) -> None:
        line = CallLine(provider=PROVIDER, action="SendSms")
        fields = {
            "PhoneNumbers": phone,
            "SignName": self._sign_name,
            "TemplateCode": template,
            "TemplateParam": json.dumps(dict(params), ensure_ascii=False),
            "OutId": out_id,
        }
        try:
            reply = await self._run("SendSms", fields, self._not_after())
        except NoFreeWorker:
            _unavailable(line, ProviderProblem.BUSY)
        except DeadlinePassed:
            _ambiguous(line, ProviderProblem.TIMEOUT)
        _must_have_left(line, reply)
        if reply.exchange is Exchange.BROKEN:
            _ambiguous(line, ProviderProblem.GARBAGE, reply)
        if reply.code == "OK":
            line.write("ok", request_id=reply.request_id)
            return
        refusal = refusal_of(reply.code, str(reply.body.get("Message") or ""))
        if refusal is None:
            _unavailable(line, ProviderProblem.SERVER, reply)
        line.write(
            f"refused.{refusal.reason}",
            level=logging.WARNING,
            request_id=reply.request_id,
            code=reply.code,
        )
        raise refusal

    async def find(self, *, phone: str, sent_on: date, out_id: str) -> SmsFate | None:
        not_after = self._not_after()
        for page in range(1, _PAGES + 1):
            rows = await self._details(phone, sent_on, page, not_after)
            for row in rows:
                if row.get("OutId") == out_id:
                    return _FATES.get(_number(row.get("SendStatus")), SmsFate.WAITING)
            if len(rows) < _PAGE_SIZE:
                return None
        return None

    async def _details(
        self, phone: str, sent_on: date, page: int, not_after: float
    ) -> list[Mapping[str, object]]:
        line = CallLine(provider=PROVIDER, action="QuerySendDetails")
        fields = {
            "PhoneNumber": phone,
            "SendDate": sent_on.strftime("%Y%m%d"),
            "PageSize": str(_PAGE_SIZE),
            "CurrentPage": str(page),
        }
        try:
            reply = await self._persist("QuerySendDetails", fields, not_after)
        except NoFreeWorker:
            _unavailable(line, ProviderProblem.BUSY)
        except DeadlinePassed:
            _unavailable(line, ProviderProblem.TIMEOUT)
        _must_have_left(line, reply)
        rows = _rows(reply.body) if reply.code == "OK" else None
        if rows is None:
            answered = reply.exchange is Exchange.ANSWERED and reply.code != "OK"
            problem = ProviderProblem.SERVER if answered else ProviderProblem.GARBAGE
            _unavailable(line, problem, reply)
        line.write("ok", request_id=reply.request_id)
        return rows

    async def _persist(self, action: str, fields: Mapping[str, str], not_after: float) -> Reply:
        """Up to three times, as long as nothing was said and time is left."""
        loop = asyncio.get_running_loop()
        for attempt in range(_ATTEMPTS - 1):
            reply = await self._run(action, fields, not_after)
            pause = self._back_off_seconds * 2**attempt * (0.5 + random.random())
            passing = reply.exchange in (Exchange.BROKEN, Exchange.NEVER_LEFT) or (
                reply.exchange is Exchange.REFUSED
                and problem_of(reply.code) in (ProviderProblem.SERVER, ProviderProblem.THROTTLED)
            )
            if not passing or loop.time() + pause >= not_after:
                return reply
            await asyncio.sleep(pause)
        return await self._run(action, fields, not_after)

    async def _run(self, action: str, fields: Mapping[str, str], not_after: float) -> Reply:
        return await self._calls.run(lambda: self._client.send(action, fields), not_after=not_after)

    def _not_after(self) -> float:
        return asyncio.get_running_loop().time() + self._deadline_seconds


def _must_have_left(line: CallLine, reply: Reply) -> None:
    if reply.exchange is Exchange.NEVER_LEFT:
        _unavailable(line, ProviderProblem.NETWORK, reply)
    if reply.exchange is Exchange.REFUSED:
        _unavailable(line, problem_of(reply.code), reply)


def _unavailable(line: CallLine, problem: ProviderProblem, reply: Reply | None = None) -> NoReturn:
    _write(line, problem, reply)
    raise ProviderUnavailable(provider=PROVIDER, problem=problem) from None


def _ambiguous(line: CallLine, problem: ProviderProblem, reply: Reply | None = None) -> NoReturn:
    _write(line, problem, reply)
    raise ProviderAmbiguous(provider=PROVIDER, problem=problem) from None


def _write(line: CallLine, problem: ProviderProblem, reply: Reply | None) -> None:
    ours = problem in (ProviderProblem.CREDENTIALS, ProviderProblem.REQUEST)
    line.write(
        problem,
        level=logging.ERROR if ours else logging.WARNING,
        request_id=reply.request_id if reply else "",
        code=reply.code if reply else "",
    )


def _rows(body: Mapping[str, object]) -> list[Mapping[str, object]] | None:
    """None when the answer has not the shape of a list of messages."""
    listed = body.get("SmsSendDetailDTOs")
    rows = listed.get("SmsSendDetailDTO") if isinstance(listed, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    return rows


def _number(value: object) -> int:
    return int(value) if isinstance(value, (int, str)) and str(value).isdigit() else 0
