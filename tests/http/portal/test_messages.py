"""消息 in the portal."""

import re

import pytest

from server.core.events import Event
from server.core.ids import new_id
from server.messages.kinds import MessageKind
from tests.clients import PageClient, visible
from tests.people import VERSIONS, new_phone
from tests.platforms import Running

_LINK = re.compile(r'href="(/messages/[0-9a-z]{26})"')


async def sign_up(running: Running) -> tuple[PageClient, str]:
    """Somebody who has registered in his browser, and his account's id."""
    browser, phone = running.browser(), new_phone()
    await browser.post("/login/code", {"phone": phone, "page": "register"})
    fields = {
        "phone": phone,
        "code": await running.sandbox.code(phone),
        "accept_terms": VERSIONS["terms_version"],
        "accept_privacy": VERSIONS["privacy_version"],
    }
    answer = await browser.post("/register", fields)
    assert answer.status == 303, visible(answer)
    account = await running.database["accounts"].find_one({}, sort=[("created_at", -1)])
    assert account is not None
    return browser, str(account["_id"])


async def tell(running: Running, account_id: str, reason: str = "图片不清晰") -> Event:
    """Tell the account that its certification was returned."""
    event = Event(
        id=new_id(),
        name="enterprises.certification_returned",
        at=running.clock(),
        subject_id=new_id(),
    )
    messages = running.platform.services.messages
    kind = MessageKind.CERTIFICATION_RETURNED
    await messages.notify(event, kind, account_id, {"reason": reason})
    return event


@pytest.mark.shows("F073")
async def test_messages_stand_by_day_with_their_dots_until_all_are_read(running: Running) -> None:
    browser, account_id = await sign_up(running)
    await tell(running, account_id)
    running.clock.advance(days=1)
    await tell(running, account_id, "请上传<b>清晰</b>的图片")
    page = await browser.get("/messages")
    assert page.status == 200
    words = visible(page)
    assert words.index("今天") < words.index("昨天")
    assert "2 条未读" in words
    assert page.text.count("is-unread") == 2
    assert "<b>清晰</b>" not in page.text
    answer = await browser.post("/messages/read-all")
    after = await browser.follow(answer)
    assert "条未读" not in visible(after).replace("0 条未读", "")
    assert "is-unread" not in after.text


@pytest.mark.shows("F073")
async def test_a_message_leads_to_its_case_and_is_read_by_that(running: Running) -> None:
    browser, account_id = await sign_up(running)
    await tell(running, account_id)
    [link] = _LINK.findall((await browser.get("/messages")).text)
    opened = await browser.get(link)
    assert (opened.status, opened.headers["Location"]) == (303, "/certification")
    assert "is-unread" not in (await browser.get("/messages")).text


async def test_an_empty_inbox_says_what_will_be_there(running: Running) -> None:
    browser, _ = await sign_up(running)
    page = await browser.get("/messages")
    assert "暂时没有消息" in visible(page)
    assert "/messages/read-all" not in page.text


async def test_another_persons_message_can_not_be_opened(running: Running) -> None:
    owner, account_id = await sign_up(running)
    await tell(running, account_id)
    [link] = _LINK.findall((await owner.get("/messages")).text)
    stranger, _ = await sign_up(running)
    assert (await stranger.get(link)).status == 404
    assert "is-unread" in (await owner.get("/messages")).text


async def test_a_stranger_is_sent_to_log_in_and_back_to_his_message(running: Running) -> None:
    answer = await running.browser().get(f"/messages/{'0' * 26}")
    assert answer.status == 303
    assert answer.headers["Location"] == f"/login?next=/messages/{'0' * 26}"


async def test_a_page_number_that_can_not_be_is_the_first_page(running: Running) -> None:
    browser, _ = await sign_up(running)
    assert (await browser.get("/messages?page=0")).status == 200
    assert (await browser.get("/messages?page=9999999")).status == 200
