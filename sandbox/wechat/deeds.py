"""What a person does to the official account, each with the push that follows from it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sandbox.wechat.account import ChatKind, ChatMessage, WeChat
from sandbox.wechat.pushing import Delivery, Pushes, Values

COPIES = 10
MEDIA = "/wechat/media/"


class NotPossible(Exception):
    """A person's phone would not let him do this; the text says why."""


class Deeds:
    """`base_url`: the sandbox's, for pictures that the server may fetch.

    `copies` sends the same push several times at once; `create_time` and `msg_id` send an earlier
    one again; `skew_seconds` follows a server whose clock is ahead.
    """

    def __init__(self, wechat: WeChat, pushes: Pushes) -> None:
        self._wechat = wechat
        self._pushes = pushes

    async def do(self, person_key: str, asked: Mapping[str, Any], base_url: str) -> dict[str, Any]:
        """The push's outcome, as `POST /wechat/push` answers it."""
        kind = asked.get("kind")
        if kind in ("block", "unblock"):
            self._must_follow(person_key)
            self._wechat.block(person_key, kind == "block")
            return {"pushed": None, "attempts": 0}
        deed = _DEEDS.get(str(kind))
        if deed is None:
            raise NotPossible(f"kind is one of {', '.join((*_DEEDS, 'block', 'unblock'))}")
        copies, skew = _number(asked, "copies", 1), _number(asked, "skew_seconds", 0)
        if not 1 <= copies <= COPIES:
            raise NotPossible(f"copies is a number from 1 to {COPIES}")
        at = _number(asked, "create_time", int(time.time()) + skew)
        values: Values = {"CreateTime": at, **deed(self, person_key, asked, base_url)}
        if "MsgId" in values:
            values = {**values, "MsgId": _number(asked, "msg_id", self._wechat.next_msg_id())}
        deliveries = await asyncio.gather(
            *(self._pushes.push(person_key, values, skew_seconds=skew) for _ in range(copies))
        )
        return _outcome(values, deliveries)

    def subscribe(self, person_key: str, asked: Mapping[str, Any], base_url: str) -> Values:
        scene, ticket = self._scene(asked)
        self._wechat.follow(person_key, scene)
        if not scene:
            return _event("subscribe", EventKey="")
        return _event("subscribe", EventKey=f"qrscene_{scene}", Ticket=ticket)

    def unsubscribe(self, person_key: str, asked: Mapping[str, Any], base_url: str) -> Values:
        self._must_follow(person_key)
        self._wechat.unfollow(person_key)
        return _event("unsubscribe", EventKey="")

    def scan(self, person_key: str, asked: Mapping[str, Any], base_url: str) -> Values:
        """Who doesn't follow yet is taken to follow."""
        scene, ticket = self._scene(asked)
        if not scene:
            raise NotPossible("a scan needs a scene, or the content of a QR code")
        if not self._wechat.follower(person_key).following:
            return self.subscribe(person_key, asked, base_url)
        return _event("SCAN", EventKey=scene, Ticket=ticket)

    def click(self, person_key: str, asked: Mapping[str, Any], base_url: str) -> Values:
        self._must_follow(person_key)
        return _event("CLICK", EventKey=_text(asked, "key"))

    def view(self, person_key: str, asked: Mapping[str, Any], base_url: str) -> Values:
        self._must_follow(person_key)
        return _event("VIEW", EventKey=_text(asked, "url"), MenuId=self._menu_id())

    def scancode_push(self, person_key: str, asked: Mapping[str, Any], base_url: str) -> Values:
        """A menu button that opens the scanner, and what was scanned with it."""
        self._must_follow(person_key)
        found = {"ScanType": "qrcode", "ScanResult": _text(asked, "content")}
        return _event("scancode_push", EventKey=_text(asked, "key"), ScanCodeInfo=found)

    def text(self, person_key: str, asked: Mapping[str, Any], base_url: str) -> Values:
        self._must_follow(person_key)
        content = _text(asked, "content")
        self._wechat.say(person_key, ChatMessage(kind=ChatKind.TEXT, mine=True, text=content))
        return {"MsgType": "text", "Content": content, "MsgId": 0}

    def image(self, person_key: str, asked: Mapping[str, Any], base_url: str) -> Values:
        self._must_follow(person_key)
        media_id = str(asked.get("media_id") or "")
        if media_id and media_id not in self._wechat.media:
            raise NotPossible("no such picture; it may have been too long ago")
        shown = f"{MEDIA}{media_id}" if media_id else str(asked.get("pic_url") or "")
        self._wechat.say(person_key, ChatMessage(kind=ChatKind.IMAGE, mine=True, url=shown))
        return {
            "MsgType": "image",
            "PicUrl": f"{base_url}{shown}" if media_id else shown,
            "MediaId": media_id or hashlib.sha256(shown.encode()).hexdigest(),
            "MsgId": 0,
        }

    def _must_follow(self, person_key: str) -> None:
        if not self._wechat.follower(person_key).following:
            raise NotPossible("this person doesn't follow the account")

    def _menu_id(self) -> str:
        return str(int(hashlib.sha256(repr(self._wechat.menu).encode()).hexdigest()[:8], 16))

    def _scene(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        """Scene and ticket: of the code whose url is `content`, or of any scene a test names."""
        if content := asked.get("content"):
            code = self._wechat.qr_codes.by_url(str(content))
            if code is None or not self._wechat.qr_codes.is_alive(code):
                raise NotPossible("this QR code does not exist or has expired")
            return code.scene, code.ticket
        scene = str(asked.get("scene") or "")
        known = self._wechat.qr_codes.by_scene(scene)
        return scene, known.ticket if known else f"gQ{hashlib.sha256(scene.encode()).hexdigest()}"


_DEEDS = {
    "subscribe": Deeds.subscribe,
    "unsubscribe": Deeds.unsubscribe,
    "scan": Deeds.scan,
    "click": Deeds.click,
    "view": Deeds.view,
    "scancode_push": Deeds.scancode_push,
    "text": Deeds.text,
    "image": Deeds.image,
}


def _event(name: str, **more: str | Mapping[str, str]) -> Values:
    return {"MsgType": "event", "Event": name, **more}


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value.strip():
        raise NotPossible(f"{name} is missing")
    return value


def _number(asked: Mapping[str, Any], name: str, default: int) -> int:
    value = asked.get(name, default)
    if type(value) is not int:
        raise NotPossible(f"{name} is a whole number")
    return value


def _outcome(values: Values, deliveries: list[Delivery]) -> dict[str, Any]:
    last = deliveries[-1]
    return {
        "pushed": values.get("Event") or values["MsgType"],
        "msg_id": values.get("MsgId"),
        "create_time": values["CreateTime"],
        "attempts": sum(one.attempts for one in deliveries),
        "status": last.status,
        "problem": last.problem,
        "replies": [asdict(reply) for one in deliveries for reply in one.replies],
    }
