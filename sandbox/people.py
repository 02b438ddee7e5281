"""What two people of the world do at the first start: one applies for a product, one certifies a firm.

Over the HTTP API only, with the codes that their phones get, as anybody would; each step is asked
of the server first, so that a start that was cut short is gone on with. Whether there is anything to
do at all is asked of the staff's lists: that costs nobody an SMS code.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from sandbox.pictures import licence_picture
from sandbox.world import Enterprise, Person, World

NOT_REGISTERED = "accounts.not_registered"
NO_CASE = "enterprises.certification_not_found"
MANUFACTURE = "C"
WALK: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {"agree": "on"}),
    ("/authorise", {}),
    ("/face", {"outcome": "pass"}),
)
Say = Callable[[str], None]


class Refused(Exception):
    """The server said no; the text is its code and names nobody."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where things are; addresses without a slash at their end."""

    server: str
    sandbox: str
    world: World
    say: Say


class Api:
    """The server's API as one person's program uses it."""

    def __init__(self, server: str, token: str = "") -> None:
        self._base = f"{server}/api/v1"
        self._token = token

    async def get(self, path: str, **query: str) -> Any:
        return await self._call("GET", f"{path}?{urlencode(query)}" if query else path)

    async def post(self, path: str, document: Mapping[str, Any] | None = None) -> Any:
        body = json.dumps(document or {}).encode()
        return await self._call("POST", path, body, "application/json")

    async def upload(self, path: str, name: str, content: bytes) -> Any:
        mark = uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + content
        body += f"\r\n--{mark}--\r\n".encode()
        return await self._call("POST", path, body, f"multipart/form-data; boundary={mark}")

    async def _call(
        self, method: str, path: str, body: bytes | None = None, content_type: str = ""
    ) -> Any:
        headers = {"Idempotency-Key": uuid4().hex}
        if content_type:
            headers["Content-Type"] = content_type
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        answer = await _fetch(
            HTTPRequest(
                self._base + path, method=method, headers=headers, body=body, request_timeout=30
            )
        )
        document = json.loads(answer.body) if answer.body else None
        if answer.code >= 300:
            raise Refused(answer.code, str((document or {}).get("code", "")))
        return document


async def live(place: Place) -> None:
    """Whatever of both is not done yet."""
    plan = place.world.demo.get("live")
    if not plan:
        return
    firm = next(
        one for one in place.world.enterprises if one.uscc == plan["certifying"]["enterprise"]
    )
    has_applied, has_submitted = await asyncio.gather(
        _has_applied(place, plan["applying"]), _has_submitted(place, firm)
    )
    if not has_applied:
        await _apply(place, plan["applying"])
    if not has_submitted:
        await _certify(place, firm)


async def _has_applied(place: Place, wanted: Mapping[str, Any]) -> bool:
    """Asked of the officer at whose branch the application would lie."""
    uscc = _certified_firm(place.world, wanted["applicant"])
    officer = next(one for one in place.world.staff if one.branch == wanted["branch"])
    desk = await _log_in_staff(place, officer.login)
    cases = (await desk.get("/cases", q=f"{uscc} {wanted['product']}"))["items"]
    return bool(cases)


async def _has_submitted(place: Place, firm: Enterprise) -> bool:
    """Asked of a reviewer."""
    reviewer = next(one for one in place.world.staff if "reviewer" in one.roles)
    desk = await _log_in_staff(place, reviewer.login)
    return bool((await desk.get("/reviews", filter="all", q=firm.uscc))["items"])


async def _apply(place: Place, wanted: Mapping[str, Any]) -> None:
    person = place.world.person(wanted["applicant"])
    assert person is not None
    place.say(f"{person.name} applies for {wanted['product']} …")
    api = await _come_in(place, person)
    found = (await api.get("/products", q=wanted["product"]))["items"]
    product = next(one for one in found if one["name"] == wanted["product"])
    address = f"/institutions/{product['institution_id']}/branches"
    branch_name = _branch_name(place.world, wanted["branch"])
    branches = (await api.get(address))["items"]
    branch = next(one for one in branches if one["name"] == branch_name)
    form = {
        "branch_id": branch["branch_id"],
        "consent_version": await _version(api, "application"),
        "amount_fen": wanted["amount_fen"],
        "term_months": wanted["term_months"],
        "expected_rate_bp": wanted["expected_rate_bp"],
        "purpose": wanted["purpose"],
        "contact_name": person.name,
        "contact_phone": person.phone,
        "annual_revenue_fen": wanted["amount_fen"] * 8,
        "total_loans_fen": wanted["amount_fen"],
        "is_enforced": False,
        "was_overdue": False,
        "note": wanted["note"],
    }
    await api.post(f"/products/{product['product_id']}/applications", form)


