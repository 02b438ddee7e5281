"""Aliyun on loopback: Dysmsapi SendSms and QuerySendDetails, RPC-signed, and its receipts.

Business refusals (isv.*) are HTTP 200 with a Code; gateway refusals carry an HTTP status.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from sandbox.clock import SandboxClock
from sandbox.signatures import AliyunVerifier, SignatureRefused, aliyun_params
from sandbox.sms import SHANGHAI, Message, SmsRefused
from sandbox.state import State
from sandbox.web import Answer, RemoteHandler, json_bytes

VERSION = "2017-05-25"
RECEIPT_RETRIES = (60, 300, 600)
Fields = dict[str, Any]


class AliyunHandler(RemoteHandler):
    vendor = "aliyun"

    def initialize(self, state: State, verifier: AliyunVerifier | None = None) -> None:
        super().initialize(state)
        self.request_id = self.request_id.upper()
        assert verifier is not None
        self._verifier = verifier

    async def post(self) -> None:
        await self.serve()

    async def get(self) -> None:
        await self.serve()

    def action(self) -> str:
        return aliyun_params(self.request).get("Action", "")

    def part(self) -> str:
        return "sms"

    def refusal(self, code: str) -> Answer:
        status = 200 if code.startswith(("isv.", "isp.")) else 400
        return self._answer(status, code, "The sandbox was told to refuse.", {}, {})

    async def answer(self) -> Answer:
        try:
            params = self._verifier.verify(self.request)
        except SignatureRefused as refused:
            return self._answer(refused.status, refused.code, refused.message, {}, {})
        if params.get("Version") != VERSION:
            return self._answer(400, "InvalidVersion", "Specified version is not valid.", {}, {})
        if params["Action"] == "SendSms":
            return self._send_sms(params)
        if params["Action"] == "QuerySendDetails":
            return self._query(params)
        return self._answer(404, "InvalidAction.NotFound", "Specified api is not found.", {}, {})

    def _answer(self, status: int, code: str, message: str, more: Fields, facts: Fields) -> Answer:
        document = {"Code": code, "Message": message, "RequestId": self.request_id, **more}
        if status != 200:
            document["HostId"] = self.request.host
        return Answer(
            status=status,
            content_type="application/json;charset=utf-8",
            body=json_bytes(document),
            ok=code == "OK",
            code="" if code == "OK" else code,
            facts=facts,
        )

    def _send_sms(self, params: dict[str, str]) -> Answer:
        facts = {
            "phone": params.get("PhoneNumbers", ""),
            "template": params.get("TemplateCode", ""),
            "out_id": params.get("OutId", ""),
        }
        try:
            message = self.state.sms.send(
                phone=params.get("PhoneNumbers", ""),
                sign_name=params.get("SignName", ""),
                template=params.get("TemplateCode", ""),
                params=_template_params(params.get("TemplateParam", "{}")),
                out_id=params.get("OutId", ""),
            )
        except SmsRefused as refused:
            return self._answer(200, refused.code, refused.message, {}, facts)
        return self._answer(200, "OK", "OK", {"BizId": message.biz_id}, facts)

    def _query(self, params: dict[str, str]) -> Answer:
        phone, day = params.get("PhoneNumber", ""), params.get("SendDate", "")
        size, page = params.get("PageSize", ""), params.get("CurrentPage", "")
        facts: Fields = {"phone": phone, "day": day}
        well = phone and len(day) == 8 and day.isdigit() and size.isdigit() and page.isdigit()
        if not well or not 1 <= int(size) <= 50 or int(page) < 1:
            return self._answer(200, "isv.INVALID_PARAMETERS", "参数异常", {}, facts)
        found = self.state.sms.sent_on(phone, day, params.get("BizId", ""))
        start = (int(page) - 1) * int(size)
        details = [_detail(one) for one in found[start : start + int(size)]]
        more = {
            "TotalCount": str(len(found)),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": details},
        }
        return self._answer(200, "OK", "OK", more, {**facts, "found": len(found)})


def _template_params(text: str) -> Fields:
    try:
        params = json.loads(text or "{}")
    except ValueError:
        params = None
    if not isinstance(params, dict):
        raise SmsRefused("isv.INVALID_JSON_PARAM", "参数格式错误，请修改为字符串值")
    return params


def _detail(message: Message) -> Fields:
    at = message.sent_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    detail: Fields = {
        "PhoneNum": message.phone,
        "SendStatus": message.status,
        "ErrCode": "DELIVERED" if message.status == 3 else "",
        "TemplateCode": message.template,
        "Content": message.text,
        "SendDate": at,
        "OutId": message.out_id,
    }
    return {**detail, "ReceiveDate": at} if message.status == 3 else detail


class Receipts:
    """Pushes an SmsReport per message; again after 1, 5 and 10 minutes, then never."""

    def __init__(self, url: str, clock: SandboxClock) -> None:
        self._url = url
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()

    def push(self, message: Message) -> None:
        task = asyncio.ensure_future(self._deliver(message))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def close(self) -> None:
        for task in self._running:
            task.cancel()

    async def _deliver(self, message: Message) -> None:
        body = json_bytes([_report(message)])
        began = self._clock.now()
        for delay in (0, *RECEIPT_RETRIES):
            await self._clock.reached(began + timedelta(seconds=delay))
            if await self._accepted(body):
                return

    async def _accepted(self, body: bytes) -> bool:
        request = HTTPRequest(
            self._url,
            method="POST",
            headers={"Content-Type": "application/json"},
            body=body,
            request_timeout=5,
            connect_timeout=2,
            follow_redirects=False,
        )
        try:
            response = await AsyncHTTPClient().fetch(request, raise_error=False)
            return response.code == 200 and "code" in json.loads(response.body)
        except (HTTPClientError, OSError, ValueError, TypeError):
            return False


def _report(message: Message) -> Fields:
    at = message.sent_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "phone_number": message.phone,
        "send_time": at,
        "report_time": at,
        "success": message.status == 3,
        "err_code": "DELIVERED" if message.status == 3 else "UNKNOWN",
        "err_msg": "用户接收成功" if message.status == 3 else "接收失败",
        "sms_size": "1",
        "biz_id": message.biz_id,
        "out_id": message.out_id,
    }
