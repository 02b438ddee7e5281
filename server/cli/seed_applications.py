"""Sample applications and what became of them, through the services at the clock of each day.

An application that is there goes on only where its history is the beginning of what the world tells:
one that somebody took up since is left to him.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from server.applications.application import LoanApplication
from server.applications.form import ApplicationForm, LoanPurpose
from server.applications.handling import CreditGrant, LoanRecord
from server.applications.state import Deed
from server.cli.history import (
    Business,
    Days,
    actor_of,
    business_of,
    days_before,
    office_day,
)
from server.cli.seed import Part, Samples, Soil
from server.cli.seed_products import product_id
from server.consents.consent import ConsentKind
from server.core.actor import Actor
from server.core.clock import shanghai_day
from server.core.ids import derived_id
from server.enterprises.enterprise import Enterprise
from server.enterprises.repository import EnterpriseRepository
from server.institutions.institution import Branch, BranchNotServing
from server.products.product import Product, ProductNotFound

READ_AFTER_DAYS = 5


class _Deed(Part):
    deed: Deed
    days_ago: int
    reason: str = ""
    amount_fen: int = 0
    annual_rate_bp: int = 0
    term_months: int = 0


class _Application(Part):
    enterprise: str
    product: str
    amount_fen: int
    term_months: int
    purpose: LoanPurpose
    days_ago: int
    deeds: tuple[_Deed, ...] = ()

    @property
    def last_days_ago(self) -> int:
        """When something happened last."""
        return self.deeds[-1].days_ago if self.deeds else self.days_ago

    def plan(self) -> tuple[_Deed, ...]:
        """Everything that happened, from the submission on."""
        return (_Deed(deed=Deed.SUBMITTED, days_ago=self.days_ago), *self.deeds)


class _Demo(Part):
    applications: tuple[_Application, ...] = ()


class _Product(Part):
    institution: str
    name: str


class _World(Part):
    products: tuple[_Product, ...] = ()
    demo: _Demo = _Demo()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """Who is in it: the applicant, and the officer at whose desk the case lies."""

    id: str
    row: _Application
    enterprise: Enterprise
    product: Product
    branch: Branch
    applicant: Actor
    officer: Actor


async def _sow(soil: Soil) -> int:
    world = _World.model_validate(soil.world)
    product_ids = {row.name: product_id(row.institution, row.name) for row in world.products}
    business = business_of(soil)
    new = 0
    # In the order of what happened last, so that old messages can be read before new ones come.
    for row in sorted(world.demo.applications, key=lambda one: -one.last_days_ago):
        scene = await _scene(soil, business, row, product_ids[row.product])
        if scene is not None:
            new += await _happen(soil, business, scene)
    return new


async def _scene(
    soil: Soil, business: Business, row: _Application, wanted_id: str
) -> _Scene | None:
    """None where the enterprise isn't certified or has another open application to the product."""
    repository = EnterpriseRepository(soil.ground.database, soil.ground.cipher)
    enterprise = await repository.find_certified(row.enterprise)
    if enterprise is None:
        return None
    key = derived_id("application", row.enterprise, row.product, str(row.days_ago))
    open_id = await business.repository.find_open(enterprise.id, wanted_id)
    is_known = await business.repository.find(key) is not None
    if open_id not in (None, key) and not is_known:
        return None
    product = await soil.services.products.get(wanted_id)
    branch, officer_id = await _desk(soil, product.institution_id, enterprise.region_code)
    return _Scene(
        id=key,
        row=row,
        enterprise=enterprise,
        product=product,
        branch=branch,
        applicant=await actor_of(soil, enterprise.members[0].account_id),
        officer=await actor_of(soil, officer_id),
    )


async def _desk(soil: Soil, institution_id: str, region_code: str) -> tuple[Branch, str]:
    """The first branch that serves the region and has an officer. Raises BranchNotServing."""
    services = soil.services
    branches = await services.institutions.branches_for(institution_id, region_code)
    for branch in branches:
        for officer in await services.accounts.officers_of(institution_id, branch.id):
            return branch, officer.id
    raise BranchNotServing(field="branch_id", branch=region_code)


