"""The phone in the browser: `/phone` and what its scripts ask for, and each person's origin.

`routes` is the only door: the persons' origins (by Host) come first, so that whatever path the
platform uses there is the platform's; only `/__eid` and WeChat's `/connect/oauth2/authorize` are
kept for the sandbox.
"""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import zxingcpp
from PIL import Image, UnidentifiedImageError
from tornado.iostream import StreamClosedError
from tornado.routing import HostMatches, Rule
from tornado.web import HTTPError

from sandbox import pictures
from sandbox.eid_pages import Authorise, Consent, Done, EidChooser, Face, GivenUp
from sandbox.phone import FOLDER, Asset, PhonePage
from sandbox.phone.desk import Desk, Event, Scanned
from sandbox.proxy import AUTHORISE, BODY_LIMIT, WebView
from sandbox.state import State
from sandbox.wechat import oauth
from sandbox.world import Enterprise, Person

SIDE_BY_SIDE = 2
# The odd licences are offered of the person's first firm only.
LOOKS = {
    "clear": "",
    "other-rep": "法定代表人不符",
    "copy": "复印件",
    "reshoot": "翻拍",
    "blurred": "模糊",
}
BEAT_SECONDS = 10.0


def routes(state: State) -> list[Any]:
    desk = Desk(state)
    with_desk = {"desk": desk}
    assets = {"path": str(FOLDER / "assets")}
    on_person = [
        (r"/__eid", Consent, with_desk),
        (r"/__eid/authorise", Authorise, with_desk),
        (r"/__eid/face", Face, with_desk),
        (r"/__eid/given-up", GivenUp, with_desk),
        (r"/__eid/done", Done, with_desk),
        (r"/__eid/assets/(.*)", Asset, assets),
        (AUTHORISE, oauth.Authorise, with_desk),
        (r".*", WebView, {"state": state, "jars": desk.jars, "sightings": desk}),
    ]
    return [
        Rule(HostMatches(r".+\.localhost$"), on_person),
        (r"/eid", EidChooser, with_desk),
        (AUTHORISE, oauth.Outside),
        (r"/__eid/assets/(.*)", Asset, assets),
        (r"/phone", Phone, with_desk),
        (r"/phone/live", Live, with_desk),
        (r"/phone/scan", Scan, with_desk),
        (r"/phone/decode", Decode),
        (r"/phone/forget", Forget, with_desk),
        (r"/phone/pictures/([0-9A-Z]{18})-([a-z-]+)\.jpg", Picture, with_desk),
        (r"/phone/assets/(.*)", Asset, assets),
    ]


