"""Whatever happens between us and WeChat: no openid, token, code or secret is written anywhere."""

import logging
import traceback

import pytest

from server.core.errors import Refusal
from server.providers.wechat.account import WeChatOfficialAccount
from tests.providers.wechat import FIELDS, HASTY, PATIENT, SECRET, TEMPLATE, Accounts, Followers
from tests.providers.world import OddVendor, Sandbox

FAULTS: list[dict[str, object]] = [
    {},
    {"kind": "status", "status": 503},
    {"kind": "garbage"},
    {"kind": "cut"},
    {"kind": "timeout"},
    {"kind": "slow", "seconds": 60},
    {"kind": "refuse", "code": "43004"},
    {"kind": "refuse", "code": "40001"},
    {"kind": "refuse", "code": "19900001001"},
]


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


async def _every_call(account: WeChatOfficialAccount, openid: str, code: str) -> list[Refusal]:
    """Makes each call once; what was raised comes back."""
    raised: list[Refusal] = []
    for call in (
        account.send_template(openid=openid, template_id=TEMPLATE, url="", fields=FIELDS),
        account.create_qr(scene="sc3ne-of-mine", expire_seconds=60),
        account.menu(),
        account.jsapi_ticket(),
        account.user(openid),
        account.openid_of(code=code),
        account.openid_of(code=code),
    ):
        try:
            repr(await call)
        except Refusal as refusal:
            raised.append(refusal)
    return raised


@pytest.mark.parametrize("target", ["wechat", "wechat.stable_token"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_nothing_personal_and_nothing_secret_is_written_anywhere(
    accounts: Accounts,
    followers: Followers,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fault: dict[str, object],
    target: str,
) -> None:
    openid, code = await followers.follow("lin"), await followers.code("lin")
    account = accounts.account(
        seconds=HASTY if fault.get("kind") in ("timeout", "slow") else PATIENT
    )
    if target == "wechat":
        await accounts.account().menu()
    if fault:
        await sandbox.fault(target, times=60, **fault)  # type: ignore[arg-type]
    raised = await _every_call(account, openid, code)
    out, err = capfd.readouterr()
    errors = "".join(
        "".join(traceback.format_exception(error))
        + repr((error, vars(error), error.__context__, error.__cause__))
        for error in raised
    )
    written = "\n".join((caplog.text, out, err, errors, repr(account)))
    private = [openid, code, SECRET, FIELDS["character_string1"], "19900001001", "access_token="]
    private += ["sc3ne-of-mine", "secret=", "http://127.0.0.1"]
    for kind in ("access_token", "jsapi_ticket"):
        held = accounts.token(kind)

        async def stop(force: bool) -> tuple[str, int]:
            raise LookupError

        try:
            private.append(await held.get(stop))
        except LookupError:
            continue
    assert not [one for one in private if one in written]


async def test_each_call_writes_one_line_and_each_token_its_own(
    accounts: Accounts, followers: Followers, caplog: pytest.LogCaptureFixture
) -> None:
    openid, code = await followers.follow("lin"), await followers.code("lin")
    await _every_call(accounts.account(), openid, code)
    lines = [r.getMessage() for r in caplog.records if r.name == "rongqiao.providers"]
    assert [line.split()[1].partition("=")[2] for line in lines] == [
        "stable_token",
        "message/template/send",
        "qrcode/create",
        "menu/get",
        "ticket/getticket",
        "user/info",
        "oauth2/access_token",
        "oauth2/access_token",
    ]
    words = ["provider", "action", "outcome", "duration_ms", "request_id", "code"]
    assert all([word.partition("=")[0] for word in line.split()] == words for line in lines)
    assert "outcome=refused.code" in lines[-1] and "code=errcode.40163" in lines[-1]


async def test_trouble_of_our_own_making_is_logged_as_an_error_with_its_id(
    accounts: Accounts, odd_rid: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Refusal):
        await accounts.account(secret="another", address=odd_rid).menu()
    (record,) = [r for r in caplog.records if r.name == "rongqiao.providers"][:1]
    assert record.levelno == logging.ERROR
    assert "outcome=credentials" in record.getMessage()
    assert "request_id=63a1b2c3-0d1e2f3a-4b5c6d7e code=errcode.40125" in record.getMessage()


@pytest.fixture
def odd_rid(odd_vendor: OddVendor) -> str:
    """The address of a WeChat that refuses the secret and says its request id."""
    odd_vendor.body = (
        b'{"errcode":40125,"errmsg":"invalid appsecret rid: 63a1b2c3-0d1e2f3a-4b5c6d7e"}'
    )
    return odd_vendor.address


async def test_the_secret_is_not_in_the_representation_of_a_client(accounts: Accounts) -> None:
    account = accounts.account()
    await account.warm()
    held = (account, vars(account), vars(account._calls), vars(account._payloads))
    assert SECRET not in repr(held)


async def test_a_proxy_of_the_environment_is_not_used(
    accounts: Accounts, followers: Followers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    openid = await followers.openid("lin")
    assert not (await accounts.account().user(openid)).subscribed
