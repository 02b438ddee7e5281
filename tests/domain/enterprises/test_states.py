"""The state machine of a certification: every pair of state and deed, and what a claim allows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.masking import mask_id_number
from server.enterprises.certification import (
    MOVES,
    STATE_LABELS,
    Certification,
    CertificationState,
    Deed,
    MoveIllegal,
)
from server.enterprises.face import FaceNeeded, FaceState, new_face
from server.enterprises.opening import new_certification
from server.enterprises.profile import Profile, RegistrationStatus
from server.enterprises.register_facts import cautions
from server.enterprises.rounds import (
    Decision,
    DecisionKind,
    ReasonTooShort,
    Submission,
    changes,
    must_be_reason,
    shown,
)

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
PROFILE = Profile(
    uscc="91430100MA4QHJ2T2U",
    name="云桥市青禾精密制造有限公司",
    registration_status=RegistrationStatus.OPEN,
    region_code="430111",
    registered_address="云桥市雨花区青禾路18号",
    enterprise_kind="有限责任公司",
    established_on=date(2013, 5, 16),
    registered_capital_fen=1_200_000_000,
    authority="云桥市雨花区市场监督管理局",
    industry_code="C",
    legal_rep_name="周启明",
    legal_rep_id_number="43010219790314417X",
    legal_rep_phone="19900001001",
    contact_name="沈一舟",
    contact_phone="19900009001",
    contact_email="office@example.cn",
    business_scope="精密零部件的研发、生产与销售",
)


def case_in(state: CertificationState) -> Certification:
    """A case that has everything, in this state."""
    passed = replace(new_face(NOW), state=FaceState.PASSED)
    return replace(
        new_certification("a" * 26, NOW),
        state=state,
        version=1,
        agreed_at=NOW,
        licence_file_id="f" * 26,
        profile=PROFILE,
        face=passed,
        submissions=(Submission(round=1, at=NOW, profile=PROFILE, licence_file_id="f" * 26),),
    )


def do(case: Certification, deed: Deed) -> Certification:
    """The entity's own method for the deed."""
    match deed:
        case Deed.FILL:
            return case.with_profile(PROFILE, ())
        case Deed.MATCH:
            return replace(case, state=case.after(Deed.MATCH))
        case Deed.SUBMIT:
            return case.submitted(NOW, NOW + timedelta(days=1))
        case _:
            kind = DecisionKind(deed.value)
            return case.decided(Decision(kind=kind, reason="理由充分", at=NOW, account_id="r"))


@pytest.mark.shows("F174")
@given(st.sampled_from(CertificationState), st.sampled_from(Deed))
def test_a_case_moves_along_the_table_only(state: CertificationState, deed: Deed) -> None:
    case = case_in(state)
    if (state, deed) in MOVES:
        assert do(case, deed).state is MOVES[state, deed]
    else:
        with pytest.raises(MoveIllegal) as refused:
            do(case, deed)
        assert STATE_LABELS[state] in refused.value.message


@given(st.lists(st.sampled_from(Deed), max_size=12))
def test_no_way_leads_on_from_an_approval(deeds: list[Deed]) -> None:
    case = case_in(CertificationState.REVIEWING)
    for deed in deeds:
        try:
            case = do(case, deed)
        except (MoveIllegal, FaceNeeded):
            continue
        if deed is Deed.APPROVE:
            assert all((case.state, other) not in MOVES for other in Deed)


def test_an_event_happens_once_a_round() -> None:
    case = case_in(CertificationState.REVIEWING)
    first = do(case, Deed.REJECT).pending[-1]
    again = do(case, Deed.REJECT).pending[-1]
    assert first.id == again.id
    assert first.name == "enterprises.certification_rejected"
    assert PROFILE.legal_rep_name not in str(first)
    assert do(case, Deed.RETURN).pending[-1].id != first.id


def test_a_rejection_takes_the_face_away_and_a_return_leaves_it() -> None:
    case = case_in(CertificationState.REVIEWING)
    assert do(case, Deed.REJECT).face is None
    returned = do(case, Deed.RETURN)
    assert returned.face is not None and returned.face.passed
    assert do(returned, Deed.FILL).face is not None
    other = replace(PROFILE, legal_rep_id_number="430103198607225021")
    assert returned.with_profile(other, ()).face is None


def test_changes_are_told_with_persons_masked() -> None:
    after = replace(PROFILE, name="云桥市青禾精密科技有限公司", contact_phone="19900009002")
    rounds = (
        Submission(round=1, at=NOW, profile=PROFILE, licence_file_id="f"),
        Submission(round=2, at=NOW, profile=after, licence_file_id="f"),
    )
    told = {change.field: change for change in changes(rounds)}
    assert set(told) == {"name", "contact_phone"}
    assert told["contact_phone"].after == "199****9002"
    assert changes(rounds[:1]) == ()


@pytest.mark.parametrize("text", ["", "     ", "不行呀", "四个字啊"])
def test_a_reason_has_five_characters(text: str) -> None:
    with pytest.raises(ReasonTooShort):
        must_be_reason(text)
    assert must_be_reason(" 五个字就够 ") == "五个字就够"


@pytest.mark.shows("T03")
def test_a_doubtful_organisation_code_is_a_caution() -> None:
    assert cautions(PROFILE) == ()
    assert cautions(replace(PROFILE, uscc="914301000000000000"))


def test_personal_fields_are_never_shown_whole() -> None:
    assert shown("legal_rep_id_number", PROFILE.legal_rep_id_number) == mask_id_number(
        PROFILE.legal_rep_id_number
    )
    assert shown("contact_email", "office@example.cn") == "o***@example.cn"
    assert shown("name", PROFILE.name) == PROFILE.name
