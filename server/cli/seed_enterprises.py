"""Sample applicants and their enterprises, each certified (or refused) by a sample reviewer in the past.

No vendor is asked and no picture is kept: a case of the past holds what was found, not what was shown.
The account's enterprise is written last, so a case that was cut short is made again from its start.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from server.accounts.account import Account, AccountKind
from server.accounts.repository import AccountRepository
from server.cli.history import Days, actor_of, calendar_of, office_day, tell
from server.cli.seed import Part, Samples, Soil
from server.cli.seed_staff import staff_id
from server.consents.consent import ConsentKind
from server.core.ids import derived_id
from server.core.money import fen_from_wan
from server.enterprises.certification import Certification, CertificationState
from server.enterprises.enterprise import Enterprise
from server.enterprises.face import Face, new_face
from server.enterprises.four_factors import FourFactors
from server.enterprises.opening import certified_of, draft_of, new_certification
from server.enterprises.profile import INDUSTRIES, Profile, RegistrationStatus, SourceKind
from server.enterprises.register_facts import Facts, sources_of
from server.enterprises.repository import CertificationRepository, EnterpriseRepository
from server.enterprises.rounds import Decision, DecisionKind
from server.providers.ports.face import FaceResult, FaceSession
from server.providers.ports.four_factors import FourFactorOutcome
from server.providers.ports.register import OperatingStatus

NO_PICTURE = ""
REGISTER = "tencent"


class _Person(Part):
    key: str
    name: str
    phone: str
    id_number: str


class _Firm(Part):
    uscc: str
    name: str
    legal_rep: str
    address: str
    region_code: str
    kind: str
    capital: str
    established_on: date
    scope: str
    authority: str
    industry: str


class _Word(Part):
    kind: DecisionKind
    reason: str = ""


class _Case(Part):
    enterprise: str
    applicant: str
    days_ago: int
    reviewer: str
    rounds: tuple[_Word, ...]


class _Demo(Part):
    persons: tuple[_Person, ...] = ()
    enterprises: tuple[_Firm, ...] = ()
    certifications: tuple[_Case, ...] = ()


class _World(Part):
    persons: tuple[_Person, ...] = ()
    enterprises: tuple[_Firm, ...] = ()
    demo: _Demo = _Demo()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """One case, with everybody in it."""

    row: _Case
    firm: _Firm
    legal_rep: _Person
    applicant: _Person
    account_id: str

    def profile(self) -> Profile:
        """As the applicant filled it in."""
        firm = self.firm
        section = next((code for code, name in INDUSTRIES.items() if name == firm.industry), "C")
        return Profile(
            uscc=firm.uscc,
            name=firm.name,
            registration_status=RegistrationStatus.OPEN,
            region_code=firm.region_code,
            registered_address=firm.address,
            enterprise_kind=firm.kind,
            established_on=firm.established_on,
            registered_capital_fen=fen_from_wan(Decimal(firm.capital.partition("万")[0])),
            authority=firm.authority,
            industry_code=section,
            legal_rep_name=self.legal_rep.name,
            legal_rep_id_number=self.legal_rep.id_number,
            legal_rep_phone=self.legal_rep.phone,
            contact_name=self.applicant.name,
            contact_phone=self.applicant.phone,
            contact_email=f"{self.applicant.key}@example.cn",
            business_scope=firm.scope,
        )


async def _sow(soil: Soil) -> int:
    world = _World.model_validate(soil.world)
    people = {one.key: one for one in (*world.persons, *world.demo.persons)}
    firms = {one.uscc: one for one in (*world.enterprises, *world.demo.enterprises)}
    new = 0
    for row in world.demo.certifications:
        firm, applicant = firms[row.enterprise], people[row.applicant]
        story = _Story(
            row=row,
            firm=firm,
            legal_rep=people[firm.legal_rep],
            applicant=applicant,
            account_id=derived_id("account", row.applicant),
        )
        new += await _happen(soil, story)
    return new


async def _happen(soil: Soil, story: _Story) -> bool:
    """Unless it did, or the person or the enterprise is here already by somebody's own doing."""
    accounts = AccountRepository(soil.ground.database, soil.ground.cipher)
    enterprises = EnterpriseRepository(soil.ground.database, soil.ground.cipher)
    account = await accounts.find_by_phone(story.applicant.phone, AccountKind.APPLICANT)
    if account is not None and (account.id != story.account_id or account.enterprise_id):
        return False
    holder = await enterprises.find_certified(story.firm.uscc)
    case_id = derived_id("certification", story.firm.uscc)
    if holder is not None and holder.certification_id != case_id:
        return False
    days = Days(soil.clock(), case_id, left=2 + 2 * len(story.row.rounds))
    await _register(soil, accounts, story, days.next(office_day(soil, story.row.days_ago + 1)))
    stages = list(_stages(soil, story, case_id, days))
    draft = draft_of(stages[0], story.profile(), stages[0].created_at)
    await enterprises.put_uncertified(draft)
    for stage in stages:
        await _reach(soil, stage, draft, story)
    await soil.services.accounts.set_enterprise(story.account_id, draft.id)
    return True


