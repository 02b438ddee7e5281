"""The mobile network behind Aliyun: inboxes by number, and the documented sending limits.

Limits (Aliyun 101346): the same signature to the same number, code templates 1 a minute, 5 an hour,
10 a day; 40 a day per number for everything. Rolling windows on the sandbox's clock.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from sandbox.clock import SandboxClock

TEMPLATES_FILE = Path(__file__).with_name("sms_templates.yaml")
CODE_LIMITS = (("分钟", 1, 60), ("小时", 5, 3600), ("天", 10, 86400))
NUMBER_LIMIT = (40, 86400)
SHANGHAI = timezone(timedelta(hours=8))
_PARAM = re.compile(r"\$\{(\w+)\}")
_MOBILE = re.compile(r"1[3-9]\d{9}")


class SmsRefused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    code: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`status` as in QuerySendDetails: 1 waiting, 2 failed, 3 delivered."""

    phone: str
    sign_name: str
    template: str
    params: dict[str, str]
    text: str
    biz_id: str
    out_id: str
    sent_at: datetime
    status: int = 3

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "sent_at": self.sent_at.isoformat(timespec="milliseconds")}


def load_templates(path: Path = TEMPLATES_FILE) -> dict[str, Template]:
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["templates"]
    return {row["code"]: Template(**row) for row in rows}


class Sms:
    def __init__(
        self,
        clock: SandboxClock,
        sign_names: tuple[str, ...] = ("融桥",),
        templates: Mapping[str, Template] | None = None,
    ) -> None:
        self._clock = clock
        self._sign_names = sign_names
        self._templates = dict(templates if templates is not None else load_templates())
        self._sent: deque[Message] = deque(maxlen=5000)
        self.listeners: list[Callable[[Message], None]] = []

    def send(
        self, *, phone: str, sign_name: str, template: str, params: Mapping[str, Any], out_id: str
    ) -> Message:
        """Delivered at once, or SmsRefused with Aliyun's code and message."""
        if not _MOBILE.fullmatch(phone):
            raise SmsRefused("isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误")
        if sign_name not in self._sign_names:
            raise SmsRefused("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
        known = self._templates.get(template)
        if known is None:
            raise SmsRefused("isv.SMS_TEMPLATE_ILLEGAL", "短信模版不合法")
        values = {key: str(value) for key, value in params.items()}
        text = f"【{sign_name}】{self._fill(known, values)}"
        self._must_be_within_limits(phone, sign_name, known)
        message = Message(
            phone=phone,
            sign_name=sign_name,
            template=template,
            params=values,
            text=text,
            biz_id=f"{time.time_ns()}^0",
            out_id=out_id,
            sent_at=self._clock.now(),
        )
        self._sent.append(message)
        for listener in self.listeners:
            listener(message)
        return message

    def inbox(self, phone: str) -> list[Message]:
        """Newest first."""
        return [one for one in reversed(self._sent) if one.phone == phone]

    def sent_on(self, phone: str, day: str, biz_id: str = "") -> list[Message]:
        """`day` is yyyymmdd in Asia/Shanghai, as QuerySendDetails takes it."""
        return [
            one
            for one in self.inbox(phone)
            if one.sent_at.astimezone(SHANGHAI).strftime("%Y%m%d") == day
            and biz_id in ("", one.biz_id)
        ]

    def _fill(self, template: Template, params: Mapping[str, str]) -> str:
        names = _PARAM.findall(template.text)
        if missing := [name for name in names if name not in params]:
            raise SmsRefused(
                "isv.TEMPLATE_MISSING_PARAMETERS", f"模板变量缺少参数: {','.join(missing)}"
            )
        for name in names:
            value = params[name]
            if len(value) > 35:
                raise SmsRefused("isv.PARAM_LENGTH_LIMIT", "参数超出长度限制")
            if "://" in value:
                raise SmsRefused("isv.PARAM_NOT_SUPPORT_URL", "变量不支持传入URL")
        return _PARAM.sub(lambda found: params[found.group(1)], template.text)

    def _must_be_within_limits(self, phone: str, sign_name: str, template: Template) -> None:
        now = self._clock.now()
        to_number = [one for one in self._sent if one.phone == phone]
        count, seconds = NUMBER_LIMIT
        if _since(to_number, now, seconds) >= count:
            raise SmsRefused("isv.BUSINESS_LIMIT_CONTROL", f"触发天级流控Permits:{count}")
        if template.kind != "code":
            return
        codes = [
            one
            for one in to_number
            if one.sign_name == sign_name and self._templates[one.template].kind == "code"
        ]
        for unit, count, seconds in CODE_LIMITS:
            if _since(codes, now, seconds) >= count:
                raise SmsRefused("isv.BUSINESS_LIMIT_CONTROL", f"触发{unit}级流控Permits:{count}")


def _since(messages: list[Message], now: datetime, seconds: int) -> int:
    return sum(1 for one in messages if now - one.sent_at < timedelta(seconds=seconds))
