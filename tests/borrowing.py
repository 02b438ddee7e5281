"""Arranging applications: a product on the shelf, an enterprise that wants it, officers who decide."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sandbox.world import Enterprise as Known
from server.accounts.service import NewStaff
from server.core.actor import Role, Surface
from server.core.clock import shanghai_day
from server.core.ids import new_id
from server.enterprises.enterprise import Enterprise, EnterpriseState, Member, MemberRole
from server.enterprises.profile import Profile, RegistrationStatus
from server.enterprises.repository import EnterpriseRepository
from server.institutions.institution import Branch, Institution
from server.products.bands import WAN
from server.products.product import Product
from server.storage.encryption import FieldCipher
from tests.certifying import PASSWORD, enterprise, profile
from tests.clients import Answer, ApiClient, PageClient
from tests.marts import CITY, branch, mart_on
from tests.people import new_phone, register
from tests.platforms import Running

VERSION = "2026-11-01"
REASON = "请补充近一年的纳税证明"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where one applies: an institution with its branches and a product on the shelf."""

    institution: Institution
    product: Product
    branch: Branch


async def counter(
    running: Running, *branches: Branch, name: str = "江岸银行", **changes: Any
) -> Counter:
    """An institution with a product; without branches it has one that serves the city."""
    mart = mart_on(running.database, running.clock)
    institution = await mart.settle(name, *(branches or (branch(),)))
    product = await mart.publish(institution, **changes)
    return Counter(institution=institution, product=product, branch=institution.branches[0])


async def certified(running: Running, one: Known | None = None) -> ApiClient:
    """An applicant of a certified enterprise, put there without the walk through certification.

    The outside world lets a person prove his face a few times a day only; the way there is shown
    in tests/http/api/test_certification.py.
    """
    one = one or enterprise()
    api = await register(running)
    accounts = running.platform.services.accounts
    account_id = (await api.get("/me")).json["account_id"]
    told = profile(one)
    told["established_on"] = date.fromisoformat(told["established_on"])
    told["registration_status"] = RegistrationStatus(told["registration_status"])
    now = running.clock()
    put = Enterprise(
        id=new_id(),
        uscc=one.uscc,
        name=one.name,
        region_code=one.region_code,
        state=EnterpriseState.CERTIFIED,
        members=(Member(account_id=account_id, role=MemberRole.LEGAL_REP),),
        created_at=now,
        certification_id=new_id(),
        certified_at=now,
        profile=Profile(**told),
    )
    await EnterpriseRepository(running.database, _cipher(running)).put_uncertified(put)
    await accounts.set_enterprise(account_id, put.id)
    return api


def _cipher(running: Running) -> FieldCipher:
    keys = running.settings.encryption
    return FieldCipher(
        {number: bytes.fromhex(key.get_secret_value()) for number, key in keys.keys.items()},
        keys.active_key,
        bytes.fromhex(keys.index_key.get_secret_value()),
    )


def wanted(**changes: Any) -> dict[str, Any]:
    """What an honest applicant tells."""
    return {
        "amount_fen": 150 * WAN,
        "term_months": 12,
        "expected_rate_bp": 450,
        "purpose": "purchase",
        "contact_name": "沈一舟",
        "contact_phone": "19900009001",
        "annual_revenue_fen": 2_000 * WAN,
        "total_loans_fen": 0,
        "is_enforced": False,
        "was_overdue": False,
        "note": "采购原材料",
        **changes,
    }


def asked(at: Counter, **changes: Any) -> dict[str, Any]:
    """The whole body of an application."""
    return wanted(**{"branch_id": at.branch.id, "consent_version": VERSION, **changes})


async def apply(api: ApiClient, at: Counter, *, key: str | None = None, **changes: Any) -> Answer:
    """Hand it in."""
    return await api.post(f"/products/{at.product.id}/applications", asked(at, **changes), key=key)


async def officer(
    running: Running, institution: Institution | None, at: Branch | None, role: Role = Role.OFFICER
) -> ApiClient:
    """A member of staff who has logged in through the API."""
    login = f"staff-{uuid4().hex[:10]}"
    await running.platform.services.accounts.add_staff(
        NewStaff(
            login=login,
            password=PASSWORD,
            name="周经理",
            phone=new_phone(),
            roles=frozenset({role}),
            institution_id=institution.id if institution else None,
            branch_id=at.id if at else None,
        ),
        account_id=new_id(),
        actor=None,
    )
    answer = await running.api().post("/staff/sessions", {"login": login, "password": PASSWORD})
    assert answer.status == 201, answer.text
    return running.api(answer.json["token"])


async def browser_of(running: Running, api: ApiClient) -> PageClient:
    """The same person in front of a browser."""
    services = running.platform.services
    account_id = (await api.get("/me")).json["account_id"]
    opened = await services.sessions.open(
        await services.accounts.get(account_id),
        surface=Surface.PORTAL,
        address="127.0.0.1",
        user_agent="",
    )
    browser = running.browser()
    await browser.get("/login")
    browser.cookies["rq_session"] = opened.token
    return browser


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case with both its sides."""

    running: Running
    at: Counter
    applicant: ApiClient
    officer: ApiClient
    id: str
    first: dict[str, Any] = field(default_factory=dict)

    async def now(self) -> dict[str, Any]:
        """As its applicant sees it."""
        answer = await self.applicant.get(f"/applications/{self.id}")
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    async def do(self, deed: str, **changes: Any) -> Answer:
        """An officer's deed by the last part of its address, with what is right for it."""
        body = {**self.right(deed), **changes}
        return await self.officer.post(f"/cases/{self.id}/{deed}", body)

    async def up_to(self, *deeds: str) -> "Case":
        """The officer's deeds, one after the other."""
        for deed in deeds:
            answer = await self.do(deed)
            assert answer.status < 300, answer.text
        return self

    def right(self, deed: str) -> dict[str, Any]:
        """A body that is right for the deed."""
        today = shanghai_day(self.running.clock())
        bodies: dict[str, dict[str, Any]] = {
            "refer-back": {"reason": REASON},
            "decline": {"reason": REASON},
            "credit": {"amount_fen": 100 * WAN, "annual_rate_bp": 435, "term_months": 12},
            "loans": {
                "contract_no": f"HT-{uuid4().hex[:8]}",
                "amount_fen": 40 * WAN,
                "annual_rate_bp": 435,
                "lent_on": today.isoformat(),
                "due_on": (today + timedelta(days=365)).isoformat(),
            },
        }
        return bodies.get(deed, {})


async def case(
    running: Running, api: ApiClient | None = None, at: Counter | None = None, **changes: Any
) -> Case:
    """An application that has just been handed in."""
    at = at or await counter(running)
    api = api or await certified(running, enterprise(0))
    answer = await apply(api, at, **changes)
    assert answer.status == 201, answer.text
    return Case(
        running=running,
        at=at,
        applicant=api,
        officer=await officer(running, at.institution, at.branch),
        id=str(answer.json["application_id"]),
        first=answer.json,
    )


__all__ = [
    "CITY",
    "REASON",
    "Case",
    "Counter",
    "apply",
    "asked",
    "branch",
    "browser_of",
    "case",
    "certified",
    "counter",
    "enterprise",
    "officer",
    "wanted",
]