class PersonsPage(PhonePage):
    def initialize(self, desk: Desk) -> None:
        self.desk = desk

    def person(self, key: str) -> Person:
        person = self.desk.state.world.person(key)
        if person is None:
            raise HTTPError(404)
        return person

    def origin(self, person: Person) -> str:
        port = self.request.host.rpartition(":")[2]
        return f"http://{person.key}.localhost:{port}"

    def enterprises(self, person: Person) -> list[Enterprise]:
        return [one for one in self.desk.state.world.enterprises if one.legal_rep.key == person.key]

    def write_error(self, status_code: int, **_: Any) -> None:
        sentence = "世界里没有这个人或这样东西，请回到手机页面重新选。"
        if status_code != 404:
            sentence = "沙箱没能做到，请刷新再试；终端里有原因。"
        self.render("notice.html", title="打不开", sentence=sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pane:
    """One phone on the page: `facts` is the JSON that its script starts from."""

    person: Person
    enterprises: list[Enterprise]
    others: list[Enterprise]
    looks: dict[str, str]
    facts: str


class Phone(PersonsPage):
    """`?person=` one or two keys; none: choose a person. `open=` a path for the first web view,
    `scan=` the content of a code that it scans."""

    def get(self) -> None:
        keys = list(dict.fromkeys(self.get_query_arguments("person")))[:SIDE_BY_SIDE]
        persons = [self.person(key) for key in keys]
        everybody = [(person, self.enterprises(person)) for person in self.desk.state.world.persons]
        if not persons:
            self.render("chooser.html", everybody=everybody)
            return
        opened = self.get_query_argument("open", "")
        scanned = self.get_query_argument("scan", "")
        first = self._pane(persons[0], opened, "" if opened else scanned)
        panes = [first, *(self._pane(person) for person in persons[1:])]
        self.render("phone.html", panes=panes, everybody=everybody)

    def _pane(self, person: Person, opened: str = "", scanned: str = "") -> Pane:
        own = self.enterprises(person)
        return Pane(
            person=person,
            enterprises=own,
            others=[one for one in self.desk.state.world.enterprises if one not in own],
            looks=LOOKS,
            facts=self._facts(person, opened, scanned),
        )

    def _facts(self, person: Person, opened: str, scanned: str) -> str:
        """Read by the script; '<' is escaped because it stands inside a script element."""
        facts = {
            "key": person.key,
            "name": person.name,
            "origin": self.origin(person),
            "open": opened if opened.startswith("/") and not opened.startswith("//") else "",
            "scan": scanned,
            "server": self.desk.state.server_url,
        }
        return json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")


class Live(PersonsPage):
    """What happens to one phone, as server-sent events: first how it stands, then each change."""

    def initialize(self, desk: Desk) -> None:
        super().initialize(desk)
        self._gone = False
        self._queue: asyncio.Queue[Event] | None = None

    async def get(self) -> None:
        person = self.person(self.get_query_argument("person", ""))
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("X-Accel-Buffering", "no")
        with self.desk.listen(person.key) as queue:
            self._queue = queue
            try:
                await self._send(
                    {
                        "kind": "hello",
                        "inbox": self.desk.inbox(person.key),
                        "wechat": self.desk.wechat(person.key),
                        "codes": self.desk.code_rows(),
                        "ahead_seconds": self.desk.state.clock.ahead_seconds,
                    }
                )
                while not self._gone:
                    await self._send(await self._next(queue))
            except StreamClosedError:
                return

    def on_connection_close(self) -> None:
        self._gone = True
        if self._queue is not None and not self._queue.full():
            self._queue.put_nowait({"kind": "closed"})

    async def _next(self, queue: asyncio.Queue[Event]) -> Event:
        try:
            return await asyncio.wait_for(queue.get(), BEAT_SECONDS)
        except asyncio.TimeoutError:
            return {"kind": "clock", "ahead_seconds": self.desk.state.clock.ahead_seconds}

    async def _send(self, event: Event) -> None:
        self.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n")
        await self.flush()


class Scan(PersonsPage):
    """`?person=&content=`: what scanning that code leads to; a browser is taken to the phone."""

    def get(self) -> None:
        person = self.person(self.get_query_argument("person", ""))
        result = self.desk.scan(self.get_query_argument("content", ""), self.origin(person))
        if "application/json" in self.request.headers.get("Accept", ""):
            self.write({"kind": result.kind, "content": result.content, "address": result.address})
            return
        asked = {"person": person.key, "open": result.address}
        if result.kind is Scanned.OFFICIAL:
            asked = {"person": person.key, "scan": result.content}
        elif not result.address.startswith("/"):
            asked = {"person": person.key}
        self.redirect("/phone?" + urlencode(asked), status=303)


class Decode(PhonePage):
    """The codes in a picture: POST its bytes. 422 when it is no picture, [] when it holds none."""

    async def post(self) -> None:
        if len(self.request.body) > BODY_LIMIT:
            raise HTTPError(413)
        try:
            contents = await asyncio.to_thread(codes_in, self.request.body)
        except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
            self.set_status(422)
            self.write({"contents": [], "problem": "这不是能识别的图片，请换 PNG 或 JPG。"})
            return
        problem = "" if contents else "图里没有找到二维码，请截得完整、清楚一些。"
        self.write({"contents": contents, "problem": problem})


def codes_in(picture: bytes) -> list[str]:
    with Image.open(io.BytesIO(picture)) as image:
        found = zxingcpp.read_barcodes(image.convert("RGB"))
    return list(dict.fromkeys(one.text for one in found if one.text))


class Forget(PersonsPage):
    """Clears a person's cookies, as the browser's own setting does."""

    def post(self) -> None:
        person = self.person(self.get_argument("person", ""))
        self.desk.jars.forget(person.key)
        self.set_status(204)


class Picture(PersonsPage):
    """A sample licence, JPEG; drawn when asked for and kept."""

    async def get(self, uscc: str, look: str) -> None:
        enterprise = self.desk.state.world.enterprise(uscc)
        if enterprise is None or look not in LOOKS:
            raise HTTPError(404)
        others = [one for one in self.desk.state.world.persons if one != enterprise.legal_rep]
        picture = await asyncio.to_thread(_picture, enterprise, look, others[0].name)
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Cache-Control", "max-age=3600")
        self.write(picture)


@lru_cache(maxsize=64)
def _picture(enterprise: Enterprise, look: str, other_name: str) -> bytes:
    return pictures.licence_picture(
        enterprise,
        legal_rep=other_name if look == "other-rep" else None,
        warnings={"copy": (pictures.COPY,), "reshoot": (pictures.RESHOOT,)}.get(look, ()),
        blurred=look == "blurred",
        picture_format="JPEG",
    )
