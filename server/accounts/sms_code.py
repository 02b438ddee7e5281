"""A code by SMS: six digits that prove that a phone is in somebody's hand.

Only its keyed hash is kept. Reads filter ``expires_at``; the TTL index is only the broom.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.core.errors import Invalid, TooMany


class CodePurpose(StrEnum):
    """A code is good for one purpose."""

    SIGN_IN = "sign_in"


class CodeWrong(Invalid):
    """Not the code, and tries are left."""

    code = "accounts.code_wrong"
    sentence = "验证码不正确，还可以再试 {tries_left} 次。"


class CodeDead(Invalid):
    """Expired, used, tried too often, or never asked for: all the same to a stranger."""

    code = "accounts.code_dead"
    sentence = "验证码已失效，请重新获取。"


class CodeTooSoon(TooMany):
    """The count-down still runs, or the hour's or day's number is used up."""

    code = "accounts.code_too_soon"
    sentence = "验证码发送太频繁，请在 {retry_after_seconds} 秒后重新获取。"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRules:
    """Never looser than the carrier's own limits (standards T37)."""

    life: timedelta
    resend_seconds: int
    tries: int
    per_hour: int
    per_day: int
    per_address_hour: int

    def windows(self) -> tuple[tuple[int, int], ...]:
        """(count, seconds) for one phone."""
        return ((1, self.resend_seconds), (self.per_hour, 3600), (self.per_day, 86_400))


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCode:
    """What the person is told after asking for a code."""

    expires_at: datetime
    resend_seconds: int


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(1_000_000):06d}"
