"""What the phones share: who listens to what happens, and the codes now on screens."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from sandbox.proxy import Jars, VisitedPage, to_person
from sandbox.sms import Message
from sandbox.state import State
from sandbox.wechat.qr import STEM

CODE_LIFE = timedelta(minutes=15)
CODES_KEPT = 12
LISTENER_LAG = 500

Event = dict[str, Any]


class Scanned(StrEnum):
    WEB = "web"
    EXTERNAL = "external"
    TEXT = "text"
    OFFICIAL = "official"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanResult:
    """`address`: the path on the person's origin for WEB, the whole address for EXTERNAL.

    OFFICIAL and EXPIRED: a code of the official account that is good, or no longer.
    """

    kind: Scanned
    content: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCode:
    content: str
    person_key: str
    seen_at: datetime


class Desk:
    """Implements proxy.Sightings. All in one event loop, so nothing is locked."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.jars = Jars()
        self._queues: dict[str, set[asyncio.Queue[Event]]] = defaultdict(set)
        self._codes: deque[SeenCode] = deque(maxlen=CODES_KEPT)
        state.sms.listeners.append(self._sms_came)
        state.wechat.listeners.append(self._tell)

    @contextmanager
    def listen(self, person_key: str) -> Iterator[asyncio.Queue[Event]]:
        queue: asyncio.Queue[Event] = asyncio.Queue(maxsize=LISTENER_LAG)
        self._queues[person_key].add(queue)
        try:
            yield queue
        finally:
            self._queues[person_key].discard(queue)

    def codes(self) -> list[SeenCode]:
        """Newest first, those seen in the last quarter of an hour."""
        oldest = datetime.now(timezone.utc) - CODE_LIFE
        return [code for code in reversed(self._codes) if code.seen_at >= oldest]

    def inbox(self, person_key: str) -> list[Event]:
        person = self.state.world.person(person_key)
        return [sms_row(one) for one in self.state.sms.inbox(person.phone)] if person else []

    def page_asked(self, person_key: str) -> None:
        self._tell(person_key, {"kind": "loading"})

    def page_shown(self, person_key: str, page: VisitedPage) -> None:
        self._tell(
            person_key,
            {
                "kind": "page",
                "address": page.address,
                "title": page.title,
                "repeatable": page.repeatable,
            },
        )

    def code_seen(self, person_key: str, content: str) -> None:
        for code in list(self._codes):
            if code.content == content:
                self._codes.remove(code)
        now = datetime.now(timezone.utc)
        self._codes.append(SeenCode(content=content, person_key=person_key, seen_at=now))
        for key in self._queues:
            self._tell(key, {"kind": "codes", "codes": self.code_rows()})

    def code_rows(self) -> list[Event]:
        world = self.state.world
        return [
            {
                "content": code.content,
                "seen_at": code.seen_at.isoformat(timespec="seconds"),
                "on": getattr(world.person(code.person_key), "name", ""),
            }
            for code in self.codes()
        ]

    def scan(self, content: str, person_origin: str) -> ScanResult:
        """What the scanner makes of a code: a page of the platform, another page, or plain text."""
        content = content.strip()
        address = content
        if content.startswith(STEM):
            return ScanResult(kind=self._official(content), content=content)
        parts = urlsplit(content)
        if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
            return ScanResult(kind=Scanned.TEXT, content=content)
        port = urlsplit(person_origin).port
        if parts.port == port and (parts.hostname or "").endswith(".localhost"):
            # A link copied out of another person's web view.
            address = person_origin + content.partition(parts.netloc)[2]
        elif self.state.server_url:
            address = to_person(
                content, server=self.state.server_url.rstrip("/"), person_origin=person_origin
            )
        if address.startswith(person_origin + "/"):
            path = address.removeprefix(person_origin)
            return ScanResult(kind=Scanned.WEB, content=content, address=path)
        return ScanResult(kind=Scanned.EXTERNAL, content=content, address=content)

    def wechat(self, person_key: str) -> Event:
        """The official account as this phone has it, with its chat."""
        wechat = self.state.wechat
        return {**wechat.standing(person_key), "messages": wechat.chat(person_key)}

    def _official(self, content: str) -> Scanned:
        codes = self.state.wechat.qr_codes
        code = codes.by_url(content)
        return Scanned.OFFICIAL if code and codes.is_alive(code) else Scanned.EXPIRED

    def _sms_came(self, message: Message) -> None:
        person = self.state.world.person_by_phone(message.phone)
        if person is not None:
            self._tell(person.key, {"kind": "sms", "message": sms_row(message)})

    def _tell(self, person_key: str, event: Event) -> None:
        for queue in self._queues.get(person_key, ()):
            if not queue.full():
                queue.put_nowait(event)


def sms_row(message: Message) -> Event:
    return {
        "id": message.biz_id,
        "from": message.sign_name,
        "text": message.text,
        "code": message.params.get("code", ""),
        "sent_at": message.sent_at.isoformat(timespec="seconds"),
    }
