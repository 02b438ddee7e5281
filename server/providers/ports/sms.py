"""Short messages: sending one, and finding out what became of it."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Protocol

from server.core.errors import Invalid, Refusal, TooMany, Unavailable


class SmsFate(StrEnum):
    SENT = "sent"
    WAITING = "waiting"
    FAILED = "failed"


class SmsRefusal(StrEnum):
    LIMIT = "limit"  # this number had too many messages
    NUMBER = "number"  # not a number that can be reached
    CONTENT = "content"  # template, parameters or words not allowed
    ACCOUNT = "account"  # sign name, permission or money on our side


class SmsRefused(Refusal):
    """The gateway answered and did not send. Catch this one; the three below give it its kind."""

    reason: SmsRefusal
    wait_seconds: int = 0


class SmsLimited(SmsRefused, TooMany):
    code = "providers.sms_limited"
    sentence = "短信发送太频繁，请在 {retry_after_seconds} 秒后再试。"

    def __init__(self, *, wait_seconds: int) -> None:
        super().__init__(retry_after_seconds=wait_seconds)
        self.reason = SmsRefusal.LIMIT
        self.wait_seconds = wait_seconds


class SmsNumberRefused(SmsRefused, Invalid):
    code = "providers.sms_number_refused"
    sentence = "这个手机号码无法接收短信，请核对号码或换一个号码。"

    def __init__(self) -> None:
        super().__init__()
        self.reason = SmsRefusal.NUMBER


class SmsNotAccepted(SmsRefused, Unavailable):
    code = "providers.sms_not_accepted"
    sentence = "短信暂时无法发送，请稍后重试或联系客服。"

    def __init__(self, *, reason: SmsRefusal) -> None:
        super().__init__()
        self.reason = reason


class SmsGateway(Protocol):
    """A message is sent at most once per call; after an ambiguous answer ask ``find`` first."""

    async def send(
        self, *, phone: str, template: str, params: Mapping[str, str], out_id: str
    ) -> None:
        """Returns when the gateway accepted the message; out_id is our own id, echoed by ``find``.

        Raises SmsRefused (not sent), ProviderUnavailable (not sent), ProviderAmbiguous (may have been sent).
        """

    async def find(self, *, phone: str, sent_on: date, out_id: str) -> SmsFate | None:
        """sent_on is the day in China. None: the gateway never got it. Raises ProviderUnavailable."""

    async def warm(self) -> None: ...

    def close(self) -> None: ...
