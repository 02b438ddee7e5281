"""The applicant's side of a certification: agreement, licence, look-up, profile, four factors, submission."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.accounts.service import Accounts
from server.audit.service import Audit
from server.consents.consent import TITLES, ConsentKind, ReadTooFast
from server.consents.service import Consents
from server.core.actor import Actor
from server.core.clock import Clock, shanghai_day
from server.core.errors import TooMany
from server.core.working_days import WorkingCalendar
from server.enterprises.certification import (
    Certification,
    CertificationNotFound,
    Step,
)
from server.enterprises.enterprise import Enterprise, UsccClaimed
from server.enterprises.four_factors import FourFactors, found
from server.enterprises.licences import Licences
from server.enterprises.opening import draft_of, new_certification
from server.enterprises.profile import EstablishedInFuture, Profile, must_be_id_number, must_be_uscc
from server.enterprises.register_facts import Facts, RegisterSilent, facts_of_register, sources_of
from server.enterprises.repository import (
    CertificationRepository,
    EnterpriseRepository,
)
from server.enterprises.rounds import ChangedMeanwhile
from server.providers.ports.four_factors import FourFactorCheck
from server.providers.ports.register import EnterpriseRegister
from server.storage.limits import RateLimits

HOUR, DAY = 3600, 86_400
FACTORS_GOOD_FOR = timedelta(days=1)


class TooOften(TooMany):
    """Billed or costly, so bounded for each case."""

    code = "enterprises.too_often"
    sentence = "操作太频繁，请在 {retry_after_seconds} 秒后再试。您填写的内容已保留。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Who is asked about an enterprise."""

    register: EnterpriseRegister
    four_factors: FourFactorCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """In how many working days a review is done."""

    calendar: WorkingCalendar
    working_days: int

    def due(self, at: datetime) -> datetime:
        """The end of the last of these days."""
        return self.calendar.due(at, self.working_days)


