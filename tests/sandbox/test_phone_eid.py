"""The walk through E证通 on a person's phone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.eid import EidCode, EidState, EidToken
from sandbox.state import State
from sandbox.world import Person
from tests.sandbox.phones import PhoneClient, phone_client, token_for


@pytest_asyncio.fixture
async def phone(state: State) -> AsyncIterator[PhoneClient]:
    async with phone_client(state) as client:
        yield client


@pytest.fixture
def token(state: State, person: Person) -> EidToken:
    """For zhou, the first of the world."""
    return token_for(state, person)


async def to_the_face(phone: PhoneClient, token: str, person: str) -> None:
    status, page = await phone.get(f"/__eid?token={token}", on=person)
    assert status == 200
    assert "checked" not in page
    answer = await phone.post("/__eid", on=person, token=token, agree="on")
    assert answer == (303, f"/__eid/authorise?token={token}")
    assert (await phone.get(answer[1], on=person))[0] == 200
    answer = await phone.post("/__eid/authorise", on=person, token=token)
    assert answer == (303, f"/__eid/face?token={token}")
    assert (await phone.get(answer[1], on=person))[0] == 200


async def show_face(
    phone: PhoneClient, token: str, person: str, outcome: str = "pass"
) -> tuple[int, str]:
    return await phone.post("/__eid/face", on=person, token=token, outcome=outcome)


@pytest.mark.shows("F055")
async def test_the_right_person_passes_and_returns_on_his_own_origin(
    phone: PhoneClient, token: EidToken
) -> None:
    await to_the_face(phone, token.token, "zhou")
    assert phone.state.eid.status(token.token).state is EidState.DOING
    status, location = await show_face(phone, token.token, "zhou")
    assert status == 303
    back = f"http://zhou.localhost:{phone.state.port}/certify/back?state=1&token={token.token}"
    assert location == back
    row = phone.state.eid.status(token.token)
    assert (row.state, row.code) == (EidState.FINISHED, EidCode.OK)


async def test_somebody_else_does_not_pass_however_he_presses(
    phone: PhoneClient, token: EidToken
) -> None:
    await to_the_face(phone, token.token, "lin")
    await show_face(phone, token.token, "lin")
    assert phone.state.eid.status(token.token).code is EidCode.NOT_SAME_PERSON


async def test_the_right_person_may_show_another_face(phone: PhoneClient, token: EidToken) -> None:
    await to_the_face(phone, token.token, "zhou")
    status, _ = await show_face(phone, token.token, "zhou", "not_same_person")
    assert status == 303
    assert phone.state.eid.status(token.token).code is EidCode.NOT_SAME_PERSON


async def test_giving_up_leaves_the_check_unfinished_and_it_can_be_taken_up_again(
    phone: PhoneClient, token: EidToken
) -> None:
    await to_the_face(phone, token.token, "zhou")
    status, location = await show_face(phone, token.token, "zhou", "give_up")
    assert (status, location) == (303, f"/__eid/given-up?token={token.token}")
    _, page = await phone.get(location, on="zhou")
    assert "已放弃认证" in page
    assert phone.state.eid.status(token.token).code is EidCode.UNFINISHED
    await to_the_face(phone, token.token, "zhou")
    await show_face(phone, token.token, "zhou")
    assert phone.state.eid.status(token.token).code is EidCode.OK


async def test_nobody_goes_on_without_the_tick(phone: PhoneClient, token: EidToken) -> None:
    await phone.get(f"/__eid?token={token.token}", on="zhou")
    status, page = await phone.post("/__eid", on="zhou", token=token.token)
    assert status == 422
    assert "请先阅读并勾选同意" in page
    assert not phone.state.eid.status(token.token).consented


async def test_the_face_comes_after_the_consent(phone: PhoneClient, token: EidToken) -> None:
    await phone.get(f"/__eid?token={token.token}", on="zhou")
    answer = await show_face(phone, token.token, "zhou")
    assert answer == (303, f"/__eid?token={token.token}")
    assert phone.state.eid.status(token.token).state is EidState.DOING


async def test_one_person_does_not_finish_what_another_began(
    phone: PhoneClient, token: EidToken
) -> None:
    await to_the_face(phone, token.token, "lin")
    answer = await show_face(phone, token.token, "zhou")
    assert answer == (303, f"/__eid?token={token.token}")
    assert phone.state.eid.status(token.token).state is EidState.DOING


async def test_an_expired_a_finished_and_an_unknown_check_each_say_so(
    phone: PhoneClient, token: EidToken
) -> None:
    assert (await phone.get("/__eid?token=none", on="zhou"))[0] == 404
    assert (await phone.get("/eid?token=none"))[0] == 404
    await to_the_face(phone, token.token, "zhou")
    await show_face(phone, token.token, "zhou")
    _, page = await phone.get(f"/__eid?token={token.token}", on="zhou")
    assert "认证已完成" in page
    other = phone.state.eid.create("0NSJ-sandbox", "周启明", "x" * 18, "", "")
    phone.state.clock.advance(601)
    _, page = await phone.get(f"/__eid?token={other.token}", on="zhou")
    assert "认证已过期" in page


async def test_after_three_failures_the_link_is_used_up(
    phone: PhoneClient, token: EidToken
) -> None:
    for _ in range(3):
        await to_the_face(phone, token.token, "lin")
        await show_face(phone, token.token, "lin")
    _, page = await phone.get(f"/__eid?token={token.token}", on="lin")
    assert "次数已用完" in page
    assert phone.state.eid.status(token.token).code is EidCode.RETRY_LIMIT


async def test_a_check_without_a_way_back_ends_on_a_page_of_its_own(
    phone: PhoneClient, person: Person
) -> None:
    row = phone.state.eid.create("0NSJ-sandbox", person.name, person.id_number, "", "")
    await to_the_face(phone, row.token, person.key)
    _, location = await show_face(phone, row.token, person.key)
    _, page = await phone.get(location, on=person.key)
    assert "认证完成" in page


async def test_outside_a_phone_the_check_asks_whose_phone(
    phone: PhoneClient, token: EidToken
) -> None:
    _, page = await phone.get(f"/eid?token={token.token}")
    assert "用谁的手机认证" in page
    assert f"/phone?person=zhou&amp;open=%2F__eid%3Ftoken%3D{token.token}" in page
    assert phone.state.eid.status(token.token).state is EidState.INIT
