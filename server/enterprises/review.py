"""The reviewers' side: the queue, a claim that keeps others off, and the three words that decide.

Every decision is judged against the case as it is in the moment of writing: of two at the same
time one wins and the other is told. An approval and the enterprise that it certifies are one write.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from server.accounts.service import Accounts
from server.audit.service import Audit
from server.core.actor import Actor, Permission
from server.core.clock import Clock
from server.core.errors import Conflict
from server.core.paging import COUNT_CAP, Page, PageRequest
from server.enterprises.certification import (
    STATE_LABELS,
    Certification,
    CertificationNotFound,
    CertificationState,
    Deed,
)
from server.enterprises.enterprise import Enterprise
from server.enterprises.licences import Licences
from server.enterprises.opening import certified_of
from server.enterprises.queue import Query, QueueFilter, ReviewCounts, ReviewView, search
from server.enterprises.register_facts import cautions
from server.enterprises.repository import CertificationRepository, EnterpriseRepository
from server.enterprises.rounds import (
    CaseClaimed,
    CaseNotClaimed,
    Claim,
    Decision,
    DecisionKind,
    changes,
    must_be_reason,
)


class NothingToReview(Conflict):
    """Not submitted (any more)."""

    code = "enterprises.nothing_to_review"
    sentence = "这份申请当前为“{state_label}”，无需审核。请刷新列表。"


class Reviews:
    """``lease``: how long a claim lasts without a decision."""

    def __init__(
        self,
        *,
        cases: CertificationRepository,
        enterprises: EnterpriseRepository,
        accounts: Accounts,
        licences: Licences,
        audit: Audit,
        clock: Clock,
        lease: timedelta,
    ) -> None:
        self._cases = cases
        self._enterprises = enterprises
        self._accounts = accounts
        self._licences = licences
        self._audit = audit
        self._clock = clock
        self._lease = lease

    async def page(
        self,
        actor: Actor,
        request: PageRequest,
        *,
        filter: QueueFilter = QueueFilter.WAITING,
        q: str = "",
    ) -> Page[Certification]:
        """Submitted cases, newest first. ``q``: the beginning of an enterprise's name or credit code."""
        actor.must_have(Permission.CERTIFICATIONS_READ)
        query = {**self._query(filter, actor), **search(q)}
        return await self._cases.review_page(query, request, "submitted_at")

    async def counts(self, actor: Actor) -> ReviewCounts:
        """For the queue's tabs and the worklist."""
        actor.must_have(Permission.CERTIFICATIONS_READ)

        async def count(filter: QueueFilter) -> int:
            return await self._cases.count(self._query(filter, actor), COUNT_CAP + 1)

        return ReviewCounts(
            waiting=await count(QueueFilter.WAITING),
            mine=await count(QueueFilter.MINE),
            overdue=await count(QueueFilter.OVERDUE),
        )

    async def get(self, actor: Actor, case_id: str) -> ReviewView:
        """One submitted case with what changed since the last round. Raises CertificationNotFound."""
        actor.must_have(Permission.CERTIFICATIONS_READ)
        case = await self._submitted(case_id)
        submission = case.submissions[-1]
        label = ""
        if case.licence_file_id is not None:
            label = await self._licences.label(case.licence_file_id)
        return ReviewView(
            case=case,
            changes=changes(case.submissions),
            cautions=(
                *cautions(submission.profile),
                *(case.licence.warning_sentences if case.licence else ()),
            ),
            edited=frozenset(source.field for source in case.sources if source.edited),
            licence_label=label,
        )

    async def claim(self, actor: Actor, case_id: str) -> Certification:
        """Take the case, or renew one's hold on it. Raises CaseClaimed, NothingToReview."""
        now = self._clock()

        def take(case: Certification) -> Certification:
            _must_be_waiting(case)
            _must_not_be_anothers(case, actor, self._clock)
            return replace(case, claim=Claim(account_id=actor.account_id, until=now + self._lease))

        return await self._change(actor, case_id, take)

    async def release(self, actor: Actor, case_id: str) -> Certification:
        """Give it back. Raises CaseNotClaimed, NothingToReview."""

        def give_back(case: Certification) -> Certification:
            self._must_hold(case, actor)
            return replace(case, claim=None)

        return await self._change(actor, case_id, give_back)

    async def approve(self, actor: Actor, case_id: str) -> Certification:
        """Certify the enterprise: both in one transaction, so that its gates open at once.

        Raises CaseNotClaimed, MoveIllegal, UsccClaimed.
        """
        actor.must_have(Permission.CERTIFICATIONS_REVIEW)
        case = await self._submitted(case_id)
        owner = await self._accounts.get(case.account_id)
        draft = await self._enterprises.get(case.enterprise_id)
        now = self._clock()

        def enterprise_of(after: Certification) -> Enterprise:
            return certified_of(
                after, owner_phone=owner.phone, created_at=draft.created_at, now=now
            )

        case = await self._cases.change_with(
            case_id,
            lambda one: self._decided(one, actor, DecisionKind.APPROVE, ""),
            enterprise_of,
            now,
        )
        if owner.enterprise_id is None:
            await self._accounts.set_enterprise(owner.id, case.enterprise_id)
        await self._audit.record_by(actor, "enterprises.certification_approved", subject_id=case.id)
        return case

    async def reject(self, actor: Actor, case_id: str, *, reason: str) -> Certification:
        """Refuse: the applicant corrects, proves his face anew and submits again.

        Raises ReasonTooShort, ReasonTooLong, CaseNotClaimed, MoveIllegal.
        """
        return await self._refuse(actor, case_id, DecisionKind.REJECT, reason)

    async def return_(self, actor: Actor, case_id: str, *, reason: str) -> Certification:
        """Send back for more: as ``reject``, but a face that was proved stays proved."""
        return await self._refuse(actor, case_id, DecisionKind.RETURN, reason)

    async def reveal_id_number(self, actor: Actor, case_id: str, *, reason: str) -> str:
        """The legal representative's number in clear; who asked and why is on record first."""
        actor.must_have(Permission.CERTIFICATIONS_REVEAL)
        why = must_be_reason(reason)
        case = await self._submitted(case_id)
        await self._audit.record_by(
            actor, "enterprises.id_number_revealed", subject_id=case.id, facts={"reason": why}
        )
        return case.submissions[-1].profile.legal_rep_id_number

    async def licence_picture(self, actor: Actor, case_id: str) -> bytes:
        """The present licence as JPEG; the view is on record. Raises FileNotFound."""
        actor.must_have(Permission.CERTIFICATIONS_READ)
        await self._submitted(case_id)
        return await self._licences.view(case_id, actor=actor)

    def is_overdue(self, case: Certification) -> bool:
        """Whether the promised day has passed without a decision."""
        is_waiting = case.state is CertificationState.REVIEWING
        return is_waiting and case.due_at is not None and case.due_at < self._clock()

    async def _refuse(
        self, actor: Actor, case_id: str, kind: DecisionKind, reason: str
    ) -> Certification:
        why = must_be_reason(reason)
        case = await self._change(actor, case_id, lambda one: self._decided(one, actor, kind, why))
        await self._audit.record_by(
            actor, f"enterprises.certification_{case.state}", subject_id=case.id
        )
        return case

    def _decided(
        self, case: Certification, actor: Actor, kind: DecisionKind, reason: str
    ) -> Certification:
        case.after(Deed(kind.value))
        self._must_hold(case, actor)
        now = self._clock()
        return case.decided(Decision(kind=kind, reason=reason, at=now, account_id=actor.account_id))

    async def _change(
        self, actor: Actor, case_id: str, decide: Callable[[Certification], Certification]
    ) -> Certification:
        actor.must_have(Permission.CERTIFICATIONS_REVIEW)
        await self._submitted(case_id)
        return await self._cases.change(case_id, decide, self._clock())

    async def _submitted(self, case_id: str) -> Certification:
        """Drafts are nobody's business but the applicant's."""
        case = await self._cases.get(case_id)
        if not case.submissions:
            raise CertificationNotFound()
        return case

    def _must_hold(self, case: Certification, actor: Actor) -> None:
        _must_be_waiting(case)
        _must_not_be_anothers(case, actor, self._clock)
        if case.claim is None or not case.claim.is_held(self._clock()):
            raise CaseNotClaimed()

    def _query(self, filter: QueueFilter, actor: Actor) -> Query:
        waiting: Query = {"state": CertificationState.REVIEWING}
        match filter:
            case QueueFilter.WAITING:
                return waiting
            case QueueFilter.MINE:
                held = {"claim.until": {"$gt": self._clock()}}
                return {**waiting, "claim.account_id": actor.account_id, **held}
            case QueueFilter.OVERDUE:
                return {**waiting, "due_at": {"$lt": self._clock()}}
            case QueueFilter.ALL:
                return {"submitted_at": {"$ne": None}}
            case _:
                return {"state": CertificationState(filter.value)}


def _must_be_waiting(case: Certification) -> None:
    if case.state is not CertificationState.REVIEWING:
        raise NothingToReview(state=case.state.value, state_label=STATE_LABELS[case.state])


def _must_not_be_anothers(case: Certification, actor: Actor, clock: Clock) -> None:
    claim = case.claim
    if claim and claim.account_id != actor.account_id and claim.is_held(clock()):
        raise CaseClaimed()
