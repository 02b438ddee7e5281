"""How cases look in the API, to the enterprise and to the institution alike."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from server.applications.application import LoanApplication, Step
from server.applications.form import LoanPurpose
from server.applications.state import ApplicationState, Deed, Side, side_of
from server.core.paging import COUNT_CAP, Page
from server.institutions.institution import InstitutionKind
from server.loans.loan import Loan


class ApplicationAnswer(BaseModel):
    """A case in a list. ``answer_due_at``: the answer is expected by then; null when none is owed."""

    application_id: str
    case_no: str
    state: ApplicationState
    enterprise_id: str
    enterprise_name: str
    uscc: str
    product_id: str
    product_name: str
    institution_id: str
    institution_name: str
    institution_kind: InstitutionKind
    branch_id: str
    branch_name: str
    amount_fen: int
    term_months: int
    expected_rate_bp: int
    purpose: LoanPurpose
    credit_fen: int | None
    lent_fen: int
    submitted_at: datetime
    answer_due_at: datetime | None
    updated_at: datetime


class ApplicationsAnswer(BaseModel):
    """``total`` is counted up to 10,000; no ``next_cursor`` on the last part."""

    items: list[ApplicationAnswer]
    total: int
    total_is_capped: bool
    next_cursor: str | None


class StepAnswer(BaseModel):
    """One entry of the history. ``note``: the reason given, or a loan's contract."""

    deed: Deed
    by: Side
    at: datetime
    note: str
    amount_fen: int | None


class CreditAnswer(BaseModel):
    """The line. ``reason``: why it is above the product's maximum; the institution's own."""

    amount_fen: int
    annual_rate_bp: int
    term_months: int
    reason: str
    granted_at: datetime


class LoanAnswer(BaseModel):
    """A loan under the line. ``term_days`` is 存续期."""

    loan_id: str
    contract_no: str
    amount_fen: int
    annual_rate_bp: int
    lent_on: date
    due_on: date
    term_days: int
    recorded_at: datetime


class TermsAnswer(BaseModel):
    """The product as it was on the day of the application."""

    version: int
    amount_min_fen: int
    amount_max_fen: int
    term_min_months: int
    term_max_months: int
    rate_min_bp: int
    rate_max_bp: int


class ApplicationDetailAnswer(ApplicationAnswer):
    """Everything about one case."""

    contact_name: str
    contact_phone: str
    annual_revenue_fen: int
    total_loans_fen: int
    is_enforced: bool
    was_overdue: bool
    note: str
    terms: TermsAnswer
    steps: list[StepAnswer]
    credit: CreditAnswer | None
    loans: list[LoanAnswer]


def listed(page: Page[LoanApplication]) -> ApplicationsAnswer:
    """A part of a list."""
    return ApplicationsAnswer(
        items=[ApplicationAnswer.model_validate(_facts(one)) for one in page.items],
        total=min(page.total, COUNT_CAP),
        total_is_capped=page.is_capped,
        next_cursor=page.next_cursor,
    )


def detail(application: LoanApplication, reader: Side) -> ApplicationDetailAnswer:
    """One case, whole. What an institution noted for itself is told to its own people only."""
    form, terms = application.form, application.terms
    return ApplicationDetailAnswer.model_validate(
        {
            **_facts(application),
            **{name: getattr(form, name) for name in _TOLD},
            "terms": {name: getattr(terms, name) for name in TermsAnswer.model_fields},
            "steps": [_step(step, reader) for step in application.steps],
            "credit": _credit(application, reader),
            "loans": [_loan(loan) for loan in application.loans],
        }
    )


_TOLD = (
    "contact_name",
    "contact_phone",
    "annual_revenue_fen",
    "total_loans_fen",
    "is_enforced",
    "was_overdue",
    "note",
)


def _step(step: Step, reader: Side) -> StepAnswer:
    return StepAnswer(
        deed=step.deed,
        by=side_of(step.deed),
        at=step.at,
        note=step.note if reader is Side.INSTITUTION else step.told,
        amount_fen=step.amount_fen,
    )


def _credit(application: LoanApplication, reader: Side) -> CreditAnswer | None:
    credit = application.credit
    if credit is None:
        return None
    return CreditAnswer(
        amount_fen=credit.amount_fen,
        annual_rate_bp=credit.annual_rate_bp,
        term_months=credit.term_months,
        reason=credit.reason if reader is Side.INSTITUTION else "",
        granted_at=credit.granted_at,
    )


def _loan(loan: Loan) -> LoanAnswer:
    return LoanAnswer(
        loan_id=loan.id,
        contract_no=loan.contract_no,
        amount_fen=loan.amount_fen,
        annual_rate_bp=loan.annual_rate_bp,
        lent_on=loan.lent_on,
        due_on=loan.due_on,
        term_days=loan.term_days,
        recorded_at=loan.recorded_at,
    )


def _facts(application: LoanApplication) -> dict[str, Any]:
    form, terms, credit = application.form, application.terms, application.credit
    return {
        "application_id": application.id,
        "case_no": application.case_no,
        "state": application.state,
        "enterprise_id": application.enterprise_id,
        "enterprise_name": application.enterprise_name,
        "uscc": application.uscc,
        "product_id": terms.product_id,
        "product_name": terms.name,
        "institution_id": application.institution_id,
        "institution_name": terms.institution_short_name,
        "institution_kind": application.institution_kind,
        "branch_id": application.branch_id,
        "branch_name": application.branch_name,
        "amount_fen": form.amount_fen,
        "term_months": form.term_months,
        "expected_rate_bp": form.expected_rate_bp,
        "purpose": form.purpose,
        "credit_fen": credit.amount_fen if credit else None,
        "lent_fen": application.lent_fen,
        "submitted_at": application.submitted_at,
        "answer_due_at": application.answer_due_at,
        "updated_at": application.updated_at,
    }
