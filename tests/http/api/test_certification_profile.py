"""The profile and the four factors over the API: codes judged at the door, each outcome with its own text."""

import pytest

from tests.certifying import (
    agree,
    applicant,
    enterprise,
    pass_face,
    picture,
    profile,
    send_licence,
    with_licence,
    with_profile,
)
from tests.clients import ApiClient
from tests.http.api.test_certification import state_of
from tests.platforms import Running


async def _with_unread_licence(running: Running) -> ApiClient:
    api = await applicant(running)
    await agree(api)
    await send_licence(api, picture(enterprise(), blurred=True))
    return api


@pytest.mark.shows("T01")
async def test_a_code_with_a_letter_that_none_holds_names_the_position(running: Running) -> None:
    api = await _with_unread_licence(running)
    code = enterprise().uscc.replace("0", "O", 1)
    answer = await api.post("/certification/profile", profile(enterprise(), uscc=code))
    assert (answer.status, answer.code) == (422, "enterprises.uscc_wrong")
    assert answer.json["facts"]["position"] == code.index("O") + 1
    assert (await state_of(api))["profile"] == {}


@pytest.mark.shows("F052")
async def test_a_code_with_one_look_alike_gets_the_right_one_proposed(running: Running) -> None:
    api = await _with_unread_licence(running)
    right = enterprise().uscc
    wrong = right[:16] + "Z" + right[17:] if right[16] == "2" else right.replace("2", "Z", 1)
    answer = await api.post("/certification/profile", profile(enterprise(), uscc=wrong))
    assert answer.json["facts"]["proposal"] == right
    assert right in answer.json["message"]


@pytest.mark.shows("T02")
async def test_a_code_may_begin_with_letters(running: Running) -> None:
    api = await _with_unread_licence(running)
    body = profile(enterprise(), uscc="N2430102MA4L0000XM")
    answer = await api.post("/certification/profile", body)
    assert answer.code in ("enterprises.factors_mismatched", "enterprises.factors_not_synced")


@pytest.mark.shows("T03")
async def test_a_doubtful_organisation_code_warns_the_reviewer_only(running: Running) -> None:
    api = await _with_unread_licence(running)
    doubtful = "914301000000000000"
    answer = await api.post("/certification/profile", profile(enterprise(), uscc=doubtful))
    assert answer.code != "enterprises.uscc_wrong"
    assert (await state_of(api))["profile"]["uscc"] == doubtful  # type: ignore[index]


@pytest.mark.shows("T04")
@pytest.mark.parametrize(
    "number",
    ["43010219790314417", "430102197903144170", "430102202302294175", "430102190001014173"],
)
async def test_an_id_number_that_cannot_be_one_is_refused(running: Running, number: str) -> None:
    api = await with_licence(running)
    body = profile(enterprise(), legal_rep_id_number=number)
    answer = await api.post("/certification/profile", body)
    assert (answer.status, answer.code) == (422, "enterprises.id_number_wrong")
    assert number not in answer.text
    assert await running.sandbox.calls("VerifyBizLicenseEnterprise4") == []
    assert (await state_of(api))["profile"] == {}


@pytest.mark.shows("F049")
async def test_every_field_of_the_profile_is_required_but_the_contacts_title(
    running: Running,
) -> None:
    api = await with_licence(running)
    answer = await api.post("/certification/profile", {})
    assert (answer.status, answer.code) == (422, "core.fields_invalid")
    assert set(answer.json["problems"]) == set(profile(enterprise()))
    bad = profile(
        enterprise(),
        region_code="4301",
        industry_code="Z",
        contact_email="office",
        contact_phone="0731-1234",
        established_on="2999-01-01",
        registered_capital_fen=-1,
        legal_rep_name="周1明",
    )
    problems = (await api.post("/certification/profile", bad)).json["problems"]
    assert set(problems) == {
        "region_code",
        "industry_code",
        "contact_email",
        "contact_phone",
        "registered_capital_fen",
        "legal_rep_name",
    }
    future = await api.post(
        "/certification/profile", profile(enterprise(), established_on="2999-01-01")
    )
    assert future.code == "enterprises.established_in_future"


async def test_names_may_hold_dots_and_rare_characters(running: Running) -> None:
    one = enterprise(1)
    api = await with_profile(running, one)
    assert "·" in one.legal_rep.name
    assert (await state_of(api))["state"] == "facing"


@pytest.mark.shows("F050", "T36")
@pytest.mark.parametrize(
    ("index", "changed", "status", "code", "field"),
    [
        (0, {"legal_rep_name": "周启铭"}, 422, "factors_mismatched", "legal_rep_name"),
        (0, {"name": "云桥市青禾精密制造公司"}, 422, "factors_mismatched", "name"),
        (
            0,
            {"legal_rep_id_number": "11010519491231002X"},
            422,
            "factors_mismatched",
            "legal_rep_id_number",
        ),
        (4, {}, 409, "factors_not_synced", None),
        (5, {}, 409, "not_open", None),
    ],
)
async def test_each_outcome_of_the_four_factors_has_its_own_text_and_keeps_what_was_typed(
    running: Running,
    index: int,
    changed: dict[str, str],
    status: int,
    code: str,
    field: str | None,
) -> None:
    one = enterprise(index)
    api = await with_licence(running, one)
    answer = await api.post("/certification/profile", profile(one, **changed))
    assert (answer.status, answer.code) == (status, f"enterprises.{code}")
    assert answer.json["field"] == field
    case = await state_of(api)
    assert (case["state"], case["step"]) == ("filling", "profile")
    assert case["profile"]["registered_address"] == one.address  # type: ignore[index]
    assert (await api.post("/certification/face-tickets")).status == 409


@pytest.mark.shows("F050")
async def test_a_register_that_is_down_keeps_what_was_typed_and_can_be_asked_again(
    running: Running,
) -> None:
    one = enterprise()
    api = await with_licence(running, one)
    await running.sandbox.fault(
        "tencent.VerifyBizLicenseEnterprise4", "status", times=1, status=503
    )
    down = await api.post("/certification/profile", profile(one))
    assert (down.status, down.code) == (503, "enterprises.factors_down")
    case = await state_of(api)
    assert case["factors"] == "provider_down"
    assert case["profile"]["contact_email"] == "o***@example.cn"  # type: ignore[index]
    assert (await api.post("/certification/profile", profile(one))).json["state"] == "facing"


async def test_a_match_is_not_paid_for_twice(running: Running) -> None:
    one = enterprise()
    api = await with_profile(running, one)
    again = await api.post("/certification/profile", profile(one, contact_name="沈二舟"))
    assert again.json["state"] == "facing"
    assert len(await running.sandbox.calls("VerifyBizLicenseEnterprise4")) == 1


async def test_a_profile_that_changes_the_legal_representative_needs_his_face(
    running: Running,
) -> None:
    one = enterprise()
    api = await with_profile(running, one)
    await pass_face(running, api, one.legal_rep.key)
    other = profile(one, legal_rep_name="许一诺")
    refused = await api.post("/certification/profile", other)
    assert refused.code == "enterprises.factors_mismatched"
    case = await state_of(api)
    assert (case["state"], case["face"]) == ("filling", None)
    back = await api.post("/certification/profile", profile(one))
    assert (back.json["state"], back.json["step"]) == ("facing", "face")
