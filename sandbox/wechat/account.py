"""One official account, its followers and what stands in their chats. In memory, in one event loop."""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.wechat.codes import OAuthCodes
from sandbox.wechat.crypto import SafeMode
from sandbox.wechat.qr import QrCodes
from sandbox.wechat.templates import load_templates
from sandbox.wechat.tokens import AccessTokens, JsTicket
from sandbox.world import World

CHAT_LENGTH = 500
MEDIA_KEPT = 50
Event = dict[str, Any]


class ChatKind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    NEWS = "news"
    TEMPLATE = "template"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    title: str
    description: str
    picture: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """`mine`: the person said it. `rows`: label and value of a template message.

    `url`: where a card leads, or an image's own address.
    """

    kind: ChatKind
    mine: bool = False
    text: str = ""
    title: str = ""
    url: str = ""
    template_id: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    articles: tuple[Article, ...] = ()
    id: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(slots=True, kw_only=True)
class Follower:
    """`blocked`: takes no template messages. `scene`: the one that brought this person here."""

    following: bool = False
    blocked: bool = False
    since: datetime | None = None
    scene: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the account's operator sees in WeChat's back office."""

    app_id: str
    secret: str
    token: str
    aes_key: str
    original_id: str
    name: str


class WeChat:
    """`listeners` are told (person_key, event) of all that changes on a person's phone."""

    def __init__(self, clock: SandboxClock, world: World, identity: Identity) -> None:
        self.clock = clock
        self.identity = identity
        self.safe_mode = SafeMode(
            token=identity.token, aes_key=identity.aes_key, app_id=identity.app_id
        )
        self.templates = load_templates()
        self.listeners: list[Callable[[str, Event], None]] = []
        self._openids = {one.key: _openid(identity.app_id, one.key) for one in world.persons}
        self._msg_ids = itertools.count(time.time_ns() // 1000)
        self.forget()

    def forget(self) -> None:
        """As on the first day: nobody follows, no menu, no tokens, empty chats."""
        self.tokens = AccessTokens(self.clock)
        self.js_ticket = JsTicket(self.clock)
        self.qr_codes = QrCodes(self.clock)
        self.oauth = OAuthCodes(self.clock)
        self.menu: dict[str, Any] | None = None
        self.sent_once: dict[tuple[str, str], tuple[datetime, int]] = {}
        self.media: dict[str, tuple[str, bytes]] = {}
        self._followers: defaultdict[str, Follower] = defaultdict(Follower)
        self._chats: defaultdict[str, deque[tuple[datetime, ChatMessage]]] = defaultdict(
            lambda: deque(maxlen=CHAT_LENGTH)
        )
        for person_key in self._openids:
            self.changed(person_key)

    def openid(self, person_key: str) -> str:
        return self._openids[person_key]

    def unionid(self, person_key: str) -> str:
        """One per person, whichever of the operator's accounts asks."""
        return _openid("open-platform", person_key)

    def person_of(self, openid: str) -> str | None:
        return next((key for key, one in self._openids.items() if one == openid), None)

    def follower(self, person_key: str) -> Follower:
        return self._followers[person_key]

    def next_msg_id(self) -> int:
        """For messages pushed to the server and for template messages alike; never repeated."""
        return next(self._msg_ids)

    def follow(self, person_key: str, scene: str = "") -> None:
        self._followers[person_key] = Follower(following=True, since=self.clock.now(), scene=scene)
        self.changed(person_key)

    def unfollow(self, person_key: str) -> None:
        """The conversation goes from the phone with it."""
        self._followers.pop(person_key, None)
        self._chats.pop(person_key, None)
        self.changed(person_key)

    def block(self, person_key: str, blocked: bool) -> None:
        self._followers[person_key].blocked = blocked
        self.changed(person_key)

    def set_menu(self, menu: dict[str, Any] | None) -> None:
        self.menu = menu
        for person_key in self._openids:
            self.changed(person_key)

    def say(self, person_key: str, message: ChatMessage) -> None:
        row = (self.clock.now(), message)
        self._chats[person_key].append(row)
        self._tell(person_key, {"kind": "chat", "message": _row(*row)})

    def chat(self, person_key: str) -> list[Event]:
        """Oldest first."""
        return [_row(*one) for one in self._chats.get(person_key, ())]

    def standing(self, person_key: str) -> Event:
        """How this person and the account stand to each other, without the messages."""
        follower = self._followers[person_key]
        return {
            "account": {"name": self.identity.name, "id": self.identity.original_id},
            "openid": self._openids[person_key],
            "following": follower.following,
            "blocked": follower.blocked,
            "scene": follower.scene,
            "menu": self.menu,
        }

    def keep_media(self, content_type: str, content: bytes) -> str:
        """Its media id; the newest pictures are kept."""
        media_id = secrets.token_urlsafe(32)
        self.media[media_id] = (content_type, content)
        while len(self.media) > MEDIA_KEPT:
            del self.media[next(iter(self.media))]
        return media_id

    def changed(self, person_key: str) -> None:
        self._tell(person_key, {"kind": "wechat", **self.standing(person_key)})

    def _tell(self, person_key: str, event: Event) -> None:
        for listener in self.listeners:
            listener(person_key, event)


def _row(at: datetime, message: ChatMessage) -> Event:
    return {**asdict(message), "at": at.isoformat(timespec="seconds")}


def _openid(app_id: str, person_key: str) -> str:
    digest = hashlib.sha256(f"{app_id}:{person_key}".encode()).digest()
    return "o" + base64.urlsafe_b64encode(digest).decode()[:27]