async def _certify(place: Place, firm: Enterprise) -> None:
    """Go on from wherever the case stands, until it lies with the reviewers."""
    person = firm.legal_rep
    api = await _come_in(place, person)
    for _ in range(8):
        step = await _step(api)
        if step in ("review", "done"):
            return
        place.say(f"{person.name}, certification of {firm.name}: {step} …")
        await _take(place, api, firm, step)


async def _take(place: Place, api: Api, firm: Enterprise, step: str) -> None:
    match step:
        case "agreement":
            body = {"read_to_end": True, "read_seconds": 30}
            version = await _version(api, "certification")
            await api.post("/certification/agreement", {"version": version, **body})
        case "licence":
            picture = licence_picture(firm, picture_format="JPEG")
            await api.upload("/certification/licence", "licence.jpg", picture)
        case "profile":
            record = await api.post("/certification/lookup", {"uscc": firm.uscc})
            await api.post("/certification/profile", _profile(firm, record["values"]))
        case "face":
            await _show_face(place, api, firm.legal_rep)
        case "submit":
            await api.post("/certification/submission")


async def _step(api: Api) -> str:
    try:
        return str((await api.get("/certification"))["step"])
    except Refused as refused:
        if refused.code != NO_CASE:
            raise
        return "agreement"


def _profile(firm: Enterprise, values: Mapping[str, str]) -> dict[str, Any]:
    """What the register says, and what only the legal representative knows."""
    person = firm.legal_rep
    return {
        "uscc": firm.uscc,
        "name": values["name"],
        "registration_status": values.get("registration_status", "open"),
        "region_code": firm.region_code,
        "registered_address": values["registered_address"],
        "enterprise_kind": values["enterprise_kind"],
        "established_on": values["established_on"],
        "registered_capital_fen": int(values["registered_capital_fen"]),
        "authority": values["authority"],
        "industry_code": values.get("industry_code", MANUFACTURE),
        "legal_rep_name": person.name,
        "legal_rep_id_number": person.id_number,
        "legal_rep_phone": person.phone,
        "contact_name": person.name,
        "contact_phone": person.phone,
        "contact_email": f"{person.key}@example.cn",
        "business_scope": values["business_scope"],
    }


async def _show_face(place: Place, api: Api, person: Person) -> None:
    """The QR code's ticket, the separate consent, the walk on his phone, and the server's own look."""
    face = await api.post("/certification/face-tickets", {"renew": True})
    ticket = f"/certification/face-tickets/{face['ticket']}"
    consent = {"face_version": await _version(api, "face")}
    token = (await Api(place.server).post(f"{ticket}/start", consent))["token"]
    phone = {"Host": f"{person.key}.localhost:{place.sandbox.rpartition(':')[2]}"}
    door = f"{place.sandbox}/__eid"
    await _walk(HTTPRequest(f"{door}?{urlencode({'token': token})}", headers=phone))
    for page, fields in WALK:
        body = urlencode({"token": token, **fields})
        await _walk(HTTPRequest(door + page, method="POST", headers=phone, body=body))
    state = (await api.get(ticket))["state"]
    if state != "passed":
        raise Refused(409, f"face check {state}")


async def _walk(request: HTTPRequest) -> None:
    request.follow_redirects = False
    answer = await _fetch(request)
    if answer.code >= 400:
        raise Refused(answer.code, "face check page")


async def _come_in(place: Place, person: Person) -> Api:
    """Log in with the code that the phone got, or register with it."""
    api = Api(place.server)
    await api.post("/sms-codes", {"phone": person.phone})
    inbox = await _fetch(HTTPRequest(f"{place.sandbox}/sms?{urlencode({'phone': person.phone})}"))
    messages = json.loads(inbox.body)["messages"]
    code = next(one["params"]["code"] for one in messages if "code" in one["params"])
    given = {"phone": person.phone, "code": code}
    try:
        session = await api.post("/sessions", given)
    except Refused as refused:
        if refused.code != NOT_REGISTERED:
            raise
        place.say(f"{person.name} registers …")
        versions = {
            "terms_version": await _version(api, "terms"),
            "privacy_version": await _version(api, "privacy"),
        }
        session = await api.post("/accounts", {**given, **versions})
    return Api(place.server, session["token"])


async def _log_in_staff(place: Place, login: str) -> Api:
    member = next(one for one in place.world.staff if one.login == login)
    body = {"login": member.login, "password": member.password}
    session = await Api(place.server).post("/staff/sessions", body)
    return Api(place.server, session["token"])


async def _version(api: Api, kind: str) -> str:
    return str((await api.get(f"/agreements/{kind}"))["version"])


def _certified_firm(world: World, person_key: str) -> str:
    rows = world.demo["certifications"]
    return next(str(row["enterprise"]) for row in rows if row["applicant"] == person_key)


def _branch_name(world: World, key: str) -> str:
    branches = (branch for one in world.institutions for branch in one.branches)
    return next(branch.name for branch in branches if branch.key == key)


async def _fetch(request: HTTPRequest) -> HTTPResponse:
    return await AsyncHTTPClient().fetch(request, raise_error=False)
