"""access_token as `stable_token` gives it, and the jsapi ticket.

Ordinary calls get the same token until its last 300 s; then a new one, and both are good for the
rest of the old one's life. A forced refresh ends the token at once; 20 a day, 30 s apart.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import SandboxClock
from sandbox.wechat.errors import WeChatError

LIFE = timedelta(seconds=7200)
OVERLAP = timedelta(seconds=300)
FORCED_A_DAY = 20
FORCED_APART = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    text: str
    expires_at: datetime

    def seconds_left(self, now: datetime) -> int:
        return round((self.expires_at - now).total_seconds())


class AccessTokens:
    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._ends: dict[str, datetime] = {}
        self._current: Issued | None = None
        self._forced: list[datetime] = []

    def get(self, *, force: bool) -> Issued:
        now = self._clock.now()
        if force:
            self._must_allow_force(now)
            if self._current is not None:
                self._ends.pop(self._current.text, None)
            self._forced.append(now)
            return self._issue(now)
        if self._current is None or self._current.expires_at - now <= OVERLAP:
            return self._issue(now)
        return self._current

    def check(self, text: str) -> None:
        """Raises 41001 without a token, 42001 for an expired one, 40001 for any other."""
        if not text:
            raise WeChatError(41001)
        end = self._ends.get(text)
        if end is None:
            raise WeChatError(40001)
        if end <= self._clock.now():
            raise WeChatError(42001)

    def revoke(self) -> None:
        """As when the secret was reset: none of the tokens is known any more."""
        self._ends.clear()
        self._current = None

    def _issue(self, now: datetime) -> Issued:
        self._current = Issued(text=f"{secrets.token_urlsafe(100)}", expires_at=now + LIFE)
        self._ends[self._current.text] = self._current.expires_at
        return self._current

    def _must_allow_force(self, now: datetime) -> None:
        self._forced = [at for at in self._forced if now - at < timedelta(days=1)]
        if self._forced and now - self._forced[-1] < FORCED_APART:
            raise WeChatError(45011)
        if len(self._forced) >= FORCED_A_DAY:
            raise WeChatError(45009)


class JsTicket:
    """One ticket at a time, of the same life as a token."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._current: Issued | None = None

    def get(self) -> Issued:
        now = self._clock.now()
        if self._current is None or self._current.expires_at <= now:
            text = f"kgt8ON7yVITDhtdwci0q{secrets.token_urlsafe(48)}"
            self._current = Issued(text=text, expires_at=now + LIFE)
        return self._current
