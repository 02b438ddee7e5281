"""Codes of web authorisation: good once and for five minutes; and the tokens they are changed for."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import SandboxClock
from sandbox.wechat.errors import WeChatError

CODE_LIFE = timedelta(minutes=5)
TOKEN_LIFE = timedelta(seconds=7200)
SCOPES = ("snsapi_base", "snsapi_userinfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorised:
    """`snapshot`: a page shown as a snapshot to nobody in particular."""

    person_key: str
    scope: str
    expires_at: datetime
    snapshot: bool = False


class OAuthCodes:
    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._codes: dict[str, Authorised] = {}
        self._used: set[str] = set()
        self._tokens: dict[str, Authorised] = {}

    def issue(self, person_key: str, scope: str, *, snapshot: bool = False) -> str:
        code = secrets.token_hex(16)
        self._codes[code] = Authorised(
            person_key=person_key,
            scope=scope,
            expires_at=self._clock.now() + CODE_LIFE,
            snapshot=snapshot,
        )
        return code

    def use(self, code: str) -> Authorised:
        """Raises 41008, 40029 (never one), 40163 (used), 42003 (too old)."""
        if not code:
            raise WeChatError(41008)
        if code in self._used:
            raise WeChatError(40163)
        authorised = self._codes.get(code)
        if authorised is None:
            raise WeChatError(40029)
        if authorised.expires_at <= self._clock.now():
            raise WeChatError(42003)
        self._used.add(code)
        return authorised

    def token_for(self, authorised: Authorised) -> str:
        token = secrets.token_urlsafe(64)
        self._tokens[token] = Authorised(
            person_key=authorised.person_key,
            scope=authorised.scope,
            expires_at=self._clock.now() + TOKEN_LIFE,
        )
        return token

    def behind(self, token: str) -> Authorised:
        authorised = self._tokens.get(token)
        if authorised is None:
            raise WeChatError(40001)
        if authorised.expires_at <= self._clock.now():
            raise WeChatError(42001)
        return authorised
