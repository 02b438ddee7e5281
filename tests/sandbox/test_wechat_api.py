"""The official account's API by its documented rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox.demo_files import WECHAT_TEMPLATES
from sandbox.phone_pages import codes_in
from sandbox.state import State
from sandbox.wechat.errors import WeChatError
from sandbox.wechat.templates import Template, load_templates
from server.messages.kinds import MessageKind
from tests.sandbox.test_wechat_pushes import card_for
from tests.sandbox.wechat_server import APP_ID, SECRET, Caller, caller_of


@pytest_asyncio.fixture
async def caller(state: State) -> AsyncIterator[Caller]:
    async with caller_of(state) as caller:
        yield caller


async def works(caller: Caller, token: str) -> int:
    """0, or the errcode that this token meets."""
    answer = await caller.get("/cgi-bin/ticket/getticket", access_token=token, type="jsapi")
    return int(answer["errcode"])


# --- tokens


async def test_a_token_is_the_same_until_its_last_five_minutes(
    state: State, caller: Caller
) -> None:
    first = await caller.token()
    assert first["expires_in"] == 7200
    state.clock.advance(6890)
    again = await caller.token()
    assert again["access_token"] == first["access_token"]
    assert 300 < again["expires_in"] <= 310
    state.clock.advance(15)
    fresh = await caller.token()
    assert fresh["access_token"] != first["access_token"]
    assert await works(caller, first["access_token"]) == 0
    assert await works(caller, fresh["access_token"]) == 0
    state.clock.advance(300)
    assert await works(caller, first["access_token"]) == 42001
    assert await works(caller, fresh["access_token"]) == 0


async def test_a_forced_refresh_ends_the_token_and_is_rationed(
    state: State, caller: Caller
) -> None:
    first = await caller.token()
    forced = await caller.token(force=True)
    assert forced["access_token"] != first["access_token"]
    assert await works(caller, first["access_token"]) == 40001
    assert (await caller.token(force=True))["errcode"] == 45011
    for _ in range(19):
        state.clock.advance(31)
        assert "access_token" in await caller.token(force=True)
    state.clock.advance(31)
    assert (await caller.token(force=True))["errcode"] == 45009
    assert "access_token" in await caller.token()


@pytest.mark.parametrize(
    ("wrong", "errcode"),
    [
        ({"appid": "wx1"}, 40013),
        ({"appid": ""}, 41002),
        ({"secret": "no"}, 40125),
        ({"secret": ""}, 41004),
        ({"grant_type": "password"}, 40002),
    ],
)
async def test_a_token_is_for_the_account_alone(
    caller: Caller, wrong: dict[str, Any], errcode: int
) -> None:
    answer = await caller.token(**wrong)
    assert answer["errcode"] == errcode
    assert "access_token" not in answer


async def test_tokens_can_be_made_unknown(caller: Caller) -> None:
    token = (await caller.token())["access_token"]
    async with caller.http.delete(caller.state.base_url + "/wechat/tokens"):
        pass
    assert await works(caller, token) == 40001
    assert await works(caller, "") == 41001
    assert (await caller.token())["access_token"] != token


async def test_the_way_of_asking_counts(caller: Caller) -> None:
    assert (await caller.get("/cgi-bin/stable_token"))["errcode"] == 43002
    assert (await caller.call("menu/delete", {}))["errcode"] == 43001
    async with caller.http.post(
        caller.state.base_url + "/cgi-bin/stable_token", data="x"
    ) as answer:
        assert (await answer.json(content_type=None))["errcode"] == 47001


async def test_a_fault_speaks_wechats_numbers(caller: Caller) -> None:
    for target, code in (("wechat.stable_token", "40164"), ("wechat", "45009")):
        await caller.post("/faults", {"target": target, "kind": "refuse", "code": code})
        answer = await caller.token()
        assert answer["errcode"] == int(code)
        assert "rid: " in answer["errmsg"]
    assert "access_token" in await caller.token()
    entries = (await caller.get("/ledger", vendor="wechat"))["entries"]
    assert [(one["action"], one["code"]) for one in entries] == [
        ("stable_token", "40164"),
        ("stable_token", "45009"),
        ("stable_token", ""),
    ]


# --- template messages


async def follow(state: State, person: str = "zhou") -> Any:
    state.wechat.follow(person)
    return state.wechat.openid(person)


async def test_a_template_message_is_a_card_in_the_chat(state: State, caller: Caller) -> None:
    answer = await caller.call("message/template/send", card_for(await follow(state)))
    assert (answer["errcode"], answer["errmsg"]) == (0, "ok")
    assert isinstance(answer["msgid"], int)
    (card,) = (await caller.chat("zhou"))["messages"]
    assert card["title"] == "企业认证审核结果通知"
    assert card["rows"][0] == ["审核结果", "已通过"]
    assert card["url"] == "http://127.0.0.1/certification"


def test_every_message_of_the_platform_has_a_template_of_the_account() -> None:
    assert set(WECHAT_TEMPLATES) == {str(kind) for kind in MessageKind}
    assert set(WECHAT_TEMPLATES.values()) == set(load_templates())


async def test_a_template_message_is_refused_by_number_and_not_shown(
    state: State, caller: Caller
) -> None:
    card = card_for(await follow(state))
    refused: tuple[tuple[dict[str, Any], int], ...] = (
        ({"touser": state.wechat.openid("lin")}, 43004),
        ({"touser": "o" * 28}, 40003),
        ({"template_id": "WX_OTHER"}, 40037),
        ({"data": {}}, 47003),
        ({"url": "javascript:alert(1)"}, 40066),
    )
    for change, errcode in refused:
        answer = await caller.call("message/template/send", {**card, **change})
        assert answer["errcode"] == errcode
    assert (await caller.chat("zhou"))["messages"] == []


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("thing1", "字" * 20, "字" * 21),
        ("thing1", "a b，c", "第一行\n第二行"),
        ("thing1", "一", ""),
        ("phrase1", "已通过", "需要补充材料"),
        ("phrase1", "审核中", "OK"),
        ("character_string1", "RQ20261120000001", "申请RQ20261120"),
        ("character_string1", "a" * 32, "a" * 33),
        ("time1", "2026年11月20日 10:30", "2026-11-20T10:30:00Z"),
        ("time1", "10:30", "昨天"),
        ("date1", "2026-11-20", "2026年"),
        ("amount1", "￥1200000.50", "120万元"),
        ("amount1", "3000000元", "3,000,000元"),
        ("number1", "12.5", "12.5%"),
        ("letter1", "abc", "ab1"),
        ("name1", "阿依努尔·麦提尼", "阿依努尔·麦提尼亚孜先生"),
        ("phone_number1", "0731-00000000", "电话0731"),
        ("car_number1", "湘A12345", "湘A123456789"),
        ("symbol1", "¥", "一"),
    ],
)
async def test_a_field_holds_what_its_kind_allows(key: str, good: str, bad: str) -> None:
    template = Template(id="t", title="t", fields=((key, "值"),))
    assert template.filled({key: {"value": good}}) == (("值", good),)
    with pytest.raises(WeChatError) as refused:
        template.filled({key: {"value": bad}})
    assert (refused.value.errcode, key in refused.value.errmsg) == (47003, True)


async def test_a_message_with_the_same_mark_is_sent_once_in_ten_minutes(
    state: State, caller: Caller
) -> None:
    card = {**card_for(await follow(state)), "client_msg_id": "m1"}
    first = await caller.call("message/template/send", card)
    assert (await caller.call("message/template/send", card))["msgid"] == first["msgid"]
    assert len((await caller.chat("zhou"))["messages"]) == 1
    state.clock.advance(601)
    assert (await caller.call("message/template/send", card))["msgid"] != first["msgid"]
    assert len((await caller.chat("zhou"))["messages"]) == 2


# --- menu


def button(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "click", "name": f"按钮{number}", "key": f"K{number}", **more}


async def test_a_menu_is_kept_and_deleted(caller: Caller) -> None:
    assert (await caller.call("menu/get"))["errcode"] == 46003
    link = {"type": "view", "name": "办事", "url": "https://rongqiao.example.cn/products"}
    whole = {"button": [button(1), {"name": "更多", "sub_button": [link] * 5}]}
    assert (await caller.call("menu/create", whole))["errcode"] == 0
    kept = (await caller.call("menu/get"))["menu"]["button"]
    assert kept[0] == {**button(1), "sub_button": []}
    assert len(kept[1]["sub_button"]) == 5
    assert (await caller.call("menu/delete"))["errcode"] == 0
    assert (await caller.call("menu/get"))["errcode"] == 46003


@pytest.mark.parametrize(
    ("buttons", "errcode"),
    [
        ([], 40016),
        ([button(n) for n in range(4)], 40016),
        ([{"name": "多", "sub_button": [button(n) for n in range(6)]}], 40023),
        ([button(1, name="六个汉字呀呀")], 40018),
        ([button(1, name="")], 40018),
        ([{"name": "多", "sub_button": [button(1, name="字" * 21)]}], 40025),
        ([button(1, key="k" * 129)], 40019),
        ([button(1, type="open")], 40017),
        ([{"type": "view", "name": "看", "url": "https://a/" + "a" * 1020}], 40020),
        ([{"type": "view", "name": "看", "url": "/products"}], 40055),
    ],
)
async def test_a_menu_beyond_its_limits_is_refused_whole(
    caller: Caller, buttons: list[Any], errcode: int
) -> None:
    assert (await caller.call("menu/create", {"button": buttons}))["errcode"] == errcode
    assert (await caller.call("menu/get"))["errcode"] == 46003


# --- QR codes, tickets, users


def scene(name: str = "QR_STR_SCENE", **scene: Any) -> dict[str, Any]:
    return {"action_name": name, "action_info": {"scene": scene or {"scene_str": "bind:1"}}}


async def test_a_qr_code_says_its_address(caller: Caller) -> None:
    temporary = await caller.call("qrcode/create", {**scene(), "expire_seconds": 2592000})
    assert temporary["expire_seconds"] == 2592000
    assert temporary["url"].startswith("http://weixin.qq.com/q/")
    lasting = await caller.call("qrcode/create", scene("QR_LIMIT_STR_SCENE"))
    assert "expire_seconds" not in lasting
    again = await caller.call("qrcode/create", scene("QR_LIMIT_STR_SCENE"))
    assert again["url"] == lasting["url"]
    address = f"{caller.state.base_url}/cgi-bin/showqrcode"
    async with caller.http.get(address, params={"ticket": lasting["ticket"]}) as answer:
        assert codes_in(await answer.read()) == [lasting["url"]]


@pytest.mark.parametrize(
    ("asked", "errcode"),
    [
        ({**scene(), "expire_seconds": 2592001}, 40097),
        (scene(scene_str=""), 40053),
        (scene(scene_str="x" * 65), 40053),
        (scene(scene_id=1), 40053),
        (scene("QR_LIMIT_SCENE", scene_id=100001), 40053),
        (scene("QR_OTHER"), 40052),
    ],
)
async def test_a_qr_code_beyond_its_limits_is_refused(
    caller: Caller, asked: dict[str, Any], errcode: int
) -> None:
    assert (await caller.call("qrcode/create", asked))["errcode"] == errcode


async def test_a_js_ticket_lives_as_long_as_a_token(state: State, caller: Caller) -> None:
    first = await caller.call("ticket/getticket", type="jsapi")
    assert (first["errcode"], first["expires_in"]) == (0, 7200)
    assert (await caller.call("ticket/getticket", type="jsapi"))["ticket"] == first["ticket"]
    state.clock.advance(7200)
    assert (await caller.call("ticket/getticket", type="jsapi"))["ticket"] != first["ticket"]
    assert (await caller.call("ticket/getticket", type="card"))["errcode"] == 40097


async def test_a_user_is_known_by_following(state: State, caller: Caller) -> None:
    openid = state.wechat.openid("zhou")
    assert (await caller.call("user/info", openid=openid))["subscribe"] == 0
    state.wechat.follow("zhou", "bind:1")
    user = await caller.call("user/info", openid=openid)
    assert (user["subscribe"], user["qr_scene_str"]) == (1, "bind:1")
    assert abs(user["subscribe_time"] - state.clock.now().timestamp()) < 5
    assert (await caller.call("user/info", openid="o" * 28))["errcode"] == 40003


# --- codes of web authorisation


async def change(caller: Caller, code: str, **other: str) -> Any:
    asked = {"appid": APP_ID, "secret": SECRET, "grant_type": "authorization_code", "code": code}
    return await caller.get("/sns/oauth2/access_token", **{**asked, **other})


async def test_a_code_is_good_once_and_for_five_minutes(state: State, caller: Caller) -> None:
    code = (await caller.post("/wechat/code", {"person": "zhou"}))["code"]
    for wrong, errcode in (({"secret": "no"}, 40125), ({"appid": "wx1"}, 40013)):
        assert (await change(caller, code, **wrong))["errcode"] == errcode
    answer = await change(caller, code)
    assert (answer["openid"], answer["scope"]) == (state.wechat.openid("zhou"), "snsapi_base")
    assert "unionid" not in answer
    assert (await change(caller, code))["errcode"] == 40163
    late = (await caller.post("/wechat/code", {"person": "zhou"}))["code"]
    state.clock.advance(301)
    assert (await change(caller, late))["errcode"] == 42003
    assert (await change(caller, "made-up"))["errcode"] == 40029


async def test_who_was_asked_gives_a_name_too(state: State, caller: Caller) -> None:
    asked = {"person": "zhou", "scope": "snsapi_userinfo"}
    answer = await change(caller, (await caller.post("/wechat/code", asked))["code"])
    assert answer["unionid"] == state.wechat.unionid("zhou")
    query = {"access_token": answer["access_token"], "openid": answer["openid"]}
    assert (await caller.get("/sns/userinfo", **query))["nickname"] == "周启明"
    base = await change(caller, (await caller.post("/wechat/code", {"person": "zhou"}))["code"])
    query = {"access_token": base["access_token"], "openid": base["openid"]}
    assert (await caller.get("/sns/userinfo", **query))["errcode"] == 48001


async def test_a_snapshot_is_shown_to_nobody(state: State, caller: Caller) -> None:
    code = (await caller.post("/wechat/code", {"person": "zhou", "snapshot": True}))["code"]
    answer = await change(caller, code)
    assert answer["is_snapshotuser"] == 1
    assert answer["openid"] != state.wechat.openid("zhou")


async def test_everything_can_be_forgotten(state: State, caller: Caller) -> None:
    await caller.call("message/template/send", card_for(await follow(state)))
    await caller.call("menu/create", {"button": [button(1)]})
    async with caller.http.delete(state.base_url + "/wechat") as answer:
        assert answer.status == 200
    chat = await caller.chat("zhou")
    assert (chat["following"], chat["messages"], chat["menu"]) == (False, [], None)
