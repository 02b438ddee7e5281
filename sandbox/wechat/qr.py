"""QR codes with a scene: temporary ones (30 days at most) and lasting ones."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.wechat.errors import WeChatError

MAX_SECONDS = 2_592_000
DEFAULT_SECONDS = 60
LIMIT_SCENES = 100_000
STEM = "http://weixin.qq.com/q/"


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """`expires_at` None: lasts. `expire_seconds`: as the answer repeats it."""

    ticket: str
    url: str
    scene: str
    expire_seconds: int | None
    expires_at: datetime | None


class QrCodes:
    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._codes: list[QrCode] = []

    def create(self, asked: dict[str, Any]) -> QrCode:
        name = asked.get("action_name")
        if name not in _SCENES:
            raise WeChatError(40052)
        temporary, textual = _SCENES[name]
        scene = _scene(asked, textual=textual, lasting=not temporary)
        if not temporary:
            lasting = [one for one in self._codes if not one.expires_at and one.scene == scene]
            return lasting[0] if lasting else self._add(scene, None)
        seconds = asked.get("expire_seconds", DEFAULT_SECONDS)
        if type(seconds) is not int or not 0 < seconds <= MAX_SECONDS:
            raise WeChatError(40097, "expire_seconds")
        return self._add(scene, seconds)

    def by_ticket(self, ticket: str) -> QrCode | None:
        return next((one for one in self._codes if one.ticket == ticket), None)

    def by_url(self, url: str) -> QrCode | None:
        """None when nobody made it; ask `is_alive` of what is found."""
        return next((one for one in self._codes if one.url == url), None)

    def by_scene(self, scene: str) -> QrCode | None:
        """The newest that is alive."""
        found = (one for one in reversed(self._codes) if one.scene == scene and self.is_alive(one))
        return next(found, None)

    def is_alive(self, code: QrCode) -> bool:
        return code.expires_at is None or self._clock.now() < code.expires_at

    def _add(self, scene: str, seconds: int | None) -> QrCode:
        end = None if seconds is None else self._clock.now() + timedelta(seconds=seconds)
        code = QrCode(
            ticket=f"gQ{secrets.token_urlsafe(70)}==",
            url=STEM + secrets.token_urlsafe(16),
            scene=scene,
            expire_seconds=seconds,
            expires_at=end,
        )
        self._codes.append(code)
        return code


# action_name: (temporary, textual)
_SCENES = {
    "QR_SCENE": (True, False),
    "QR_STR_SCENE": (True, True),
    "QR_LIMIT_SCENE": (False, False),
    "QR_LIMIT_STR_SCENE": (False, True),
}


def _scene(asked: dict[str, Any], *, textual: bool, lasting: bool) -> str:
    info = asked.get("action_info")
    scene = info.get("scene") if isinstance(info, dict) else None
    if not isinstance(scene, dict):
        raise WeChatError(40053)
    if textual:
        text = scene.get("scene_str")
        if not isinstance(text, str) or not 1 <= len(text) <= 64:
            raise WeChatError(40053)
        return text
    number = scene.get("scene_id")
    highest = LIMIT_SCENES if lasting else 2**32 - 1
    if type(number) is not int or not 1 <= number <= highest:
        raise WeChatError(40053)
    return str(number)
