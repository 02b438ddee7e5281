"""Every state with every deed, by the doors: legal ones move, all others are refused and change nothing."""

from collections.abc import Mapping

import pytest

from server.applications.state import MOVES, ApplicationState, Deed
from tests.borrowing import Case, case, certified, counter, wanted
from tests.clients import Answer
from tests.platforms import Running

WAYS: Mapping[ApplicationState, tuple[Deed, ...]] = {
    ApplicationState.SUBMITTED: (),
    ApplicationState.REFERRED_BACK: (Deed.REFERRED_BACK,),
    ApplicationState.ACCEPTED: (Deed.ACCEPTED,),
    ApplicationState.CREDITED: (Deed.ACCEPTED, Deed.CREDITED),
    ApplicationState.LENT: (Deed.ACCEPTED, Deed.CREDITED, Deed.LENT),
    ApplicationState.DECLINED: (Deed.DECLINED,),
    ApplicationState.WITHDRAWN: (Deed.WITHDRAWN,),
    ApplicationState.CLOSED: (Deed.ACCEPTED, Deed.CREDITED, Deed.CLOSED),
}
DOORS: Mapping[Deed, str] = {
    Deed.ACCEPTED: "accept",
    Deed.REFERRED_BACK: "refer-back",
    Deed.DECLINED: "decline",
    Deed.CREDITED: "credit",
    Deed.LENT: "loans",
    Deed.CLOSED: "close",
}


async def do(one: Case, deed: Deed) -> Answer:
    if deed is Deed.WITHDRAWN:
        return await one.applicant.post(f"/applications/{one.id}/withdraw")
    if deed is Deed.RESUBMITTED:
        return await one.applicant.post(f"/applications/{one.id}/resubmit", wanted())
    return await one.do(DOORS[deed])


@pytest.mark.shows("F115", "F174")
@pytest.mark.parametrize("state", list(ApplicationState))
async def test_from_each_state_only_the_tables_moves_are_possible(
    running: Running, state: ApplicationState
) -> None:
    at, api = await counter(running), await certified(running)
    applications = running.database["applications"]

    async def arrive() -> Case:
        await applications.delete_many({})
        one = await case(running, api, at)
        for deed in WAYS[state]:
            assert (await do(one, deed)).status < 300
        return one

    one = await arrive()
    before = await applications.find_one({"_id": one.id}, {"pending": 0})
    assert before is not None and before["state"] == state
    for deed in MOVES:
        if state not in MOVES[deed]:
            refused = await do(one, deed)
            assert (refused.status, refused.code) == (409, "applications.move_refused"), deed
            assert refused.json["facts"]["state"] == state
            assert await applications.find_one({"_id": one.id}, {"pending": 0}) == before
    for deed in MOVES:
        if state in MOVES[deed]:
            moved = await do(one, deed)
            assert moved.status < 300, (deed, moved.text)
            assert moved.json["state"] == MOVES[deed][state]
            one = await arrive()
