"""Pushes of the official account, read and answered with wechatpy as the independent other side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox.state import State
from sandbox.wechat.crypto import NotGenuine, SafeMode
from sandbox.wechat.pushing import OUT_OF_ORDER
from tests.sandbox.wechat_server import AES_KEY, APP_ID, Caller, Inbox, caller_of, server_of
from tests.waiting import until


@pytest_asyncio.fixture
async def inbox(state: State) -> AsyncIterator[Inbox]:
    async with server_of(state) as inbox:
        yield inbox


@pytest_asyncio.fixture
async def caller(state: State) -> AsyncIterator[Caller]:
    async with caller_of(state) as caller:
        yield caller


def texts(chat: Any) -> list[tuple[str, str, bool]]:
    return [(one["kind"], one["text"], one["mine"]) for one in chat["messages"]]


async def test_a_new_follower_is_an_event_and_the_reply_stands_in_the_chat(
    inbox: Inbox, caller: Caller
) -> None:
    inbox.words = "欢迎关注 <融桥> & 您好"
    outcome = await caller.push("zhou", "subscribe")
    assert (outcome["pushed"], outcome["attempts"], outcome["status"]) == ("subscribe", 1, 200)
    (event,) = inbox.messages
    assert (event.event, event.source) == ("subscribe", outcome["openid"])
    chat = await caller.chat("zhou")
    assert chat["following"]
    assert texts(chat) == [("text", "欢迎关注 <融桥> & 您好", False)]


async def test_following_by_a_scan_tells_the_scene(inbox: Inbox, caller: Caller) -> None:
    asked = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "bind:7"}}}
    code = await caller.call("qrcode/create", {**asked, "expire_seconds": 600})
    await caller.push("zhou", "scan", content=code["url"])
    await caller.push("zhou", "scan", content=code["url"])
    first, second = inbox.messages
    assert (first.event, first.scene_id) == ("subscribe_scan", "bind:7")
    assert (second.event, second.scene_id) == ("scan", "bind:7")
    assert first.ticket == second.ticket == code["ticket"]


async def test_a_qr_code_that_expired_does_nothing(
    state: State, inbox: Inbox, caller: Caller
) -> None:
    asked = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "a"}}}
    code = await caller.call("qrcode/create", asked)
    assert code["expire_seconds"] == 60
    state.clock.advance(61)
    refused = await caller.push("zhou", "scan", content=code["url"])
    assert refused["status"] == 400
    assert inbox.messages == []
    assert not (await caller.chat("zhou"))["following"]


async def test_leaving_is_an_event_and_takes_the_chat_along(inbox: Inbox, caller: Caller) -> None:
    await caller.push("zhou", "subscribe")
    await caller.push("zhou", "text", content="你好")
    await caller.push("zhou", "unsubscribe")
    assert inbox.messages[-1].event == "unsubscribe"
    chat = await caller.chat("zhou")
    assert (chat["following"], chat["messages"]) == (False, [])


async def test_menu_taps_are_told(inbox: Inbox, caller: Caller) -> None:
    await caller.push("zhou", "subscribe")
    await caller.push("zhou", "click", key="HELP")
    await caller.push("zhou", "view", url="http://127.0.0.1/products")
    click, view = inbox.messages[1:]
    assert (click.event, click.key) == ("click", "HELP")
    assert (view.event, view.url) == ("view", "http://127.0.0.1/products")


async def test_a_text_and_a_picture_arrive_as_messages(inbox: Inbox, caller: Caller) -> None:
    await caller.push("zhou", "subscribe")
    await caller.push("zhou", "text", content="怎么 <申请> ]]> ？")
    await caller.push("zhou", "image", pic_url="http://example.invalid/a.png")
    text, image = inbox.messages[1:]
    assert (text.type, text.content) == ("text", "怎么 <申请> ]]> ？")
    assert (image.type, image.image) == ("image", "http://example.invalid/a.png")
    assert text.id != image.id


async def test_what_the_menus_scanner_found_is_told(inbox: Inbox, caller: Caller) -> None:
    await caller.push("zhou", "subscribe")
    await caller.push("zhou", "scancode_push", key="scan", content="http://127.0.0.1/t/1")
    event = inbox.messages[-1]
    assert (event.event, event.key) == ("scancode_push", "scan")
    assert (event.scan_type, event.scan_result) == ("qrcode", "http://127.0.0.1/t/1")


async def test_who_does_not_follow_says_nothing(inbox: Inbox, caller: Caller) -> None:
    for kind in ("unsubscribe", "click", "view", "text", "image", "block"):
        assert (await caller.push("zhou", kind, content="a", key="a", url="b"))["status"] == 400
    assert inbox.messages == []


async def test_news_stand_in_the_chat_and_only_one_after_a_message(
    inbox: Inbox, caller: Caller
) -> None:
    inbox.articles = [
        {"title": "一", "description": "甲", "image": "http://a/1.png", "url": "http://a/1"},
        {"title": "二", "description": "乙", "image": "", "url": "http://a/2"},
    ]
    await caller.push("zhou", "subscribe")
    await caller.push("zhou", "text", content="产品")
    on_event, said, on_message = (await caller.chat("zhou"))["messages"]
    assert [one["title"] for one in on_event["articles"]] == ["一", "二"]
    assert said["mine"]
    assert [one["url"] for one in on_message["articles"]] == ["http://a/1"]


async def test_three_retries_carry_the_same_message_under_new_stamps(
    inbox: Inbox, caller: Caller
) -> None:
    await caller.push("zhou", "subscribe")
    inbox.statuses = [500, 503, 500]
    inbox.words = "收到"
    outcome = await caller.push("zhou", "text", content="在吗")
    assert outcome["attempts"] == 4
    tries = inbox.messages[1:]
    assert len({(one.id, one._data["CreateTime"], one.content) for one in tries}) == 1
    assert len({query["msg_signature"] for query in inbox.queries[1:]}) == 4
    assert texts(await caller.chat("zhou"))[-1] == ("text", "收到", False)


async def test_a_server_that_stays_silent_is_tried_four_times_and_the_chat_says_so(
    state: State, inbox: Inbox, caller: Caller
) -> None:
    await caller.push("zhou", "subscribe")
    state.pushes.limit_seconds = 0.2
    inbox.statuses = [0, 0, 0, 0, 0]
    outcome = await caller.push("zhou", "text", content="在吗")
    assert (outcome["attempts"], outcome["status"]) == (4, 0)
    assert texts(await caller.chat("zhou"))[-1] == ("notice", OUT_OF_ORDER, False)


async def test_a_server_that_is_not_there_is_tried_too(state: State, caller: Caller) -> None:
    state.server_url, state.pushes.pause_seconds = "http://127.0.0.1:9", 0.0
    outcome = await caller.push("zhou", "subscribe")
    assert (outcome["attempts"], outcome["status"]) == (4, 0)
    assert (await caller.chat("zhou"))["following"]


@pytest.mark.parametrize(
    "raw", ["{}", "<xml><MsgType>text</MsgType></xml>", "<!DOCTYPE xml><xml/>", "好的"]
)
async def test_an_answer_that_is_no_sealed_reply_is_a_failure(
    inbox: Inbox, caller: Caller, raw: str
) -> None:
    await caller.push("zhou", "subscribe")
    inbox.raw = raw
    outcome = await caller.push("zhou", "text", content="在吗")
    assert outcome["attempts"] == 1
    assert outcome["problem"]
    assert texts(await caller.chat("zhou"))[-1] == ("notice", OUT_OF_ORDER, False)


async def test_the_same_push_can_be_sent_at_once_and_again(inbox: Inbox, caller: Caller) -> None:
    await caller.push("zhou", "subscribe")
    first = await caller.push("zhou", "text", content="在吗", copies=3)
    again = {"msg_id": first["msg_id"], "create_time": first["create_time"]}
    await caller.push("zhou", "text", content="在吗", **again)
    sent = inbox.messages[1:]
    assert len(sent) == 4
    assert len({(one.id, one._data["CreateTime"]) for one in sent}) == 1


async def test_a_stamp_follows_a_server_whose_clock_is_ahead(inbox: Inbox, caller: Caller) -> None:
    await caller.push("zhou", "subscribe")
    await caller.push("zhou", "subscribe", skew_seconds=3600)
    now, ahead = (int(query["timestamp"]) for query in inbox.queries)
    assert 3590 <= ahead - now <= 3610


async def test_a_template_message_is_followed_by_its_fate(inbox: Inbox, caller: Caller) -> None:
    await caller.push("zhou", "subscribe")
    await caller.push("lin", "subscribe")
    await caller.push("lin", "block")
    for person, fate in (("zhou", "success"), ("lin", "failed:user block")):
        seen = len(inbox.messages)
        openid = (await caller.chat(person))["openid"]
        answer = await caller.call("message/template/send", card_for(openid))
        await until(lambda: len(inbox.messages) > seen)
        event = inbox.messages[-1]
        assert (event.event, event.status) == ("templatesendjobfinish", fate)
        assert event.id == answer["msgid"]
    assert [one["kind"] for one in (await caller.chat("zhou"))["messages"]] == ["template"]
    assert (await caller.chat("lin"))["messages"] == []


def card_for(openid: str) -> Any:
    data = {"phrase1": "已通过", "thing2": "现在可以申请融资产品", "time3": "2026年11月20日 10:30"}
    return {
        "touser": openid,
        "template_id": "WX_CERTIFICATION_RESULT",
        "url": "http://127.0.0.1/certification",
        "data": {key: {"value": value} for key, value in data.items()},
    }


async def test_pushes_stand_in_the_ledger(inbox: Inbox, caller: Caller) -> None:
    await caller.push("zhou", "subscribe")
    entries = (await caller.get("/ledger", vendor="wechat"))["entries"]
    assert [(one["action"], one["ok"]) for one in entries] == [("push/subscribe", True)]
    assert entries[0]["facts"]["attempts"] == 1


def test_what_is_sealed_for_another_account_is_not_opened() -> None:
    ours = SafeMode(token="sandboxtoken", aes_key=AES_KEY, app_id=APP_ID)
    for other in (
        SafeMode(token="sandboxtoken", aes_key=AES_KEY, app_id="wxother"),
        SafeMode(token="othertoken", aes_key=AES_KEY, app_id=APP_ID),
    ):
        sealed = other.seal("<xml/>", "1", "2")
        with pytest.raises(NotGenuine):
            ours.open(sealed.encrypted, sealed.msg_signature, "1", "2")
