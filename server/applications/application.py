"""A loan application: one document, one writer at a time, its history inside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from server.applications.form import ApplicationForm
from server.applications.state import OPEN, WAITING, ApplicationState, Deed, next_state
from server.core.errors import Conflict, Invalid, NotFound
from server.core.events import Event
from server.core.ids import derived_id
from server.core.money import wan
from server.institutions.institution import InstitutionKind
from server.loans.credit import (
    ContractRepeated,
    Credit,
    CreditNotPositive,
    CreditTooHigh,
    LineExceeded,
)
from server.loans.loan import Loan
from server.products.terms import ProductTerms

REASON_LENGTH = 5


class ApplicationNotFound(NotFound):
    """Not there, or somebody else's."""

    code = "applications.not_found"
    sentence = "没有找到这笔申请。"


class ApplicationChanged(Conflict):
    """Somebody else changed it since it was read."""

    code = "applications.changed"
    sentence = "申请刚刚被更新过，请刷新后查看最新状态再操作。"


class ApplicationOpen(Conflict):
    """One open application per enterprise and product; the fact says which, where it is known."""

    code = "applications.already_open"
    sentence = "您对这款产品已有一笔正在办理的申请，请在“我的申请”中查看进度。"

    def __init__(self, application_id: str | None = None) -> None:
        super().__init__(application_id=application_id)


class ReasonMissing(Invalid):
    """A refusal without a word of why."""

    code = "applications.reason_missing"
    sentence = "请写明原因（至少 5 个字），方便企业了解情况。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One entry of the history. ``note`` may name persons and is sealed at rest."""

    deed: Deed
    at: datetime
    account_id: str
    note: str = ""
    amount_fen: int | None = None

    @property
    def told(self) -> str:
        """The note as far as the applicant reads it: why a line is above the maximum is not his."""
        return "" if self.deed is Deed.CREDITED else self.note


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanApplication:
    """``terms`` are those of the day it was made: later changes of the product don't touch it.

    ``due_at``: when the institution is expected to answer, while it owes one. ``version`` guards every write;
    ``pending`` are events that the next write carries along.
    """

    id: str
    case_no: str
    enterprise_id: str
    enterprise_name: str
    uscc: str
    account_id: str
    institution_id: str
    institution_kind: InstitutionKind
    branch_id: str
    branch_name: str
    terms: ProductTerms
    form: ApplicationForm
    state: ApplicationState
    submitted_at: datetime
    due_at: datetime
    updated_at: datetime
    steps: tuple[Step, ...]
    credit: Credit | None = None
    loans: tuple[Loan, ...] = ()
    version: int = 0
    pending: tuple[Event, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it keeps the enterprise from applying to the same product again."""
        return self.state in OPEN

    @property
    def answer_due_at(self) -> datetime | None:
        """When the institution is expected to answer; None while it owes nothing."""
        return self.due_at if self.state in WAITING else None

    @property
    def lent_fen(self) -> int:
        """The sum of the loans."""
        return sum(loan.amount_fen for loan in self.loans)

    def moved(
        self,
        deed: Deed,
        *,
        at: datetime,
        account_id: str,
        note: str = "",
        amount_fen: int | None = None,
    ) -> "LoanApplication":
        """The application after the deed, with its history and its event; or ApplicationMoveRefused."""
        step = Step(deed=deed, at=at, account_id=account_id, note=note, amount_fen=amount_fen)
        return replace(
            self,
            state=next_state(self.state, deed),
            updated_at=at,
            steps=(*self.steps, step),
            pending=(*self.pending, self.event(deed, at=at, amount_fen=amount_fen)),
        )

    def with_event(self, deed: Deed, *, at: datetime) -> "LoanApplication":
        """The application with the news of a deed that made it."""
        return replace(self, pending=(self.event(deed, at=at),))

    def event(self, deed: Deed, *, at: datetime, amount_fen: int | None = None) -> Event:
        """The news of a deed; its id is the same however often the deed is tried."""
        facts: dict[str, str | int] = {
            "account_id": self.account_id,
            "enterprise_id": self.enterprise_id,
            "institution_id": self.institution_id,
            "branch_id": self.branch_id,
            "case_no": self.case_no,
        }
        if amount_fen is not None:
            facts["amount_fen"] = amount_fen
        return Event(
            id=derived_id(self.id, deed, str(len(self.steps))),
            name=f"applications.{deed}",
            at=at,
            subject_id=self.id,
            facts=facts,
        )

    def resubmitted(
        self, form: ApplicationForm, *, at: datetime, due_at: datetime, account_id: str
    ) -> "LoanApplication":
        """Corrected after it was referred back."""
        moved = self.moved(Deed.RESUBMITTED, at=at, account_id=account_id)
        form.must_fit(self.terms)
        return replace(moved, form=form, due_at=due_at)

    def accepted(self, *, at: datetime, due_at: datetime, account_id: str) -> "LoanApplication":
        """Taken on: the clock starts anew, for the decision."""
        return replace(self.moved(Deed.ACCEPTED, at=at, account_id=account_id), due_at=due_at)

    def refused(
        self, deed: Deed, reason: str, *, at: datetime, account_id: str
    ) -> "LoanApplication":
        """Declined or referred back, never without a reason."""
        moved = self.moved(deed, at=at, account_id=account_id, note=reason.strip())
        must_be_reason(reason)
        return moved

    def credited(self, credit: Credit) -> "LoanApplication":
        """With a line. Raises CreditNotPositive or CreditTooHigh."""
        moved = self.moved(
            Deed.CREDITED,
            at=credit.granted_at,
            account_id=credit.granted_by,
            note=credit.reason,
            amount_fen=credit.amount_fen,
        )
        if credit.amount_fen <= 0:
            raise CreditNotPositive(field="amount_fen")
        is_explained = len(credit.reason.strip()) >= REASON_LENGTH
        if credit.amount_fen > self.terms.amount_max_fen and not is_explained:
            raise CreditTooHigh(field="amount_fen", max_wan=wan(self.terms.amount_max_fen))
        return replace(moved, credit=credit)

    def lent(self, loan: Loan, *, today: date) -> "LoanApplication":
        """With one more loan. Raises what Loan refuses, ContractRepeated and LineExceeded."""
        moved = self.moved(
            Deed.LENT,
            at=loan.recorded_at,
            account_id=loan.recorded_by,
            note=loan.contract_no,
            amount_fen=loan.amount_fen,
        )
        loan.must_be_sound(today=today)
        if any(one.contract_no == loan.contract_no for one in self.loans):
            raise ContractRepeated(field="contract_no")
        left = self.credit.left_fen(self.loans) if self.credit else 0
        if loan.amount_fen > left:
            raise LineExceeded(field="amount_fen", left_wan=wan(left))
        return replace(moved, loans=(*self.loans, loan))


def must_be_reason(reason: str) -> None:
    """Refuse with ReasonMissing what is no reason."""
    if len(reason.strip()) < REASON_LENGTH:
        raise ReasonMissing(field="reason")


def newest_reason(steps: Sequence[Step]) -> str:
    """Why it was declined or referred back last; '' when it never was."""
    for step in reversed(steps):
        if step.deed in (Deed.DECLINED, Deed.REFERRED_BACK):
            return step.note
    return ""
