"""Arranging certifications: applicants, a legal representative's phone, reviewers; all by their doors."""

import itertools
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp

from sandbox.pictures import licence_picture
from sandbox.world import WORLD_FILE, Enterprise, load
from server.accounts.service import NewStaff
from server.core.actor import Role
from server.core.ids import new_id
from tests.clients import Answer, ApiClient
from tests.people import new_phone, register
from tests.platforms import Running

VERSION = "2026-11-01"
PASSWORD = "Review-2026"
WORLD = load(WORLD_FILE)
JPEG = "JPEG"
_days = itertools.count(1)


def enterprise(index: int = 0) -> Enterprise:
    """0 to 3 are open and in the register, 4 is not synchronised yet, 5 is revoked."""
    return WORLD.enterprises[index]


def picture(one: Enterprise, **more: Any) -> bytes:
    """A photo of its licence."""
    return licence_picture(one, picture_format=JPEG, **more)


def profile(one: Enterprise, **changed: Any) -> dict[str, Any]:
    """What an honest applicant fills in."""
    fields = {
        "uscc": one.uscc,
        "name": one.name,
        "registration_status": "open",
        "region_code": one.region_code,
        "registered_address": one.address,
        "enterprise_kind": one.kind,
        "established_on": one.established_on.isoformat(),
        "registered_capital_fen": 1_200_000_000,
        "authority": one.authority,
        "industry_code": "C",
        "legal_rep_name": one.legal_rep.name,
        "legal_rep_id_number": one.legal_rep.id_number,
        "legal_rep_phone": one.legal_rep.phone,
        "contact_name": "沈一舟",
        "contact_phone": "19900009001",
        "contact_email": "office@example.cn",
        "business_scope": one.scope,
    }
    return {**fields, **changed}


async def agree(api: ApiClient) -> Answer:
    """Read the authorisation and accept it."""
    body = {"version": VERSION, "read_to_end": True, "read_seconds": 9}
    return await api.post("/certification/agreement", body)


async def send_licence(
    api: ApiClient, data: bytes, *, label: str = "licence.jpg", key: str | None = None
) -> Answer:
    """Upload a file."""
    form = aiohttp.FormData()
    form.add_field("file", data, filename=label, content_type="application/octet-stream")
    return await api.call("POST", "/certification/licence", data=form, key=key)


async def applicant(running: Running) -> ApiClient:
    """Registered, nothing more."""
    return await register(running)


async def with_licence(running: Running, one: Enterprise | None = None) -> ApiClient:
    """Agreed, and the licence uploaded and read."""
    api = await register(running)
    answer = await agree(api)
    assert answer.status == 201, answer.text
    answer = await send_licence(api, picture(one or enterprise()))
    assert answer.status == 201, answer.text
    return api


async def with_profile(
    running: Running, one: Enterprise | None = None, **changed: Any
) -> ApiClient:
    """Profile saved and the four factors matched."""
    one = one or enterprise()
    await another_day(running)
    api = await with_licence(running, one)
    answer = await api.post("/certification/profile", profile(one, **changed))
    assert answer.status == 200, answer.text
    return api


async def another_day(running: Running) -> None:
    """At the vendor, who counts checks per person and day; it lives longer than a test."""
    async with running.sandbox.http.get("/clock") as answer:
        ahead = (await answer.json())["ahead_seconds"]
    await running.sandbox.advance(int(next(_days) * 86_400 - ahead))


async def ticket(api: ApiClient, *, renew: bool = False) -> dict[str, Any]:
    """A living face ticket."""
    answer = await api.post("/certification/face-tickets", {"renew": renew})
    assert answer.status == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


async def start_face(running: Running, given: str) -> Answer:
    """The phone agrees and starts; it has no session."""
    return await running.api().post(
        f"/certification/face-tickets/{given}/start", {"face_version": VERSION}
    )


async def walk(running: Running, token: str, who: str, outcome: str = "pass") -> None:
    """A person walks through E证通 with his own face."""
    host = f"{who}.localhost:{running.sandbox.address.rpartition(':')[2]}"
    steps: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("GET", "", {}),
        ("POST", "", {"agree": "on"}),
        ("POST", "/authorise", {}),
        ("POST", "/face", {"outcome": outcome}),
    )
    for method, step, fields in steps:
        async with running.sandbox.http.request(
            method,
            f"/__eid{step}",
            params={"token": token} if method == "GET" else None,
            data={"token": token, **fields} if method == "POST" else None,
            headers={"Host": host},
            allow_redirects=False,
        ) as answer:
            assert answer.status < 400, f"{step} {answer.status}"


async def pass_face(running: Running, api: ApiClient, who: str) -> dict[str, Any]:
    """From a ticket to a pass that the platform knows of; the ticket."""
    given = await ticket(api)
    started = await start_face(running, given["ticket"])
    assert started.status == 201, started.text
    await walk(running, started.json["token"], who)
    state = await api.get(f"/certification/face-tickets/{given['ticket']}")
    assert state.json["state"] == "passed", state.text
    return given


async def submitted(running: Running, one: Enterprise | None = None) -> tuple[ApiClient, str]:
    """A case with the reviewers: the applicant and the case's id."""
    one = one or enterprise()
    api = await with_profile(running, one)
    await pass_face(running, api, one.legal_rep.key)
    answer = await api.post("/certification/submission")
    assert answer.status == 201, answer.text
    return api, str(answer.json["certification_id"])


async def staff(running: Running, role: Role = Role.REVIEWER) -> ApiClient:
    """A member of staff who has logged in through the API."""
    login = f"staff-{uuid4().hex[:10]}"
    await running.platform.services.accounts.add_staff(
        NewStaff(
            login=login,
            password=PASSWORD,
            name="林审核",
            phone=new_phone(),
            roles=frozenset({role}),
        ),
        account_id=new_id(),
        actor=None,
    )
    answer = await running.api().post("/staff/sessions", {"login": login, "password": PASSWORD})
    assert answer.status == 201, answer.text
    return running.api(answer.json["token"])


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Decides by the API; a decision needs a claim."""

    api: ApiClient

    async def claim(self, case_id: str) -> Answer:
        return await self.api.post(f"/reviews/{case_id}/claim")

    async def decide(self, case_id: str, word: str, reason: str = "") -> Answer:
        """approve, reject or return, the claim included."""
        claimed = await self.claim(case_id)
        assert claimed.status == 200, claimed.text
        body = {"reason": reason} if word != "approve" else {}
        return await self.api.post(f"/reviews/{case_id}/{word}", body)


async def reviewer(running: Running) -> Reviewer:
    """Somebody who reviews."""
    return Reviewer(await staff(running))


async def certified(running: Running, one: Enterprise | None = None) -> ApiClient:
    """An applicant whose enterprise was approved."""
    api, case_id = await submitted(running, one)
    answer = await (await reviewer(running)).decide(case_id, "approve")
    assert answer.status == 200, answer.text
    return api
