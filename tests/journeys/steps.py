"""The steps of the main job over the API, as the legal representative and the staff take them."""

from typing import Any

import aiohttp
import yaml

from sandbox.pictures import licence_picture
from sandbox.world import WORLD_FILE, Enterprise, Person, World, load
from server.cli import seed
from server.cli.seed_institutions import INSTITUTIONS
from server.cli.seed_products import PRODUCTS
from server.cli.seed_staff import STAFF
from tests.clients import Answer, ApiClient
from tests.people import VERSIONS
from tests.platforms import Running
from tests.waiting import until

VERSION = "2026-11-01"


def world() -> World:
    return load(WORLD_FILE)


def good(answer: Answer) -> Any:
    """The answer's JSON; fails with what was refused."""
    assert answer.status < 300, (answer.status, answer.text)
    return answer.json if answer.body else None


async def sow(running: Running) -> None:
    """Institutions, products and staff of the sample world, as ``seed`` makes them."""
    uri = running.settings.storage.uri.get_secret_value()
    sample_world = yaml.safe_load(WORLD_FILE.read_text("utf-8"))
    await seed.sow(running.settings, uri, sample_world, (INSTITUTIONS, PRODUCTS, STAFF))


async def sign_up(running: Running, person: Person) -> ApiClient:
    """The person registers with the code that his phone got."""
    good(await running.api().post("/sms-codes", {"phone": person.phone}))
    code = await running.sandbox.code(person.phone)
    body = {"phone": person.phone, "code": code, **VERSIONS}
    token = good(await running.api().post("/accounts", body))["token"]
    return running.api(token)


async def log_in_staff(running: Running, login: str) -> ApiClient:
    """A member of staff of the sample world."""
    member = next(one for one in world().staff if one.login == login)
    body = {"login": member.login, "password": member.password}
    return running.api(good(await running.api().post("/staff/sessions", body))["token"])


def profile_of(enterprise: Enterprise, person: Person, values: dict[str, str]) -> dict[str, Any]:
    """The profile: what the licence and the register said, and what only the person knows."""
    return {
        "uscc": enterprise.uscc,
        "name": enterprise.name,
        "registration_status": values.get("registration_status", "in_business"),
        "region_code": enterprise.region_code,
        "registered_address": enterprise.address,
        "enterprise_kind": enterprise.kind,
        "established_on": enterprise.established_on.isoformat(),
        "authority": enterprise.authority,
        "industry_code": "C",
        "registered_capital_fen": 1_200_000_000_00,
        "legal_rep_name": person.name,
        "legal_rep_id_number": person.id_number,
        "legal_rep_phone": person.phone,
        "contact_name": person.name,
        "contact_phone": person.phone,
        "contact_email": "contact@qinghe.example",
        "business_scope": enterprise.scope,
    }


async def fill_in(running: Running, boss: ApiClient, enterprise: Enterprise) -> None:
    """Agreement, licence and profile; the four factors match."""
    good(
        await boss.post(
            "/certification/agreement",
            {"version": VERSION, "read_to_end": True, "read_seconds": 30},
        )
    )
    form = aiohttp.FormData()
    form.add_field("file", licence_picture(enterprise, picture_format="JPEG"), filename="zz.jpg")
    case = good(await boss.call("POST", "/certification/licence", data=form))
    assert case["licence"]["values"]["uscc"] == enterprise.uscc
    looked_up = good(await boss.post("/certification/lookup", {"uscc": enterprise.uscc}))
    profile = profile_of(enterprise, enterprise.legal_rep, looked_up["values"])
    case = good(await boss.post("/certification/profile", profile))
    assert case["factors"] == "match", case


async def walk_through_eid(
    running: Running, token: str, person: Person, outcome: str = "pass"
) -> str:
    """The person takes the face check on his phone; where his browser is sent afterwards."""
    port = running.sandbox.address.rpartition(":")[2]
    phone = {"Host": f"{person.key}.localhost:{port}"}
    door = f"http://{running.sandbox.address}/__eid"
    http = running.sandbox.http
    for path, fields in (
        ("", {"agree": "on"}),
        ("/authorise", {}),
        ("/face", {"outcome": outcome}),
    ):
        await http.get(f"{door}{path}?token={token}", headers=phone, allow_redirects=False)
        async with http.post(
            door + path, headers=phone, data={"token": token, **fields}, allow_redirects=False
        ) as answer:
            assert answer.status == 303, await answer.text()
            location = answer.headers["Location"]
    return location


async def pass_face_check(running: Running, boss: ApiClient, person: Person) -> None:
    """The QR code's ticket, the separate consent, the walk; the server finds out by itself."""
    face = good(await boss.post("/certification/face-tickets", {}))
    ticket = f"/certification/face-tickets/{face['ticket']}"
    start = {"face_version": VERSION}
    token = good(await running.api().post(f"{ticket}/start", start))["token"]
    await walk_through_eid(running, token, person)

    async def has_passed() -> bool:
        return bool(good(await boss.get(ticket))["state"] == "passed")

    await until(has_passed, 5)


async def certify(running: Running, enterprise: Enterprise) -> ApiClient:
    """From a stranger to a legal representative with a certified enterprise."""
    person = enterprise.legal_rep
    boss = await sign_up(running, person)
    await fill_in(running, boss, enterprise)
    await pass_face_check(running, boss, person)
    case = good(await boss.post("/certification/submission"))
    reviewer = await log_in_staff(running, "reviewer1")
    review = f"/reviews/{case['certification_id']}"
    good(await reviewer.post(f"{review}/claim"))
    good(await reviewer.post(f"{review}/approve"))
    return boss


async def apply(running: Running, boss: ApiClient, officer_login: str) -> Any:
    """Apply for the first product of the officer's institution at his branch."""
    officer = next(one for one in world().staff if one.login == officer_login)
    institution = next(one for one in world().institutions if one.key == officer.institution)
    branch = next(one for one in institution.branches if one.key == officer.branch)
    found = good(await boss.get("/products", q=institution.short_name))["items"]
    product = good(await boss.get(f"/products/{found[0]['product_id']}"))
    branches = good(
        await boss.get(
            f"/institutions/{product['institution_id']}/branches",
            region_code=branch.region_codes[0],
        )
    )["items"]
    branch_id = next(one["branch_id"] for one in branches if one["name"] == branch.name)
    wanted = {
        "branch_id": branch_id,
        "consent_version": VERSION,
        "amount_fen": product["amount_min_fen"],
        "term_months": product["term_min_months"],
        "expected_rate_bp": product["rate_min_bp"],
        "purpose": "working_capital",
        "contact_name": "许一诺",
        "contact_phone": "19900001004",
        "annual_revenue_fen": 5_000_000_00,
        "total_loans_fen": 0,
        "is_enforced": False,
        "was_overdue": False,
        "note": "用于采购原材料",
    }
    return good(await boss.post(f"/products/{product['product_id']}/applications", wanted))


async def texts(running: Running, phone: str, template: str, count: int = 1) -> list[Any]:
    """Wait until the phone has got so many SMS of this template."""

    async def arrived() -> list[Any]:
        inbox = await running.sandbox.inbox(phone)
        found = [one for one in inbox if one["template"] == template]
        return found if len(found) >= count else []

    found: list[Any] = await until(arrived, 10)
    return found
