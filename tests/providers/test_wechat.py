"""The official account answers: messages, QR codes, menu, followers, who authorised, and what is signed."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from server.core.clock import utc_now
from server.core.errors import Kind
from server.providers.ports import (
    CodeUsed,
    SnapshotRefused,
    WeChatRefusal,
    WeChatRefused,
    WeChatScope,
    jsapi_signature,
)
from tests.providers.wechat import APP_ID, FIELDS, TEMPLATE, Accounts, Followers
from tests.providers.world import Sandbox

MENU = {
    "button": [
        {"type": "view", "name": "融资产品", "url": "https://rongqiao.example.cn/products"},
        {"name": "我的", "sub_button": [{"type": "click", "name": "申请", "key": "mine"}]},
    ]
}


async def test_a_template_message_reaches_its_follower(
    accounts: Accounts, followers: Followers
) -> None:
    openid = await followers.follow("lin")
    address = "https://rongqiao.example.cn/applications/1"
    msgid = await accounts.account().send_template(
        openid=openid, template_id=TEMPLATE, url=address, fields=FIELDS
    )
    (card,) = [one for one in await followers.chat("lin") if one["kind"] == "template"]
    assert msgid.isdecimal() and card["url"] == address
    assert [value for _, value in card["rows"]] == list(FIELDS.values())


async def test_a_message_repeated_with_its_out_id_is_sent_once(
    accounts: Accounts, followers: Followers
) -> None:
    openid, account = await followers.follow("lin"), accounts.account()
    sent = [
        await account.send_template(
            openid=openid, template_id=TEMPLATE, url="", fields=FIELDS, out_id=out_id
        )
        for out_id in ("a", "a", "b")
    ]
    assert sent[0] == sent[1] != sent[2]
    assert len([one for one in await followers.chat("lin") if one["kind"] == "template"]) == 2


@pytest.mark.parametrize(
    ("change", "errcode", "reason"),
    [
        ({"openid": "o-of-nobody"}, 40003, WeChatRefusal.FOLLOWER),
        ({"template_id": "WX_UNKNOWN"}, 40037, WeChatRefusal.CONTENT),
        ({"fields": {}}, 47003, WeChatRefusal.CONTENT),
    ],
)
async def test_a_message_that_wechat_refuses_is_not_sent(
    accounts: Accounts,
    followers: Followers,
    change: dict[str, object],
    errcode: int,
    reason: WeChatRefusal,
) -> None:
    openid = await followers.follow("lin")
    message = {"openid": openid, "template_id": TEMPLATE, "url": "", "fields": FIELDS, **change}
    with pytest.raises(WeChatRefused) as refused:
        await accounts.account().send_template(**message)  # type: ignore[arg-type]
    assert (refused.value.errcode, refused.value.reason) == (errcode, reason)
    assert not [one for one in await followers.chat("lin") if one["kind"] == "template"]


async def test_who_does_not_follow_gets_no_message(
    accounts: Accounts, followers: Followers
) -> None:
    openid = await followers.openid("lin")
    with pytest.raises(WeChatRefused) as refused:
        await accounts.account().send_template(
            openid=openid, template_id=TEMPLATE, url="", fields=FIELDS
        )
    assert (refused.value.errcode, refused.value.reason) == (43004, WeChatRefusal.FOLLOWER)


@pytest.mark.parametrize("seconds", [None, 1, 2_592_000])
async def test_a_qr_code_carries_its_scene(
    accounts: Accounts, sandbox: Sandbox, seconds: int | None
) -> None:
    code = await accounts.account().create_qr(scene="login:7aBc", expire_seconds=seconds)
    assert code.url.startswith("http://weixin.qq.com/q/") and code.ticket
    (call,) = await sandbox.calls("qrcode/create")
    assert (call["facts"]["scene"], call["facts"]["expire_seconds"]) == ("login:7aBc", seconds)


@pytest.mark.parametrize(
    ("scene", "seconds"), [("", 60), ("s" * 65, 60), ("s", 0), ("s", 2_592_001)]
)
async def test_a_scene_or_a_life_that_wechat_does_not_know_is_not_asked_for(
    accounts: Accounts, sandbox: Sandbox, scene: str, seconds: int
) -> None:
    with pytest.raises(ValueError):
        await accounts.account().create_qr(scene=scene, expire_seconds=seconds)
    assert not await sandbox.calls("qrcode/create")


async def test_a_menu_is_set_read_and_deleted(accounts: Accounts) -> None:
    account = accounts.account()
    assert await account.menu() is None
    await account.set_menu(MENU)
    menu = await account.menu()
    assert menu is not None
    buttons = menu["button"]
    assert isinstance(buttons, list) and [one["name"] for one in buttons] == ["融资产品", "我的"]
    await account.delete_menu()
    assert await account.menu() is None


async def test_a_menu_that_wechat_refuses_changes_nothing(accounts: Accounts) -> None:
    account = accounts.account()
    await account.set_menu(MENU)
    before = await account.menu()
    with pytest.raises(WeChatRefused) as refused:
        await account.set_menu({"button": []})
    assert (refused.value.errcode, refused.value.reason) == (40016, WeChatRefusal.CONTENT)
    assert refused.value.kind is Kind.UNAVAILABLE
    assert await account.menu() == before


async def test_a_user_follows_or_does_not(accounts: Accounts, followers: Followers) -> None:
    account = accounts.account()
    openid = await followers.openid("lin")
    stranger = await account.user(openid)
    assert (stranger.subscribed, stranger.subscribed_at) == (False, None)
    await followers.follow("lin")
    follower = await account.user(openid)
    assert follower.subscribed and isinstance(follower.subscribed_at, datetime)
    assert abs(utc_now() - follower.subscribed_at) < timedelta(minutes=1)
    with pytest.raises(WeChatRefused):
        await account.user("o-of-nobody")


async def test_a_code_says_who_authorised(accounts: Accounts, followers: Followers) -> None:
    account = accounts.account()
    identity = await account.openid_of(code=await followers.code("lin"))
    assert (identity.openid, identity.unionid) == (await followers.openid("lin"), None)
    asked = await followers.code("lin", scope="snsapi_userinfo")
    assert (await account.openid_of(code=asked)).unionid


async def test_a_code_is_good_once_and_for_five_minutes(
    accounts: Accounts, followers: Followers, sandbox: Sandbox
) -> None:
    account, code, old = (
        accounts.account(),
        await followers.code("lin"),
        await followers.code("lin"),
    )
    await account.openid_of(code=code)
    await sandbox.advance(301)
    for dead in (code, old, "0" * 32):
        with pytest.raises(CodeUsed) as refused:
            await account.openid_of(code=dead)
        assert refused.value.code == "providers.wechat_code_dead"
        assert refused.value.kind is Kind.CONFLICT and "重新打开" in refused.value.message


@pytest.mark.parametrize("code", ["", "a b", "a&secret=1", "a" * 513, "码"])
async def test_what_can_not_be_a_code_is_not_asked_about(
    accounts: Accounts, sandbox: Sandbox, code: str
) -> None:
    with pytest.raises(CodeUsed):
        await accounts.account().openid_of(code=code)
    assert not await sandbox.calls("sns/oauth2/access_token")


async def test_the_made_up_person_of_a_snapshot_is_nobody(
    accounts: Accounts, followers: Followers
) -> None:
    code = await followers.code("lin", scope="snsapi_userinfo", snapshot=True)
    with pytest.raises(SnapshotRefused):
        await accounts.account().openid_of(code=code)


async def test_authorising_needs_no_token_of_ours(
    accounts: Accounts, followers: Followers, sandbox: Sandbox
) -> None:
    await accounts.account().openid_of(code=await followers.code("lin"))
    assert not await sandbox.calls("stable_token")


async def test_the_ticket_is_shared_and_kept(accounts: Accounts, sandbox: Sandbox) -> None:
    one, other = accounts.account(), accounts.account()
    asked = [account.jsapi_ticket() for account in (one, other) for _ in range(20)]
    assert len(set(await asyncio.gather(*asked))) == 1
    assert len(await sandbox.calls("ticket/getticket")) == 1
    assert len(await sandbox.calls("stable_token")) == 1


@pytest.mark.parametrize("url", ["http://mp.weixin.qq.com?params=value", "{}#top", "{}#a#b"])
def test_a_page_is_signed_as_in_wechats_own_example(url: str) -> None:
    signature = jsapi_signature(
        ticket="sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3"
        "-Sl-HhTdfl2fzFy1AOcHKP7qg",
        nonce="Wm3WZYTPz0wzccnW",
        timestamp=1414587457,
        url=url.format("http://mp.weixin.qq.com?params=value"),
    )
    assert signature == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_each_part_of_what_is_signed_counts() -> None:
    signed = {
        jsapi_signature(ticket="t", nonce="n", timestamp=1, url="https://a/"),
        jsapi_signature(ticket="u", nonce="n", timestamp=1, url="https://a/"),
        jsapi_signature(ticket="t", nonce="m", timestamp=1, url="https://a/"),
        jsapi_signature(ticket="t", nonce="n", timestamp=2, url="https://a/"),
        jsapi_signature(ticket="t", nonce="n", timestamp=1, url="https://a/?b"),
    }
    assert len(signed) == 5


async def test_a_person_is_sent_to_wechat_and_back_to_exactly_our_address(
    accounts: Accounts,
) -> None:
    back = "https://rongqiao.example.cn/wechat/in?next=/me&x=登录#a"
    address = accounts.account().authorize_url(redirect_uri=back, state="s&t")
    parts = urlsplit(address)
    assert (parts.path, parts.fragment) == ("/connect/oauth2/authorize", "wechat_redirect")
    assert parse_qsl(parts.query) == [
        ("appid", APP_ID),
        ("redirect_uri", back),
        ("response_type", "code"),
        ("scope", "snsapi_base"),
        ("state", "s&t"),
    ]
    asking = accounts.account().authorize_url(
        redirect_uri=back, state="s", scope=WeChatScope.USERINFO
    )
    assert "&scope=snsapi_userinfo&" in asking


async def test_a_closed_client_opens_again_when_it_is_needed(
    accounts: Accounts, followers: Followers
) -> None:
    account, openid = accounts.account(), await followers.openid("lin")
    await account.aclose()
    await account.user(openid)
    await account.aclose()
    await account.aclose()
    assert not (await account.user(openid)).subscribed
