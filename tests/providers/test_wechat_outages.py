"""Every call to WeChat under every outage, and answers that it should never give."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from server.providers.ports import (
    ProviderAmbiguous,
    ProviderProblem,
    ProviderUnavailable,
    WeChatRefused,
)
from server.providers.wechat.account import WeChatOfficialAccount
from tests.providers.wechat import FIELDS, HASTY, TEMPLATE, Accounts
from tests.providers.world import OddVendor, Sandbox

Odd = Callable[[object], WeChatOfficialAccount]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """once: a call that may have acted says so."""

    action: str
    make: Callable[[WeChatOfficialAccount], Awaitable[object]]
    good: dict[str, object]
    once: bool = False

    @property
    def unsure(self) -> type[ProviderUnavailable] | type[ProviderAmbiguous]:
        return ProviderAmbiguous if self.once else ProviderUnavailable


CALLS = [
    Call(
        action="message/template/send",
        make=lambda account: account.send_template(
            openid="o", template_id=TEMPLATE, url="", fields=FIELDS
        ),
        good={"errcode": 0, "msgid": 1},
        once=True,
    ),
    Call(
        action="qrcode/create",
        make=lambda account: account.create_qr(scene="s", expire_seconds=60),
        good={"ticket": "t", "url": "http://weixin.qq.com/q/1"},
    ),
    Call(
        action="menu/get",
        make=lambda account: account.menu(),
        good={"menu": {"button": []}},
    ),
    Call(
        action="menu/create",
        make=lambda account: account.set_menu({"button": []}),
        good={"errcode": 0},
    ),
    Call(action="menu/delete", make=lambda account: account.delete_menu(), good={"errcode": 0}),
    Call(
        action="ticket/getticket",
        make=lambda account: account.jsapi_ticket(),
        good={"errcode": 0, "ticket": "t", "expires_in": 7200},
    ),
    Call(
        action="user/info",
        make=lambda account: account.user("o"),
        good={"openid": "o", "subscribe": 1, "subscribe_time": 1_793_500_000},
    ),
    Call(
        action="sns/oauth2/access_token",
        make=lambda account: account.openid_of(code="c"),
        good={"openid": "o", "access_token": "t", "unionid": "u"},
    ),
]
GETS = ("menu/get", "menu/delete", "ticket/getticket", "user/info", "sns/oauth2/access_token")
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.action)


@pytest.fixture
async def odd(odd_vendor: OddVendor, accounts: Accounts) -> AsyncIterator[Odd]:
    """A client that has its token, of a vendor that says what it is told to say."""

    async def give(force: bool) -> tuple[str, int]:
        return "token", 7200

    await accounts.token("access_token").get(give)

    def says(document: object) -> WeChatOfficialAccount:
        odd_vendor.body = json.dumps(document).encode()
        return accounts.account(address=odd_vendor.address)

    yield says


@each_call
@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("status", ProviderProblem.SERVER),
        ("garbage", ProviderProblem.GARBAGE),
        ("cut", ProviderProblem.NETWORK),
    ],
)
async def test_an_outage_is_said_to_be_one(
    accounts: Accounts, sandbox: Sandbox, call: Call, kind: str, problem: ProviderProblem
) -> None:
    await sandbox.fault(f"wechat.{call.action}", kind, times=9)
    with pytest.raises((ProviderUnavailable, ProviderAmbiguous)) as raised:
        await call.make(accounts.account())
    assert type(raised.value) is call.unsure and raised.value.problem is problem
    # aiohttp asks once more when a connection ends under a GET: it may have been an old one.
    tries = 2 if kind == "cut" and call.action in GETS else 1
    assert len(await sandbox.calls(call.action)) == tries


@each_call
@pytest.mark.parametrize("fault", [{"kind": "timeout"}, {"kind": "slow", "seconds": 60}], ids=str)
async def test_a_silent_or_dripping_wechat_does_not_hold_the_caller(
    accounts: Accounts, sandbox: Sandbox, call: Call, fault: dict[str, object]
) -> None:
    account = accounts.account(seconds=HASTY)
    await account.warm()
    await sandbox.fault(f"wechat.{call.action}", times=9, **fault)  # type: ignore[arg-type]
    with pytest.raises((ProviderUnavailable, ProviderAmbiguous)) as raised:
        async with asyncio.timeout(5):
            await call.make(account)
    assert type(raised.value) is call.unsure and raised.value.problem is ProviderProblem.TIMEOUT


@each_call
async def test_a_quota_means_later(accounts: Accounts, sandbox: Sandbox, call: Call) -> None:
    await sandbox.fault(f"wechat.{call.action}", "refuse", code="45009", times=9)
    with pytest.raises(ProviderUnavailable) as raised:
        await call.make(accounts.account())
    assert raised.value.problem is ProviderProblem.THROTTLED
    assert len(await sandbox.calls(call.action)) == 1


@each_call
async def test_a_refusal_is_not_repeated(accounts: Accounts, sandbox: Sandbox, call: Call) -> None:
    await sandbox.fault(f"wechat.{call.action}", "refuse", code="48001", times=9)
    with pytest.raises(WeChatRefused) as raised:
        await call.make(accounts.account())
    assert raised.value.errcode == 48001
    assert len(await sandbox.calls(call.action)) == 1


async def test_nobody_at_the_address_means_that_nothing_was_sent(
    odd: Odd, odd_vendor: OddVendor
) -> None:
    account = odd({})
    await odd_vendor.close()
    for call in CALLS:
        with pytest.raises(ProviderUnavailable) as raised:
            await call.make(account)
        assert raised.value.problem is ProviderProblem.NETWORK


@each_call
async def test_the_least_that_is_a_good_answer_is_one(
    odd: Odd, odd_vendor: OddVendor, call: Call
) -> None:
    await call.make(odd(call.good))
    assert odd_vendor.calls == 1


@each_call
@pytest.mark.parametrize(
    "spoilt",
    [None, [], "ok", {}, {"errcode": "0"}, {"errcode": False}, {"errcode": None}, {"errmsg": "ok"}],
    ids=str,
)
async def test_what_only_looks_like_success_is_none(
    odd: Odd, odd_vendor: OddVendor, call: Call, spoilt: object
) -> None:
    with pytest.raises((ProviderUnavailable, ProviderAmbiguous)) as raised:
        await call.make(odd(spoilt))
    assert type(raised.value) is call.unsure
    assert raised.value.problem is ProviderProblem.GARBAGE and odd_vendor.calls == 1


ODD: tuple[object, ...] = (None, "", [], -1, 1.5, "x" * 3000)


def _spoilt() -> list[tuple[Call, str, object]]:
    needed = {"msgid", "ticket", "url", "menu", "expires_in", "openid", "subscribe"}
    return [
        (call, name, value)
        for call in CALLS
        for name in sorted(needed & set(call.good))
        for value in ODD
    ]


@pytest.mark.parametrize(("call", "name", "value"), _spoilt())
async def test_a_value_of_another_kind_is_no_answer(
    odd: Odd, call: Call, name: str, value: object
) -> None:
    with pytest.raises((ProviderUnavailable, ProviderAmbiguous)) as raised:
        await call.make(odd({**call.good, name: value}))
    assert type(raised.value) is call.unsure
    assert raised.value.problem is ProviderProblem.GARBAGE


@each_call
async def test_an_endless_answer_is_not_read_to_its_end(
    odd: Odd, odd_vendor: OddVendor, call: Call
) -> None:
    account = odd({})
    odd_vendor.body = bytes(2 * 1024 * 1024)
    with pytest.raises(call.unsure):
        await call.make(account)


@each_call
async def test_a_redirect_is_not_followed(odd: Odd, odd_vendor: OddVendor, call: Call) -> None:
    account = odd(call.good)
    odd_vendor.status, odd_vendor.headers["Location"] = 302, "/elsewhere"
    with pytest.raises(call.unsure):
        await call.make(account)
    assert odd_vendor.calls == 1


async def test_an_answer_about_somebody_else_is_not_taken(odd: Odd) -> None:
    with pytest.raises(ProviderUnavailable):
        await odd({"openid": "another", "subscribe": 0}).user("o")


async def test_control_characters_in_a_text_do_not_spoil_an_answer(
    odd: Odd, odd_vendor: OddVendor
) -> None:
    account = odd({})
    odd_vendor.body = b'{"openid": "o", "subscribe": 0, "remark": "a\x01\xff"}'
    assert not (await account.user("o")).subscribed


async def test_warming_makes_no_call(odd: Odd, odd_vendor: OddVendor) -> None:
    await odd({}).warm()
    assert odd_vendor.calls == 0