async def _happen(soil: Soil, business: Business, scene: _Scene) -> bool:
    """Do what is missing; whether the application is new."""
    known = await business.repository.find(scene.id)
    done = [step.deed for step in known.steps] if known else []
    plan = scene.row.plan()
    if done != [one.deed for one in plan[: len(done)]] or len(done) == len(plan):
        return False
    shift = 0
    if known is not None:
        first = days_before(soil.clock, scene.row.days_ago)
        shift = (shanghai_day(known.submitted_at) - first).days
    days = Days(soil.clock(), scene.id, left=len(plan))
    for place, one in enumerate(plan):
        moment = days.next(office_day(soil, max(0, one.days_ago - shift)))
        if place < len(done):
            continue
        with soil.clock.at(moment):
            try:
                await _do(soil, business, scene, one)
            except ProductNotFound:  # not on offer that day
                return False
    with soil.clock.at(moment):
        await _read_old_messages(soil, scene)
    return known is None


async def _do(soil: Soil, business: Business, scene: _Scene, one: _Deed) -> None:
    cases, key, officer = business.cases, scene.id, scene.officer
    match one.deed:
        case Deed.SUBMITTED:
            await _submit(soil, business, scene)
        case Deed.RESUBMITTED:
            form = _form(scene)
            await business.applications.resubmit(key, form, actor=scene.applicant)
        case Deed.WITHDRAWN:
            await business.applications.withdraw(key, actor=scene.applicant)
        case Deed.ACCEPTED:
            await cases.accept(key, actor=officer)
        case Deed.REFERRED_BACK:
            await cases.refer_back(key, one.reason, actor=officer)
        case Deed.DECLINED:
            await cases.decline(key, one.reason, actor=officer)
        case Deed.CREDITED:
            grant = CreditGrant(
                amount_fen=one.amount_fen,
                annual_rate_bp=one.annual_rate_bp,
                term_months=one.term_months,
            )
            await cases.grant(key, grant, actor=officer)
        case Deed.LENT:
            application = await cases.get(key, actor=officer)
            loan_id, record = _loan(soil, application, one)
            await cases.lend(key, loan_id, record, actor=officer)
        case Deed.CLOSED:
            await cases.close(key, actor=officer)


async def _submit(soil: Soil, business: Business, scene: _Scene) -> None:
    await business.applications.submit(
        scene.id,
        scene.product.id,
        scene.branch.id,
        _form(scene),
        consent_version=soil.services.consents.version(ConsentKind.APPLICATION),
        actor=scene.applicant,
    )


def _form(scene: _Scene) -> ApplicationForm:
    row, terms, profile = scene.row, scene.product.terms, scene.enterprise.profile
    assert profile is not None
    return ApplicationForm(
        amount_fen=row.amount_fen,
        term_months=row.term_months,
        expected_rate_bp=(terms.rate_min_bp + terms.rate_max_bp) // 2,
        purpose=row.purpose,
        contact_name=profile.contact_name,
        contact_phone=profile.contact_phone,
        annual_revenue_fen=row.amount_fen * 6,
        total_loans_fen=row.amount_fen // 2,
        is_enforced=False,
        was_overdue=False,
    )


def _loan(soil: Soil, application: LoanApplication, one: _Deed) -> tuple[str, LoanRecord]:
    """Paid out that day, at the credit's rate and for its whole term."""
    assert application.credit is not None
    number, credit = len(application.loans) + 1, application.credit
    lent_on = shanghai_day(soil.clock())
    record = LoanRecord(
        contract_no=f"HT{application.case_no[2:]}-{number}",
        amount_fen=one.amount_fen,
        annual_rate_bp=credit.annual_rate_bp,
        lent_on=lent_on,
        due_on=lent_on + timedelta(days=credit.term_months * 365 // 12),
    )
    return derived_id("loan", application.id, str(number)), record


async def _read_old_messages(soil: Soil, scene: _Scene) -> None:
    """What was told long ago has been read since."""
    if scene.row.last_days_ago > READ_AFTER_DAYS:
        people: Sequence[Actor] = (scene.applicant, scene.officer)
        for actor in people:
            await soil.services.messages.read_all(actor)


APPLICATIONS = Samples(name="applications", sow=_sow)