class Certifications:
    """One's own case."""

    def __init__(
        self,
        *,
        cases: CertificationRepository,
        enterprises: EnterpriseRepository,
        accounts: Accounts,
        consents: Consents,
        licences: Licences,
        outside: Outside,
        limits: RateLimits,
        audit: Audit,
        promise: Promise,
        clock: Clock,
    ) -> None:
        self._cases = cases
        self._enterprises = enterprises
        self._accounts = accounts
        self._consents = consents
        self._licences = licences
        self._outside = outside
        self._limits = limits
        self._audit = audit
        self._promise = promise
        self._clock = clock

    async def find_own(self, actor: Actor) -> Certification | None:
        """The actor's latest case; None before the agreement was accepted."""
        return await self._cases.find_of(actor.account_id)

    async def get_own(self, actor: Actor) -> Certification:
        """The same, or CertificationNotFound."""
        case = await self.find_own(actor)
        if case is None:
            raise CertificationNotFound()
        return case

    async def get(self, case_id: str) -> Certification:
        """For reactions to events (who is told, and why it was refused); no rule of access here."""
        return await self._cases.get(case_id)

    async def reason_of(self, case_id: str) -> str:
        """What the reviewer wrote last; '' for none."""
        decision = (await self._cases.get(case_id)).decision
        return decision.reason if decision else ""

    async def agree(
        self, actor: Actor, *, version: str, read_to_end: bool, read_seconds: int
    ) -> Certification:
        """Accept the authorisation after reading it. Raises ReadTooFast, ConsentOutdated, MoveIllegal."""
        if not read_to_end:
            raise ReadTooFast(
                field="read_to_end", title=TITLES[ConsentKind.CERTIFICATION], seconds=0
            )
        now = self._clock()
        case = await self.find_own(actor)
        if case is None:
            case = new_certification(actor.account_id, now)
        await self._consents.give(
            ConsentKind.CERTIFICATION,
            version=version,
            account_id=actor.account_id,
            address=actor.address,
            subject_id=case.id,
            read_seconds=read_seconds,
        )
        if case.version == 0:
            case = await self._cases.add(case)
        return await self._cases.change(case.id, lambda one: one.agreed(version, now), now)

    async def put_licence(
        self, actor: Actor, *, data: bytes, label: str, file_id: str
    ) -> Certification:
        """Keep the picture, read it, and let go of the one before.

        What could not be read is left to the person (``licence.warnings`` says why); only a file that
        is no picture at all is refused. Raises what Files.keep raises, StepMissing, MoveIllegal.
        """
        case = await self.get_own(actor)
        case.with_licence(file_id, None)
        await self._must_not_be_too_often(f"licence:{case.id}", ((20, HOUR), (60, DAY)))
        facts = await self._licences.keep_and_read(
            data, label=label, file_id=file_id, account_id=actor.account_id
        )
        replaced: list[str] = []

        def put(one: Certification) -> Certification:
            replaced[:] = [one.licence_file_id] if one.licence_file_id else []
            return one.with_licence(file_id, facts)

        try:
            case = await self._cases.change(case.id, put, self._clock())
        except Exception:
            await self._licences.remove(file_id, actor=actor)
            raise
        for old in replaced:
            if old != file_id:
                await self._licences.remove(old, actor=actor)
        return case

    async def read_licence_again(self, actor: Actor) -> Certification:
        """Ask OCR once more about the picture that is there, as after an outage."""
        case = await self.get_own(actor)
        case.must_have_done(Step.LICENCE)
        await self._must_not_be_too_often(f"licence:{case.id}", ((20, HOUR), (60, DAY)))
        file_id = case.licence_file_id or ""
        facts = await self._licences.read(file_id)
        return await self._cases.change(
            case.id,
            lambda one: one if one.licence_file_id != file_id else one.with_licence(file_id, facts),
            self._clock(),
        )

    async def remove_licence(self, actor: Actor) -> Certification:
        """Delete the picture: out of reach from now on."""
        case = await self.get_own(actor)
        case.must_have_done(Step.LICENCE)
        file_id = case.licence_file_id or ""
        case = await self._cases.change(
            case.id, lambda one: one.with_licence(None, None), self._clock()
        )
        await self._licences.remove(file_id, actor=actor)
        return case

    async def licence_picture(self, actor: Actor) -> bytes:
        """One's own licence as JPEG; the view is on record. Raises FileNotFound."""
        case = await self.get_own(actor)
        return await self._licences.view(case.id, actor=actor)

    async def look_up(self, actor: Actor, uscc: str) -> Facts:
        """What the register says; kept with source and time.

        Raises UsccWrong, RegisterSilent, ProviderUnavailable, TooOften.
        """
        code = must_be_uscc(uscc)
        case = await self.get_own(actor)
        case.must_have_done(Step.LICENCE)
        await self._must_not_be_too_often(f"register:{case.id}", ((20, HOUR), (60, DAY)))
        record = await self._outside.register.lookup(uscc=code)
        if record is None:
            raise RegisterSilent(field="uscc")
        facts = facts_of_register(record)
        await self._cases.change(case.id, lambda one: one.with_register(facts), self._clock())
        return facts

    async def save_profile(self, actor: Actor, given: Profile) -> Certification:
        """Keep the profile and compare the four factors; all typed stays kept when that fails.

        Raises UsccWrong, IdNumberWrong, UsccFixed, UsccClaimed, StepMissing, MoveIllegal, TooOften,
        FactorsMismatched, FactorsNotSynced, FactorsDown, EnterpriseNotOpen.
        """
        now = self._clock()
        profile = replace(
            given,
            uscc=must_be_uscc(given.uscc),
            legal_rep_id_number=must_be_id_number(given.legal_rep_id_number, shanghai_day(now)),
        )
        if profile.established_on > shanghai_day(now):
            raise EstablishedInFuture(field="established_on")
        before = await self.get_own(actor)
        await self._must_be_free(profile.uscc, before.enterprise_id)
        case = await self._cases.change(
            before.id,
            lambda one: one.with_profile(
                profile, sources_of(profile, one.licence, one.register, now)
            ),
            now,
        )
        await self._draft_enterprise(actor, draft_of(case, profile, now))
        factors = _still_good(before, profile, case) or await self._check(case, profile)
        case = await self._cases.change(
            case.id, lambda one: _same(one, profile).checked(factors), self._clock()
        )
        refusal = factors.refusal()
        if refusal is not None:
            raise refusal
        return case

    async def submit(self, actor: Actor) -> Certification:
        """To the reviewers; due by the promised working day. Raises FaceNeeded, MoveIllegal."""
        case = await self.get_own(actor)
        now = self._clock()
        due_at = self._promise.due(now)
        case = await self._cases.change(case.id, lambda one: one.submitted(now, due_at), now)
        await self._audit.record_by(
            actor, "enterprises.certification_submitted", subject_id=case.id
        )
        return case

    async def _check(self, case: Certification, profile: Profile) -> FourFactors:
        await self._must_not_be_too_often(f"four-factors:{case.id}", ((10, HOUR), (30, DAY)))
        result = await self._outside.four_factors.check(
            uscc=profile.uscc,
            enterprise_name=profile.name,
            legal_rep_name=profile.legal_rep_name,
            legal_rep_id_number=profile.legal_rep_id_number,
        )
        return found(result, self._clock())

    async def _must_be_free(self, uscc: str, enterprise_id: str) -> None:
        holder = await self._enterprises.find_certified(uscc)
        if holder is not None and holder.id != enterprise_id:
            raise UsccClaimed(field="uscc")

    async def _draft_enterprise(self, actor: Actor, draft: Enterprise) -> None:
        await self._enterprises.put_uncertified(draft)
        if actor.enterprise_id != draft.id:
            await self._accounts.set_enterprise(actor.account_id, draft.id)

    async def _must_not_be_too_often(self, key: str, rules: tuple[tuple[int, int], ...]) -> None:
        wait = await self._limits.take(key, rules)
        if wait:
            raise TooOften(retry_after_seconds=wait)


def _same(case: Certification, profile: Profile) -> Certification:
    """The check was made for this profile and no other."""
    if case.profile != profile:
        raise ChangedMeanwhile()
    return case


def _still_good(before: Certification, profile: Profile, case: Certification) -> FourFactors | None:
    """A match of the same four values within a day is not paid for again."""
    old, factors = before.profile, before.factors
    if old is None or factors is None or not factors.passed:
        return None
    same = profile.is_same_legal_rep(old) and (old.uscc, old.name) == (profile.uscc, profile.name)
    fresh = case.updated_at - factors.checked_at < FACTORS_GOOD_FOR
    return factors if same and fresh else None
