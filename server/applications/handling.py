"""What an institution's officer may do with the cases of his branch: accept, credit, lend, say no."""

from dataclasses import dataclass
from datetime import date

from server.applications.answer_time import AnswerTime
from server.applications.application import ApplicationNotFound, LoanApplication
from server.applications.query import NOBODYS, CaseQuery
from server.applications.repository import LoanApplicationRepository
from server.applications.state import ApplicationState, Deed
from server.audit.service import Audit
from server.core.actor import Actor, Permission, Role
from server.core.clock import Clock, shanghai_day
from server.core.paging import Page, PageRequest
from server.loans.credit import Credit
from server.loans.loan import Loan


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditGrant:
    """What an officer records as credit."""

    amount_fen: int
    annual_rate_bp: int
    term_months: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRecord:
    """What an officer records as a loan."""

    contract_no: str
    amount_fen: int
    annual_rate_bp: int
    lent_on: date
    due_on: date


class CaseHandling:
    """The institution's side. An officer sees his branch, one without a branch his institution."""

    def __init__(
        self,
        *,
        applications: LoanApplicationRepository,
        audit: Audit,
        answer_time: AnswerTime,
        clock: Clock,
    ) -> None:
        self._applications = applications
        self._audit = audit
        self._answer_time = answer_time
        self._clock = clock

    async def page(
        self,
        request: PageRequest,
        *,
        actor: Actor,
        states: frozenset[ApplicationState] = frozenset(),
        text: str = "",
        only_overdue: bool = False,
    ) -> Page[LoanApplication]:
        """Cases within the actor's reach, newest first. Overdue: the answer owed is late."""
        query = self._query(actor, states, text=text, only_overdue=only_overdue)
        return await self._applications.page(query, request)

    async def count(
        self, states: frozenset[ApplicationState], *, actor: Actor, only_overdue: bool = False
    ) -> int:
        """How many cases within reach are in one of the states; up to COUNT_CAP + 1."""
        return await self._applications.count(self._query(actor, states, only_overdue=only_overdue))

    def is_overdue(self, application: LoanApplication) -> bool:
        """Whether the institution owes an answer and is late."""
        due_at = application.answer_due_at
        return due_at is not None and due_at <= self._clock()

    async def get(self, application_id: str, *, actor: Actor) -> LoanApplication:
        """A case within reach; others are not found."""
        application = await self._applications.get(application_id)
        if not _is_within(application, actor):
            raise ApplicationNotFound()
        return application

    async def open(self, application_id: str, *, actor: Actor) -> LoanApplication:
        """The same, and the view is recorded: who looked at whose data."""
        application = await self.get(application_id, actor=actor)
        await self._audit.record_by(actor, "applications.viewed", subject_id=application_id)
        return application

    async def accept(self, application_id: str, *, actor: Actor) -> LoanApplication:
        """受理; the clock starts anew, for the decision."""
        application = await self._handled(application_id, actor)
        now = self._clock()
        due_at = self._answer_time.due(now)
        accepted = application.accepted(at=now, due_at=due_at, account_id=actor.account_id)
        return await self._save(accepted, actor)

    async def refer_back(
        self, application_id: str, reason: str, *, actor: Actor
    ) -> LoanApplication:
        """退回补件, with a reason of at least five characters."""
        application = await self._handled(application_id, actor)
        return await self._save(
            application.refused(
                Deed.REFERRED_BACK, reason, at=self._clock(), account_id=actor.account_id
            ),
            actor,
        )

    async def decline(self, application_id: str, reason: str, *, actor: Actor) -> LoanApplication:
        """拒绝, with a reason of at least five characters."""
        application = await self._handled(application_id, actor)
        return await self._save(
            application.refused(
                Deed.DECLINED, reason, at=self._clock(), account_id=actor.account_id
            ),
            actor,
        )

    async def grant(
        self, application_id: str, grant: CreditGrant, *, actor: Actor
    ) -> LoanApplication:
        """授信."""
        application = await self._handled(application_id, actor)
        credit = Credit(
            amount_fen=grant.amount_fen,
            annual_rate_bp=grant.annual_rate_bp,
            term_months=grant.term_months,
            reason=grant.reason,
            granted_at=self._clock(),
            granted_by=actor.account_id,
        )
        return await self._save(application.credited(credit), actor)

    async def lend(
        self, application_id: str, loan_id: str, record: LoanRecord, *, actor: Actor
    ) -> LoanApplication:
        """放款; the same ``loan_id`` again is the same loan."""
        application = await self._handled(application_id, actor)
        if any(loan.id == loan_id for loan in application.loans):
            return application
        now = self._clock()
        loan = Loan(
            id=loan_id,
            contract_no=record.contract_no,
            amount_fen=record.amount_fen,
            annual_rate_bp=record.annual_rate_bp,
            lent_on=record.lent_on,
            due_on=record.due_on,
            recorded_at=now,
            recorded_by=actor.account_id,
        )
        return await self._save(application.lent(loan, today=shanghai_day(now)), actor)

    async def close(self, application_id: str, *, actor: Actor) -> LoanApplication:
        """关闭: nothing more will be lent."""
        application = await self._handled(application_id, actor)
        return await self._save(
            application.moved(Deed.CLOSED, at=self._clock(), account_id=actor.account_id), actor
        )

    async def _handled(self, application_id: str, actor: Actor) -> LoanApplication:
        """A case within reach of somebody who decides: administrators only look."""
        actor.must_have(Permission.APPLICATIONS_HANDLE)
        return await self.get(application_id, actor=actor)

    async def _save(self, application: LoanApplication, actor: Actor) -> LoanApplication:
        saved = await self._applications.save(application)
        deed = saved.steps[-1].deed
        await self._audit.record_by(actor, f"applications.{deed}", subject_id=saved.id)
        return saved

    def _query(
        self,
        actor: Actor,
        states: frozenset[ApplicationState],
        *,
        text: str = "",
        only_overdue: bool = False,
    ) -> CaseQuery:
        is_platform = actor.institution_id is None and Role.ADMINISTRATOR in actor.roles
        return CaseQuery(
            institution_id=None if is_platform else actor.institution_id or NOBODYS,
            branch_id=actor.branch_id,
            states=states,
            text=text,
            overdue_at=self._clock() if only_overdue else None,
        )


def _is_within(application: LoanApplication, actor: Actor) -> bool:
    if actor.institution_id is None:
        return Role.ADMINISTRATOR in actor.roles
    is_branch = actor.branch_id is None or actor.branch_id == application.branch_id
    return actor.institution_id == application.institution_id and is_branch
