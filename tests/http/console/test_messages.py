"""What staff are told: the bell, the list, and the way to the case."""

import pytest

from server.core.actor import Role
from tests.borrowing import apply, certified, counter, enterprise
from tests.clients import visible
from tests.http.console.desks import Member, at_work
from tests.platforms import Running
from tests.waiting import until


async def told_officer(running: Running) -> tuple[Member, str]:
    """An officer to whose branch an application has come, and its id."""
    at = await counter(running)
    officer = await at_work(running, Role.OFFICER, at.institution, at.branch)
    answer = await apply(await certified(running, enterprise(0)), at)
    assert answer.status == 201, answer.text

    async def has_come() -> bool:
        query = {"account_id": officer.account_id}
        return bool(await running.database["messages"].count_documents(query))

    await until(has_come)
    return officer, str(answer.json["application_id"])


@pytest.mark.shows("F073")
async def test_an_officer_is_told_of_a_new_case_and_led_to_it(running: Running) -> None:
    officer, case_id = await told_officer(running)
    page = await officer.browser.get("/console/messages")
    assert "新的融资申请待受理" in visible(page) and 'aria-label="消息，1 条未读"' in page.text
    message = await running.database["messages"].find_one({"account_id": officer.account_id})
    assert message is not None
    answer = await officer.browser.get(f"/console/messages/{message['_id']}")
    assert answer.headers["Location"] == f"/console/applications/{case_id}"
    assert 'aria-label="消息，0 条未读"' in (await officer.browser.get("/console/messages")).text


async def test_all_dots_go_out_at_once(running: Running) -> None:
    officer, _ = await told_officer(running)
    answer = await officer.browser.post("/console/messages/read-all")
    page = await officer.browser.follow(answer)
    assert "全部消息已标为已读" in visible(page) and "条未读" not in visible(page)


async def test_somebody_elses_message_is_not_found(running: Running) -> None:
    officer, _ = await told_officer(running)
    message = await running.database["messages"].find_one({"account_id": officer.account_id})
    assert message is not None
    other = await at_work(running, Role.REVIEWER)
    assert (await other.browser.get(f"/console/messages/{message['_id']}")).status == 404
    unread = {"account_id": officer.account_id, "unread": True}
    assert await running.database["messages"].count_documents(unread) == 1