async def _register(
    soil: Soil, accounts: AccountRepository, story: _Story, moment: datetime
) -> None:
    consents = soil.services.consents
    with soil.clock.at(moment):
        for kind in (ConsentKind.TERMS, ConsentKind.PRIVACY):
            await consents.give(
                kind, version=consents.version(kind), account_id=story.account_id, address=""
            )
        account = Account(
            id=story.account_id,
            kind=AccountKind.APPLICANT,
            phone=story.applicant.phone,
            privacy_version=consents.version(ConsentKind.PRIVACY),
            created_at=moment,
        )
        await accounts.add(account)


def _stages(soil: Soil, story: _Story, case_id: str, days: Days) -> Iterator[Certification]:
    """The case after each submission and after each word of the reviewer, with its news pending."""
    began = days.next(office_day(soil, story.row.days_ago))
    case = _filled_in(soil, story, case_id, began)
    face = _passed_face(case_id, began)
    calendar = calendar_of(soil)
    review_days = soil.ground.settings.certification.review_working_days
    for word in story.row.rounds:
        at = days.next(office_day(soil, story.row.days_ago))
        if case.state is not CertificationState.FACING:
            profile = story.profile()
            case = case.with_profile(profile, sources_of(profile, case.licence, case.register, at))
            case = case.checked(_matching_factors(case_id, at))
        case = case.with_face(face).submitted(at, calendar.due(at, review_days))
        yield replace(case, licence_file_id=None, updated_at=at)
        at = days.next(office_day(soil, story.row.days_ago))
        decision = Decision(
            kind=word.kind, reason=word.reason, at=at, account_id=staff_id(story.row.reviewer)
        )
        case = replace(case, pending=()).decided(decision)
        yield replace(case, licence_file_id=None, updated_at=at)
        case = replace(case, pending=())


def _filled_in(soil: Soil, story: _Story, case_id: str, at: datetime) -> Certification:
    """Agreed, looked up, typed, and matched."""
    case = replace(
        new_certification(story.account_id, at),
        id=case_id,
        enterprise_id=derived_id("enterprise", case_id),
    )
    profile = story.profile()
    texts = profile.texts()
    printed = {name: texts[name] for name in _PRINTED}
    licence = Facts(kind=SourceKind.LICENCE, at=at, values=printed)
    filed = {name: texts[name] for name in (*_PRINTED, *_FILED)}
    register = Facts(kind=SourceKind.REGISTER, at=at, values=filed, detail=REGISTER)
    version = soil.services.consents.version(ConsentKind.CERTIFICATION)
    case = case.agreed(version, at).with_licence(NO_PICTURE, licence).with_register(register)
    case = case.with_profile(profile, sources_of(profile, licence, register, at))
    return case.checked(_matching_factors(case_id, at))


_PRINTED = (
    "uscc name legal_rep_name registered_address enterprise_kind established_on"
    " registered_capital_fen authority business_scope"
).split()
_FILED = ("registration_status", "industry_code")


def _matching_factors(case_id: str, at: datetime) -> FourFactors:
    return FourFactors(
        outcome=FourFactorOutcome.MATCH,
        mismatched=(),
        operating_status=OperatingStatus.OPEN,
        request_id=f"sample-{case_id}",
        checked_at=at,
    )


def _passed_face(case_id: str, at: datetime) -> Face:
    opened = replace(new_face(at), id=derived_id("face", case_id)).opened()
    session = FaceSession(token=f"sample-{case_id}", url="", request_id=f"sample-{case_id}")
    started = opened.started(session, opened.nonce, at)
    result = FaceResult(
        passed=True, code=0, nonce=opened.nonce, reason=None, request_id=session.request_id
    )
    return started.judged(result, at + timedelta(minutes=2))


async def _reach(soil: Soil, stage: Certification, draft: Enterprise, story: _Story) -> None:
    """Write the stage, then tell its news: a refusal's reason is read from the case."""
    cases = CertificationRepository(soil.ground.database, soil.ground.cipher)
    quiet = replace(stage, pending=())
    at = stage.updated_at
    if stage.round == 1 and stage.decision is None:
        await _consent(soil, stage)
        await cases.add(quiet)
    if stage.state is CertificationState.APPROVED:
        enterprise = certified_of(
            stage, owner_phone=story.applicant.phone, created_at=draft.created_at, now=at
        )
        await cases.change_with(stage.id, lambda _: quiet, lambda _: enterprise, at)
    else:
        await cases.change(stage.id, lambda _: quiet, at)
    await tell(soil, stage.pending)
    doer = stage.decision.account_id if stage.decision else stage.account_id
    with soil.clock.at(at):
        word = stage.state if stage.decision else "submitted"
        deed = f"enterprises.certification_{word}"
        actor = await actor_of(soil, doer)
        await soil.services.audit.record_by(actor, deed, subject_id=stage.id)


async def _consent(soil: Soil, case: Certification) -> None:
    """To the authorisation, and by itself to the face check."""
    consents = soil.services.consents
    subjects = {ConsentKind.CERTIFICATION: case.id}
    if case.face is not None:
        subjects[ConsentKind.FACE] = case.face.id
    for kind, subject_id in subjects.items():
        with soil.clock.at(case.created_at):
            await consents.give(
                kind,
                version=consents.version(kind),
                account_id=case.account_id,
                address="",
                subject_id=subject_id,
                read_seconds=consents.read_seconds(kind) + 20,
            )


ENTERPRISES = Samples(name="enterprises", sow=_sow)
