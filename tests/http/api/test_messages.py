"""The inbox over the API."""

from uuid import uuid4

import pytest

from server.core.events import Event
from server.core.ids import new_id
from server.messages.kinds import MessageKind
from tests.clients import ApiClient
from tests.people import new_phone, register
from tests.platforms import Running
from tests.waiting import until


async def tell(running: Running, client: ApiClient, number: int = 1) -> Event:
    """Tell the client's account that its application was submitted."""
    event = Event(
        id=new_id(), name="applications.submitted", at=running.clock(), subject_id=new_id()
    )
    account_id = (await client.get("/me")).json["account_id"]
    facts = {"case_no": f"RQ20261120{number:06d}"}
    messages = running.platform.services.messages
    await messages.notify(event, MessageKind.APPLICATION_SUBMITTED, account_id, facts)
    return event


@pytest.mark.shows("F073")
async def test_what_is_unread_is_counted_and_all_is_read_at_once(running: Running) -> None:
    client = await register(running)
    assert (await client.get("/messages/unread")).json == {"unread": 0}
    for number in range(3):
        await tell(running, client, number)
    assert (await client.get("/messages/unread")).json == {"unread": 3}
    for _ in range(2):
        assert (await client.post("/messages/read-all")).status == 204
        assert (await client.get("/messages/unread")).json == {"unread": 0}
    listed = (await client.get("/messages")).json["items"]
    assert [message["is_read"] for message in listed] == [True] * 3


@pytest.mark.shows("F073")
async def test_a_message_is_read_by_itself_and_leads_to_its_case(running: Running) -> None:
    client = await register(running)
    event = await tell(running, client)
    await tell(running, client)
    message = (await client.get("/messages")).json["items"][-1]
    assert message["kind"] == "application_submitted"
    assert message["link"] == f"/applications/{event.subject_id}"
    for _ in range(2):
        assert (await client.post(f"/messages/{message['message_id']}/read")).status == 204
    assert (await client.get("/messages/unread")).json == {"unread": 1}


async def test_messages_come_newest_first_a_part_at_a_time(running: Running) -> None:
    client = await register(running)
    for number in range(5):
        await tell(running, client, number)
        running.clock.advance(seconds=1)
    texts: list[str] = []
    cursor: str | None = ""
    parts = 0
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        answer = (await client.get("/messages", size="2", **more)).json
        texts += [message["text"] for message in answer["items"]]
        cursor, parts = answer["next_cursor"], parts + 1
    assert parts == 3
    assert [text.split()[1][-1] for text in texts] == ["4", "3", "2", "1", "0"]


async def test_another_persons_message_is_not_found_and_stays_unread(running: Running) -> None:
    owner, stranger = await register(running), await register(running)
    await tell(running, owner)
    [message] = (await owner.get("/messages")).json["items"]
    answer = await stranger.post(f"/messages/{message['message_id']}/read")
    assert (answer.status, answer.code) == (404, "messages.not_found")
    assert (await stranger.get("/messages")).json["items"] == []
    await stranger.post("/messages/read-all")
    assert (await owner.get("/messages/unread")).json == {"unread": 1}


@pytest.mark.parametrize("path", ["/messages", "/messages/unread"])
async def test_the_inbox_is_closed_to_strangers(running: Running, path: str) -> None:
    answer = await running.api().get(path)
    assert (answer.status, answer.code) == (401, "accounts.login_needed")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"size": "0"}, "core.fields_invalid"),
        ({"size": "51"}, "core.fields_invalid"),
        ({"cursor": "not-a-cursor"}, "core.cursor_broken"),
        ({"page": "2"}, "core.fields_invalid"),
    ],
)
async def test_a_list_that_can_not_be_is_refused(
    running: Running, query: dict[str, str], code: str
) -> None:
    answer = await (await register(running)).get("/messages", **query)
    assert (answer.status, answer.code) == (422, code)


async def test_an_sms_leaves_by_itself_soon_after_the_news(running: Running) -> None:
    phone = new_phone()
    client = await register(running, phone)
    await tell(running, client)

    async def has_arrived() -> bool:
        texts = [message["text"] for message in await running.sandbox.inbox(phone)]
        return any("RQ20261120000001" in text for text in texts)

    await until(has_arrived)


async def test_reading_what_never_was_is_not_found(running: Running) -> None:
    client = await register(running)
    answer = await client.post(f"/messages/{new_id()}/read", key=uuid4().hex)
    assert (answer.status, answer.code) == (404, "messages.not_found")
