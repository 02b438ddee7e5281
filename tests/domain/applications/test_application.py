"""The rules of an application, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.applications.application import LoanApplication, ReasonMissing, newest_reason
from server.applications.form import AmountOutOfRange, RateOutOfRange, TermOutOfRange
from server.applications.state import (
    DEED_NAMES,
    MOVES,
    OPEN,
    STATE_MEANINGS,
    STATE_NAMES,
    WAITING,
    ApplicationMoveRefused,
    ApplicationState,
    Deed,
    Side,
    next_state,
    side_of,
)
from server.core.errors import FieldsInvalid, Invalid
from tests.domain.applications.samples import DUE, LATER, NOW, TERMS, WAN, application, form

STATES = st.sampled_from(list(ApplicationState))
DEEDS = st.sampled_from(list(MOVES))


@pytest.mark.shows("F115", "F174")
@given(state=STATES, deed=DEEDS)
def test_a_deed_leads_where_the_table_says_or_nowhere(state: ApplicationState, deed: Deed) -> None:
    before = application(state)
    if state in MOVES[deed]:
        after = before.moved(deed, at=LATER, account_id="somebody")
        assert after.state is MOVES[deed][state] is next_state(state, deed)
        assert (len(after.steps), after.steps[-1].deed) == (2, deed)
        assert [event.name for event in after.pending] == [f"applications.{deed}"]
    else:
        with pytest.raises(ApplicationMoveRefused) as refused:
            before.moved(deed, at=LATER, account_id="somebody")
        assert refused.value.facts["state"] == state
    assert before == application(state)


@given(deeds=st.lists(DEEDS, max_size=12))
def test_whatever_is_tried_the_history_leads_to_the_state(deeds: list[Deed]) -> None:
    one = application()
    for deed in deeds:
        try:
            one = one.moved(deed, at=LATER, account_id="somebody")
        except ApplicationMoveRefused:
            continue
    state = ApplicationState.SUBMITTED
    for step in one.steps[1:]:
        state = next_state(state, step.deed)
    assert one.state is state
    assert len({event.id for event in one.pending}) == len(one.pending) == len(one.steps) - 1


def test_every_state_and_deed_has_its_words_and_every_state_a_way_in() -> None:
    assert set(STATE_NAMES) == set(STATE_MEANINGS) == set(ApplicationState)
    assert set(DEED_NAMES) == set(Deed) == {*MOVES, Deed.SUBMITTED}
    reached = {state for moves in MOVES.values() for state in moves.values()}
    assert reached == set(ApplicationState)
    assert WAITING <= OPEN


def test_only_the_enterprise_submits_and_withdraws() -> None:
    own = {deed for deed in Deed if side_of(deed) is Side.ENTERPRISE}
    assert own == {Deed.SUBMITTED, Deed.RESUBMITTED, Deed.WITHDRAWN}


@given(amount=st.integers(0, 400 * WAN), term=st.integers(0, 20), rate=st.integers(0, 1000))
@pytest.mark.shows("F101")
def test_a_form_fits_exactly_when_every_number_is_within_the_bounds(
    amount: int, term: int, rate: int
) -> None:
    wrong = {
        "amount_fen": not 10 * WAN <= amount <= 300 * WAN,
        "term_months": not 3 <= term <= 12,
        "expected_rate_bp": not 400 <= rate <= 600,
    }
    problems = {name for name, is_wrong in wrong.items() if is_wrong}
    one = form(amount_fen=amount, term_months=term, expected_rate_bp=rate)
    if not problems:
        one.must_fit(TERMS)
        return
    with pytest.raises(Invalid) as refused:
        one.must_fit(TERMS)
    if isinstance(refused.value, FieldsInvalid):
        assert set(refused.value.problems) == problems and len(problems) > 1
    else:
        assert {refused.value.field} == problems


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"amount_fen": 10 * WAN - 1}, AmountOutOfRange),
        ({"amount_fen": 300 * WAN + 1}, AmountOutOfRange),
        ({"term_months": 2}, TermOutOfRange),
        ({"term_months": 13}, TermOutOfRange),
        ({"expected_rate_bp": 399}, RateOutOfRange),
        ({"expected_rate_bp": 601}, RateOutOfRange),
    ],
)
@pytest.mark.shows("F101")
def test_one_number_past_a_bound_is_named(changes: dict[str, int], kind: type[Invalid]) -> None:
    with pytest.raises(kind):
        form(**changes).must_fit(TERMS)


def test_an_answer_is_owed_only_while_the_institution_has_the_word() -> None:
    owed = {state for state in ApplicationState if application(state).answer_due_at == DUE}
    assert owed == {ApplicationState.SUBMITTED, ApplicationState.ACCEPTED}


def test_a_refusal_without_a_word_of_why_changes_nothing() -> None:
    with pytest.raises(ReasonMissing):
        application().refused(Deed.DECLINED, " 不 行 ", at=LATER, account_id="officer")


def test_the_newest_reason_is_the_one_that_is_told() -> None:
    one = _referred_back(application(), "请补充近一年的纳税证明")
    one = one.resubmitted(form(), at=LATER, due_at=DUE, account_id="applicant")
    one = _referred_back(one, "纳税证明请加盖公章")
    assert newest_reason(one.steps) == "纳税证明请加盖公章"
    assert newest_reason(application().steps) == ""


def test_a_corrected_form_is_judged_by_the_terms_of_the_case() -> None:
    one = _referred_back(application(), "请核对申请金额")
    with pytest.raises(AmountOutOfRange):
        one.resubmitted(form(amount_fen=1), at=LATER, due_at=DUE, account_id="applicant")


def _referred_back(one: LoanApplication, reason: str) -> LoanApplication:
    return one.refused(Deed.REFERRED_BACK, reason, at=NOW, account_id="officer")
