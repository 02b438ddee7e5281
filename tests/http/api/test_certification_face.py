"""The face check: tickets, consent, the vendor's word and nobody else's, over the API and the relay."""

import asyncio

import pytest

from server.enterprises.repository import CertificationRepository
from server.storage.encryption import FieldCipher
from tests.certifying import (
    VERSION,
    enterprise,
    pass_face,
    picture,
    profile,
    send_licence,
    start_face,
    ticket,
    walk,
    with_profile,
)
from tests.clients import ApiClient
from tests.people import register
from tests.platforms import Running
from tests.waiting import until


async def state_of(api: ApiClient, given: str) -> str:
    answer = await api.get(f"/certification/face-tickets/{given}")
    assert answer.status == 200, answer.text
    return str(answer.json["state"])


async def recorded(api: ApiClient) -> str:
    """What our own record says, without asking the vendor."""
    return str((await api.get("/certification")).json["face"]["state"])


@pytest.mark.shows("F056", "F079")
async def test_a_ticket_shows_whose_face_is_wanted_masked(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    assert given["legal_rep_name"] == "周**"
    assert given["legal_rep_id_number"] == "430102********417X"
    assert given["address"] == f"{running.url}/h/{given['ticket']}"
    assert given["state"] == "waiting"
    assert (await ticket(api))["ticket"] == given["ticket"]


@pytest.mark.shows("T09")
async def test_without_a_separate_consent_no_token_is_made(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    answer = await running.api().post(f"/certification/face-tickets/{given['ticket']}/start", {})
    assert (answer.status, answer.code) == (403, "consents.missing")
    old = {"face_version": "2020-01-01"}
    answer = await running.api().post(f"/certification/face-tickets/{given['ticket']}/start", old)
    assert (answer.status, answer.code) == (422, "consents.outdated")
    assert await running.sandbox.calls("GetEidToken") == []
    assert await running.database["consents"].count_documents({"kind": "face"}) == 0
    assert await state_of(api, given["ticket"]) == "waiting"


@pytest.mark.shows("T09")
async def test_a_consent_is_for_one_ticket_and_is_kept_with_version_time_and_address(
    running: Running,
) -> None:
    api = await with_profile(running)
    first = await ticket(api)
    assert (await start_face(running, first["ticket"])).status == 201
    second = await ticket(api, renew=True)
    answer = await running.api().post(f"/certification/face-tickets/{second['ticket']}/start", {})
    assert (answer.status, answer.code) == (403, "consents.missing")
    row = await running.database["consents"].find_one({"kind": "face"})
    assert row is not None
    assert (row["version"], row["address"]) == (VERSION, "127.0.0.1")
    assert row["given_at"] is not None


@pytest.mark.shows("F055", "F056")
async def test_the_legal_representative_passes_without_a_session(running: Running) -> None:
    api = await with_profile(running)
    await pass_face(running, api, enterprise().legal_rep.key)
    calls = await running.sandbox.calls("GetEidToken")
    assert len(calls) == 1
    assert (await api.get("/certification")).json["step"] == "submit"


@pytest.mark.shows("F056")
async def test_another_person_does_not_pass_and_may_try_again(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    started = await start_face(running, given["ticket"])
    await walk(running, started.json["token"], "lin")
    answer = await api.get(f"/certification/face-tickets/{given['ticket']}")
    assert (answer.json["state"], answer.json["failure"]) == ("failed", "not_same_person")
    assert "本人" in answer.json["message"]
    assert (await api.post("/certification/submission")).code == "enterprises.face_needed"
    again = await start_face(running, given["ticket"])
    await walk(running, again.json["token"], enterprise().legal_rep.key)
    assert await state_of(api, given["ticket"]) == "passed"


async def test_whoever_gives_up_or_does_not_finish_has_not_passed(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    started = await start_face(running, given["ticket"])
    await walk(running, started.json["token"], enterprise().legal_rep.key, "give_up")
    assert await state_of(api, given["ticket"]) == "started"
    assert (await api.post("/certification/submission")).code == "enterprises.face_needed"


@pytest.mark.shows("F054")
async def test_a_renewed_ticket_kills_the_one_before(running: Running) -> None:
    api = await with_profile(running)
    first = await ticket(api)
    started = await start_face(running, first["ticket"])
    second = await ticket(api, renew=True)
    assert second["ticket"] != first["ticket"]
    dead = await start_face(running, first["ticket"])
    assert (dead.status, dead.code) == (404, "enterprises.face_ticket_dead")
    await walk(running, started.json["token"], enterprise().legal_rep.key)
    assert (await api.get(f"/certification/face-tickets/{first['ticket']}")).status == 404
    assert await recorded(api) == "waiting"


@pytest.mark.shows("F054")
async def test_a_ticket_expires(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    running.clock.advance(seconds=599)
    assert await state_of(api, given["ticket"]) == "waiting"
    running.clock.advance(seconds=2)
    assert await state_of(api, given["ticket"]) == "expired"
    dead = await start_face(running, given["ticket"])
    assert (dead.status, dead.code) == (404, "enterprises.face_ticket_dead")
    assert (await ticket(api))["ticket"] != given["ticket"]


@pytest.mark.shows("T35")
async def test_a_walk_that_takes_601_seconds_has_timed_out(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    await start_face(running, given["ticket"])
    running.clock.advance(seconds=601)
    await running.sandbox.advance(601)

    async def has_timed_out() -> bool:
        case = (await api.get("/certification")).json
        return bool(case["face"]["failure"] == "expired")

    await until(has_timed_out)
    assert await state_of(api, given["ticket"]) == "expired"
    assert (await api.post("/certification/submission")).code == "enterprises.face_needed"


async def test_a_ticket_is_used_up_by_a_pass(running: Running) -> None:
    api = await with_profile(running)
    given = await pass_face(running, api, enterprise().legal_rep.key)
    again = await start_face(running, given["ticket"])
    assert (again.status, again.code) == (409, "enterprises.face_already_passed")
    assert (await ticket(api, renew=True))["ticket"] == given["ticket"]
    assert len(await running.sandbox.calls("GetEidToken")) == 1


@pytest.mark.shows("F056", "T35")
async def test_a_token_of_another_case_is_worth_nothing_here(running: Running) -> None:
    mine = await with_profile(running, enterprise(0))
    passed = await ticket(mine)
    token = (await start_face(running, passed["ticket"])).json["token"]
    await walk(running, token, enterprise(0).legal_rep.key)
    assert await state_of(mine, passed["ticket"]) == "passed"
    other = await with_profile(running, enterprise(3))  # the same legal representative
    given = await ticket(other)
    await start_face(running, given["ticket"])
    back = await running.browser().get(f"/h/{given['ticket']}/return?token={token}")
    assert back.status == 200
    assert await state_of(other, given["ticket"]) == "started"
    await _smuggle(running, other, token)
    assert await state_of(other, given["ticket"]) == "failed"
    assert (await other.post("/certification/submission")).code == "enterprises.face_needed"


async def _smuggle(running: Running, api: ApiClient, token: str) -> None:
    """Put another case's passed token into this case's record, as no door allows."""
    keys = running.settings.encryption
    cipher = FieldCipher(
        {n: bytes.fromhex(key.get_secret_value()) for n, key in keys.keys.items()},
        keys.active_key,
        bytes.fromhex(keys.index_key.get_secret_value()),
    )
    case_id = (await api.get("/certification")).json["certification_id"]
    sealed = cipher.seal(token, "certifications.face.token")
    await running.database["certifications"].update_one(
        {"_id": case_id}, {"$set": {"face.token": sealed}}
    )
    case = await CertificationRepository(running.database, cipher).get(case_id)
    assert case.face is not None and case.face.token == token


async def test_somebody_elses_ticket_is_not_found(running: Running) -> None:
    mine = await with_profile(running)
    given = await ticket(mine)
    stranger = await register(running)
    answer = await stranger.get(f"/certification/face-tickets/{given['ticket']}")
    assert (answer.status, answer.code) == (404, "enterprises.face_ticket_dead")
    assert (await stranger.get("/certification")).status == 404
    assert (await stranger.get("/certification/licence")).status == 404


@pytest.mark.shows("F054")
async def test_whoever_closes_the_page_after_the_check_is_not_lost(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    started = await start_face(running, given["ticket"])
    await walk(running, started.json["token"], enterprise().legal_rep.key)

    async def has_passed() -> bool:
        return await recorded(api) == "passed"

    await until(has_passed)


@pytest.mark.shows("T35")
async def test_errors_while_asking_are_no_failure_of_the_case(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    started = await start_face(running, given["ticket"])
    await running.sandbox.fault("tencent.CheckEidTokenStatus", "status", times=12, status=503)

    async def asked_in_vain() -> bool:
        return len(await running.sandbox.calls("CheckEidTokenStatus")) >= 6

    await until(asked_in_vain, 15)
    assert await recorded(api) == "started"
    await walk(running, started.json["token"], enterprise().legal_rep.key)

    async def has_passed() -> bool:
        return await recorded(api) == "passed"

    await until(has_passed, 30)


async def test_a_vendor_that_is_down_at_the_start_leaves_the_ticket_alive(
    running: Running,
) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    await running.sandbox.fault("tencent.GetEidToken", "status", times=3, status=503)
    down = await start_face(running, given["ticket"])
    assert (down.status, down.code) == (503, "providers.unavailable")
    assert (await start_face(running, given["ticket"])).status == 201


async def test_checks_are_counted_for_a_case(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    for _ in range(10):
        assert (await start_face(running, given["ticket"])).status == 201
    answer = await start_face(running, given["ticket"])
    assert (answer.status, answer.code) == (429, "enterprises.face_too_often")
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_ticket_is_only_for_a_case_that_waits_for_a_face(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    await send_licence(api, picture(enterprise()))
    dead = await start_face(running, given["ticket"])
    assert (dead.status, dead.code) == (404, "enterprises.face_ticket_dead")
    await api.post("/certification/profile", profile(enterprise()))
    assert (await ticket(api))["ticket"] != given["ticket"]


async def test_two_processes_ask_about_a_walk_as_one(running: Running) -> None:
    api = await with_profile(running)
    given = await ticket(api)
    await start_face(running, given["ticket"])
    faces = running.platform.services.face_checks
    before = len(await running.sandbox.calls("CheckEidTokenStatus"))
    await asyncio.gather(*(faces.ask_open() for _ in range(20)))
    assert len(await running.sandbox.calls("CheckEidTokenStatus")) <= before + 2
