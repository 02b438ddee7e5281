"""Lines and loans, without a database."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.applications.application import LoanApplication
from server.applications.state import ApplicationMoveRefused, ApplicationState
from server.core.errors import Invalid
from server.loans.credit import (
    ContractRepeated,
    Credit,
    CreditNotPositive,
    CreditTooHigh,
    LineExceeded,
)
from server.loans.loan import DatesReversed, LentInFuture, Loan, LoanNotPositive
from tests.domain.applications.samples import NOW, WAN, application

TODAY = date(2026, 11, 20)


def credit(amount_fen: int = 100 * WAN, reason: str = "") -> Credit:
    return Credit(
        amount_fen=amount_fen,
        annual_rate_bp=435,
        term_months=12,
        granted_at=NOW,
        granted_by="officer",
        reason=reason,
    )


def loan(amount_fen: int = WAN, contract_no: str = "HT-1", days: int = 365) -> Loan:
    return Loan(
        id=contract_no,
        contract_no=contract_no,
        amount_fen=amount_fen,
        annual_rate_bp=435,
        lent_on=TODAY,
        due_on=TODAY + timedelta(days=days),
        recorded_at=NOW,
        recorded_by="officer",
    )


def credited() -> LoanApplication:
    return application(ApplicationState.ACCEPTED).credited(credit())


@pytest.mark.shows("F114")
@given(amounts=st.lists(st.integers(1, 60 * WAN), max_size=8))
def test_loans_never_add_up_to_more_than_the_line(amounts: list[int]) -> None:
    one = credited()
    for number, amount in enumerate(amounts):
        left = 100 * WAN - one.lent_fen
        try:
            one = one.lent(loan(amount, f"HT-{number}"), today=TODAY)
        except LineExceeded:
            assert amount > left
        else:
            assert amount <= left
    assert one.lent_fen <= 100 * WAN
    assert one.credit is not None and one.credit.left_fen(one.loans) == 100 * WAN - one.lent_fen


@pytest.mark.shows("F114")
@given(days=st.integers(1, 4000))
def test_the_days_a_loan_lasts_are_counted_from_its_dates(days: int) -> None:
    assert loan(days=days).term_days == days


def test_a_leap_day_counts() -> None:
    one = replace(loan(), lent_on=date(2028, 2, 28), due_on=date(2028, 3, 1))
    assert one.term_days == 2


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (loan(0), LoanNotPositive),
        (loan(-1), LoanNotPositive),
        (loan(days=0), DatesReversed),
        (loan(days=-1), DatesReversed),
        (replace(loan(), lent_on=TODAY + timedelta(days=1)), LentInFuture),
        (loan(100 * WAN + 1), LineExceeded),
    ],
)
@pytest.mark.shows("F118")
def test_an_unsound_loan_is_refused(wrong: Loan, kind: type[Invalid]) -> None:
    with pytest.raises(kind):
        credited().lent(wrong, today=TODAY)


def test_a_contract_stands_once_in_a_case() -> None:
    with pytest.raises(ContractRepeated):
        credited().lent(loan(), today=TODAY).lent(loan(), today=TODAY)


def test_nothing_is_lent_without_a_line() -> None:
    with pytest.raises(ApplicationMoveRefused):
        application(ApplicationState.ACCEPTED).lent(loan(), today=TODAY)


@pytest.mark.shows("F117")
@pytest.mark.parametrize(
    ("amount_fen", "reason", "kind"),
    [
        (0, "", CreditNotPositive),
        (-1, "", CreditNotPositive),
        (300 * WAN + 1, "", CreditTooHigh),
        (300 * WAN + 1, "  特批  ", CreditTooHigh),
    ],
)
def test_a_line_that_is_nothing_or_too_high_is_refused(
    amount_fen: int, reason: str, kind: type[Invalid]
) -> None:
    with pytest.raises(kind):
        application(ApplicationState.ACCEPTED).credited(credit(amount_fen, reason))


@pytest.mark.shows("F117")
@given(amount=st.integers(1, 300 * WAN))
def test_any_line_up_to_the_maximum_needs_no_reason(amount: int) -> None:
    one = application(ApplicationState.ACCEPTED).credited(credit(amount))
    assert one.credit is not None and one.credit.amount_fen == amount


def test_lines_and_loans_survive_being_kept() -> None:
    assert Credit.from_document(credit(reason="总行特批客户").to_document()) == credit(
        reason="总行特批客户"
    )
    assert Loan.from_document(loan().to_document()) == loan()
