"""Certification over the API: agreement, licence, look-up, profile, four factors, submission."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from server.core.actor import Surface
from server.core.clock import SHANGHAI
from server.core.ids import new_id
from server.enterprises.enterprise import CertificationNeeded
from tests.certifying import (
    VERSION,
    agree,
    applicant,
    certified,
    enterprise,
    pass_face,
    picture,
    profile,
    reviewer,
    send_licence,
    staff,
    submitted,
    with_licence,
    with_profile,
)
from tests.clients import ApiClient
from tests.platforms import Running


async def state_of(api: ApiClient) -> dict[str, object]:
    answer = await api.get("/certification")
    assert answer.status == 200, answer.text
    found: dict[str, object] = answer.json
    return found


@pytest.mark.shows("F044")
async def test_the_whole_way_to_a_certified_enterprise(running: Running) -> None:
    one = enterprise()
    api = await applicant(running)
    assert (await api.get("/certification")).code == "enterprises.certification_not_found"
    assert (await agree(api)).json["step"] == "licence"
    assert (await send_licence(api, picture(one))).json["step"] == "profile"
    saved = await api.post("/certification/profile", profile(one))
    assert (saved.json["state"], saved.json["step"]) == ("facing", "face")
    await pass_face(running, api, one.legal_rep.key)
    assert (await state_of(api))["step"] == "submit"
    sent = await api.post("/certification/submission")
    assert (sent.json["state"], sent.json["step"], sent.json["round"]) == (
        "reviewing",
        "review",
        1,
    )
    decided = await (await reviewer(running)).decide(sent.json["certification_id"], "approve")
    assert decided.json["state"] == "approved"
    assert (await state_of(api))["step"] == "done"


@pytest.mark.shows("F045")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"version": VERSION, "read_to_end": False, "read_seconds": 60}, "consents.read_too_fast"),
        ({"version": VERSION, "read_to_end": True, "read_seconds": 4}, "consents.read_too_fast"),
        ({"version": "2020-01-01", "read_to_end": True, "read_seconds": 9}, "consents.outdated"),
    ],
)
async def test_an_agreement_that_was_not_read_is_not_one(
    running: Running, body: dict[str, object], code: str
) -> None:
    api = await applicant(running)
    answer = await api.post("/certification/agreement", body)
    assert (answer.status, answer.code) == (422, code)
    assert await running.database["certifications"].count_documents({}) == 0
    assert await running.database["consents"].count_documents({"kind": "certification"}) == 0


@pytest.mark.shows("F045")
async def test_version_time_and_address_of_the_agreement_are_kept(running: Running) -> None:
    api = await applicant(running)
    case = (await agree(api)).json
    row = await running.database["consents"].find_one({"kind": "certification"})
    assert row is not None
    assert (row["version"], row["subject_id"], row["read_seconds"]) == (
        VERSION,
        case["certification_id"],
        9,
    )
    assert row["address"] == "127.0.0.1"


async def test_no_step_can_be_skipped(running: Running) -> None:
    api = await applicant(running)
    assert (await send_licence(api, picture(enterprise()))).status == 404
    await agree(api)
    early = await api.post("/certification/profile", profile(enterprise()))
    assert (early.status, early.code) == (409, "enterprises.step_missing")
    assert (await api.post("/certification/face-tickets")).code == "enterprises.move_illegal"
    assert (await api.post("/certification/submission")).code == "enterprises.move_illegal"
    assert (await state_of(api))["step"] == "licence"


@pytest.mark.shows("F046")
async def test_the_licence_fills_the_form_and_fixes_the_credit_code(running: Running) -> None:
    one = enterprise()
    api = await applicant(running)
    await agree(api)
    case = (await send_licence(api, picture(one))).json
    values = case["licence"]["values"]
    assert values["uscc"] == one.uscc
    assert values["name"] == one.name
    assert values["legal_rep_name"] == one.legal_rep.name
    assert values["registered_capital_fen"] == "1200000000"
    assert values["established_on"] == one.established_on.isoformat()
    assert case["uscc_fixed"] is True
    other = await api.post("/certification/profile", profile(one, uscc=enterprise(1).uscc))
    assert (other.status, other.code, other.json["field"]) == (
        422,
        "enterprises.uscc_fixed",
        "uscc",
    )
    assert (await state_of(api))["profile"] == {}


@pytest.mark.shows("F046")
@pytest.mark.parametrize(("warning", "word"), [(-9102, "复印件"), (-9104, "翻拍")])
async def test_what_the_reader_found_odd_is_said(running: Running, warning: int, word: str) -> None:
    api = await applicant(running)
    await agree(api)
    case = (await send_licence(api, picture(enterprise(), warnings=(warning,)))).json
    assert any(word in sentence for sentence in case["licence"]["warnings"])
    assert case["step"] == "profile"


@pytest.mark.shows("F046")
async def test_what_was_edited_after_reading_is_marked_for_the_reviewer(running: Running) -> None:
    one = enterprise()
    api = await with_licence(running, one)
    changed = profile(one, registered_address="云桥市雨花区青禾路18号3栋201室")
    answer = await api.post("/certification/profile", changed)
    edited = {source["field"] for source in answer.json["sources"] if source["edited"]}
    assert edited == {"registered_address"}
    await pass_face(running, api, one.legal_rep.key)
    sent = await api.post("/certification/submission")
    seen = await (await staff(running)).get(f"/reviews/{sent.json['certification_id']}")
    assert seen.json["edited"] == ["registered_address"]


async def test_a_licence_that_cannot_be_read_is_kept_and_the_code_typed(running: Running) -> None:
    one = enterprise()
    api = await applicant(running)
    await agree(api)
    case = (await send_licence(api, picture(one, blurred=True))).json
    assert case["has_licence"] and not case["uscc_fixed"]
    assert case["licence"]["warnings"]
    assert (await api.post("/certification/profile", profile(one))).status == 200


async def test_a_reader_that_is_down_costs_the_person_nothing(running: Running) -> None:
    one = enterprise()
    api = await applicant(running)
    await agree(api)
    await running.sandbox.fault("tencent.BizLicenseOCR", "status", times=1, status=503)
    case = (await send_licence(api, picture(one))).json
    assert case["has_licence"] is True
    assert "识别服务" in case["licence"]["warnings"][0]
    again = await api.post("/certification/licence/reading")
    assert again.json["licence"]["values"]["uscc"] == one.uscc
    assert again.json["uscc_fixed"] is True


@pytest.mark.shows("F047")
async def test_a_licence_is_deleted_and_replaced_and_the_old_one_is_out_of_reach(
    running: Running,
) -> None:
    api = await with_licence(running)
    assert (await api.get("/certification/licence")).body[:2] == b"\xff\xd8"
    first = await running.database["files"].find_one({})
    assert first is not None
    assert (await api.delete("/certification/licence")).status == 204
    gone = await api.get("/certification/licence")
    assert (gone.status, gone.code) == (404, "files.not_found")
    assert await running.database["blobs"].count_documents({}) == 0
    assert (await state_of(api))["step"] == "licence"
    await send_licence(api, picture(enterprise(1)))
    await send_licence(api, picture(enterprise(2)))
    assert await running.database["blobs"].count_documents({}) == 1
    assert await running.database["blob_chunks"].count_documents({}) >= 1
    removed = running.database["audit"].find({"deed": "files.removed"})
    assert first["_id"] in [row["subject_id"] async for row in removed]
    assert await running.database["files"].count_documents({"removed_at": None}) == 1


@pytest.mark.shows("F048")
async def test_the_register_fills_fields_with_source_and_time(running: Running) -> None:
    one = enterprise(1)
    api = await with_licence(running, one)
    answer = await api.post("/certification/lookup", {"uscc": one.uscc.lower()})
    assert answer.status == 200, answer.text
    assert answer.json["values"]["registered_address"] == one.address
    assert answer.json["values"]["registration_status"] == "open"
    assert answer.json["source"].startswith("tencent")
    sources = (await api.post("/certification/profile", profile(one))).json["sources"]
    by_field = {source["field"]: source for source in sources}
    assert by_field["registration_status"]["kind"] == "register"
    assert by_field["registration_status"]["at"] == answer.json["at"]
    assert by_field["name"]["kind"] == "licence"
    assert by_field["contact_email"]["kind"] == "typed"


async def test_a_register_that_knows_nothing_or_is_down_keeps_the_case_as_it_was(
    running: Running,
) -> None:
    api = await with_licence(running)
    silent = await api.post("/certification/lookup", {"uscc": enterprise(4).uscc})
    assert (silent.status, silent.code) == (404, "enterprises.register_silent")
    await running.sandbox.fault("tencent.QueryEnterpriseBasicInfo", "status", times=1, status=503)
    down = await api.post("/certification/lookup", {"uscc": enterprise().uscc})
    assert (down.status, down.code) == (503, "providers.unavailable")
    assert (await state_of(api))["register_facts"] is None


async def test_an_enterprise_is_certified_once(running: Running) -> None:
    await certified(running, enterprise(2))
    api = await with_licence(running, enterprise(2))
    answer = await api.post("/certification/profile", profile(enterprise(2)))
    assert (answer.status, answer.code) == (409, "enterprises.uscc_claimed")
    assert (await state_of(api))["profile"] == {}


@pytest.mark.shows("F062", "T41")
async def test_a_submission_promises_a_working_day_and_is_sent_once(running: Running) -> None:
    one = enterprise()
    api = await with_profile(running, one)
    await pass_face(running, api, one.legal_rep.key)
    answers = await asyncio.gather(
        *(api.post("/certification/submission", key="one-tap-or-two") for _ in range(3))
    )
    assert {answer.status for answer in answers} <= {201, 409}
    again = await api.post("/certification/submission", key="another-key")
    assert (again.status, again.code) == (409, "enterprises.move_illegal")
    case = await state_of(api)
    assert case["round"] == 1
    due_at = datetime.fromisoformat(str(case["due_at"]))
    sent_at = datetime.fromisoformat(str(case["submitted_at"]))
    assert due_at.astimezone(SHANGHAI).strftime("%H:%M") == "17:30"
    assert sent_at < due_at < datetime.now(UTC) + timedelta(days=12)


async def test_nobody_submits_without_the_face(running: Running) -> None:
    api = await with_profile(running)
    answer = await api.post("/certification/submission")
    assert (answer.status, answer.code) == (409, "enterprises.face_needed")
    assert (await state_of(api))["state"] == "facing"


@pytest.mark.shows("F043")
async def test_whoever_is_not_certified_is_told_where_to_go(running: Running) -> None:
    path = f"/products/{new_id()}/applications"
    for api in (await applicant(running), await with_profile(running)):
        answer = await api.post(path, {})
        assert (answer.status, answer.code) == (403, "enterprises.need_cert")
        assert answer.json["facts"]["go_to"] == "/certification"
    assert (await (await certified(running)).post(path, {})).status == 422
    assert await running.database["applications"].count_documents({}) == 0


@pytest.mark.shows("F043", "F064")
async def test_an_approval_opens_the_gate_at_once_in_every_session(running: Running) -> None:
    api, case_id = await submitted(running)
    services = running.platform.services
    token = api.token or ""

    async def is_open() -> bool:
        actor = await services.sessions.find_actor(token, surface=Surface.API, address="")
        assert actor is not None
        try:
            await services.enterprises.must_be_certified(actor)
        except CertificationNeeded as refusal:
            assert refusal.facts["go_to"] == "/certification"
            return False
        return True

    assert not await is_open()
    decided = await (await reviewer(running)).decide(case_id, "approve")
    assert decided.status == 200
    assert await is_open()


@pytest.mark.shows("T15")
async def test_no_person_is_in_clear_in_the_database(running: Running) -> None:
    one = enterprise()
    await certified(running, one)
    secrets = (
        one.legal_rep.name,
        one.legal_rep.id_number,
        one.legal_rep.phone,
        "沈一舟",
        "office@example.cn",
    )
    for name in await running.database.collection_names():
        async for document in running.database[name].find({}):
            text = str(document)
            assert not [secret for secret in secrets if secret in text], name


@pytest.mark.shows("F079", "T16")
async def test_persons_are_masked_in_the_answers(running: Running) -> None:
    one = enterprise()
    api, case_id = await submitted(running, one)
    mine = (await state_of(api))["profile"]
    assert mine["legal_rep_id_number"] == "430102********417X"  # type: ignore[index]
    assert mine["legal_rep_phone"] == "199****1001"  # type: ignore[index]
    seen = await (await staff(running)).get(f"/reviews/{case_id}")
    assert one.legal_rep.id_number not in seen.text
    assert one.legal_rep.name not in seen.text
