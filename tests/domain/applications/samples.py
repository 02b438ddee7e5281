"""A product's terms, a form that fits them and an application that was just made."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from server.applications.application import LoanApplication, Step
from server.applications.form import ApplicationForm, LoanPurpose
from server.applications.state import ApplicationState, Deed
from server.institutions.institution import InstitutionKind
from server.products.terms import ProductTerms

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
WAN = 1_000_000
TERMS = ProductTerms(
    product_id="product",
    version=3,
    name="云帆经营贷",
    institution_id="institution",
    institution_name="云桥江岸银行股份有限公司",
    institution_short_name="江岸银行",
    rate_min_bp=400,
    rate_max_bp=600,
    amount_min_fen=10 * WAN,
    amount_max_fen=300 * WAN,
    term_min_months=3,
    term_max_months=12,
    guarantee_methods=("credit",),
    repayment="按月付息、到期还本",
    prepayment="可随时提前归还",
    materials=("营业执照副本",),
)
FORM = ApplicationForm(
    amount_fen=150 * WAN,
    term_months=12,
    expected_rate_bp=450,
    purpose=LoanPurpose.PURCHASE,
    contact_name="沈一舟",
    contact_phone="19900009001",
    annual_revenue_fen=2_000 * WAN,
    total_loans_fen=0,
    is_enforced=False,
    was_overdue=False,
)


def form(**changes: Any) -> ApplicationForm:
    """One that fits, but for the changes."""
    return replace(FORM, **changes)


def application(state: ApplicationState = ApplicationState.SUBMITTED) -> LoanApplication:
    """In a state, as if it had come there."""
    return LoanApplication(
        id="application",
        case_no="RQ20261120000001",
        enterprise_id="enterprise",
        enterprise_name="云桥市晨光科技有限公司",
        uscc="91430100MA4QHJ2T2U",
        account_id="applicant",
        institution_id="institution",
        institution_kind=InstitutionKind.BANK,
        branch_id="branch",
        branch_name="江岸支行",
        terms=TERMS,
        form=FORM,
        state=state,
        submitted_at=NOW,
        due_at=DUE,
        updated_at=NOW,
        steps=(Step(deed=Deed.SUBMITTED, at=NOW, account_id="applicant"),),
    )
