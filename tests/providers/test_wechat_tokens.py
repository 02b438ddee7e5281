"""The access token: one fetch for all processes, one replacement when refused, and an end to it."""

import asyncio

import pytest

from server.providers.ports import ProviderProblem, ProviderUnavailable
from server.storage.embedded import Embedded
from tests.providers.wechat import FIELDS, TEMPLATE, Accounts, Followers
from tests.providers.world import Sandbox
from tests.storage.processes import line_of, run

PROCESSES, CALLS = 4, 50
CALLER = """
import asyncio, sys
from server.core.clock import utc_now
from server.storage.mongo import connect
from tests.providers.wechat import Accounts

async def main():
    uri, name, address, openid, calls = sys.argv[1:]
    account = Accounts(address, connect(uri, name), utc_now).account()
    await account.warm()
    print("ready", flush=True)
    sys.stdin.readline()
    users = await asyncio.gather(*(account.user(openid) for _ in range(int(calls))))
    await account.aclose()
    print(sum(user.subscribed for user in users), flush=True)

asyncio.run(main())
"""


async def test_four_processes_with_fifty_cold_calls_each_fetch_one_token(
    accounts: Accounts, followers: Followers, sandbox: Sandbox, mongod: Embedded
) -> None:
    openid = await followers.follow("lin")
    arguments = (mongod.uri, accounts.database.name, accounts.address, openid, str(CALLS))
    processes = [await run(CALLER, *arguments) for _ in range(PROCESSES)]
    for one in processes:
        assert await line_of(one) == "ready"
    for one in processes:
        assert one.stdin is not None
        one.stdin.write(b"go\n")
    answers = [(await one.communicate())[0] for one in processes]
    assert [int(answer) for answer in answers] == [CALLS] * PROCESSES
    assert len(await sandbox.calls("stable_token")) == 1
    assert len(await sandbox.calls("user/info")) == PROCESSES * CALLS


async def test_a_token_that_died_is_replaced_once_for_all_calls(
    accounts: Accounts, followers: Followers, sandbox: Sandbox
) -> None:
    openid = await followers.follow("lin")
    one, other = accounts.account(), accounts.account()
    await asyncio.gather(one.user(openid), other.user(openid))
    await followers.revoke_tokens()
    users = await asyncio.gather(*(a.user(openid) for a in (one, other) for _ in range(25)))
    assert all(user.subscribed for user in users)
    fetches = await sandbox.calls("stable_token")
    assert [call["facts"]["force_refresh"] for call in fetches] == [False, False]


async def test_a_token_that_wechat_insists_on_is_forced_once_and_then_it_is_over(
    accounts: Accounts, followers: Followers, sandbox: Sandbox
) -> None:
    openid, account = await followers.follow("lin"), accounts.account()
    await sandbox.fault("wechat.user/info", "refuse", code="40001", times=99)
    with pytest.raises(ProviderUnavailable) as refused:
        await account.user(openid)
    assert refused.value.problem is ProviderProblem.CREDENTIALS
    assert len(await sandbox.calls("user/info")) == 2
    fetches = await sandbox.calls("stable_token")
    assert [call["facts"]["force_refresh"] for call in fetches] == [False, False, True]
    with pytest.raises(ProviderUnavailable):
        await account.user(openid)
    assert (
        len(await sandbox.calls("user/info")) == 3
    ), "the forced one is refused too: no more force"
    assert len(await sandbox.calls("stable_token")) == 4


@pytest.mark.parametrize("code", ["40001", "40014", "42001"])
async def test_every_way_of_refusing_a_token_replaces_it(
    accounts: Accounts, followers: Followers, sandbox: Sandbox, code: str
) -> None:
    openid, account = await followers.follow("lin"), accounts.account()
    await sandbox.fault("wechat.message/template/send", "refuse", code=code)
    assert await account.send_template(openid=openid, template_id=TEMPLATE, url="", fields=FIELDS)
    assert len([one for one in await followers.chat("lin") if one["kind"] == "template"]) == 1


async def test_a_busy_wechat_is_asked_once_more(
    accounts: Accounts, followers: Followers, sandbox: Sandbox
) -> None:
    openid, account = await followers.follow("lin"), accounts.account()
    await sandbox.fault("wechat.user/info", "refuse", code="-1")
    assert (await account.user(openid)).subscribed
    await sandbox.fault("wechat.user/info", "refuse", code="-1", times=99)
    with pytest.raises(ProviderUnavailable) as refused:
        await account.user(openid)
    assert refused.value.problem is ProviderProblem.SERVER
    assert len(await sandbox.calls("user/info")) == 4


@pytest.mark.parametrize("order", [("-1", "40001"), ("40001", "-1")])
async def test_busy_and_a_dead_token_together_are_three_tries(
    accounts: Accounts, followers: Followers, sandbox: Sandbox, order: tuple[str, str]
) -> None:
    openid, account = await followers.follow("lin"), accounts.account()
    for code in order:
        await sandbox.fault("wechat.user/info", "refuse", code=code)
    assert (await account.user(openid)).subscribed
    assert len(await sandbox.calls("user/info")) == 3


async def test_a_wrong_secret_is_ours_to_mend(
    accounts: Accounts, followers: Followers, sandbox: Sandbox
) -> None:
    openid = await followers.follow("lin")
    with pytest.raises(ProviderUnavailable) as refused:
        await accounts.account(secret="another-secret").user(openid)
    assert refused.value.problem is ProviderProblem.CREDENTIALS
    assert not await sandbox.calls("user/info")


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ({"kind": "status"}, ProviderProblem.SERVER),
        ({"kind": "status", "status": 404}, ProviderProblem.REQUEST),
        ({"kind": "garbage"}, ProviderProblem.GARBAGE),
        ({"kind": "cut"}, ProviderProblem.NETWORK),
        ({"kind": "refuse", "code": "-1"}, ProviderProblem.SERVER),
        ({"kind": "refuse", "code": "45011"}, ProviderProblem.THROTTLED),
        ({"kind": "refuse", "code": "40164"}, ProviderProblem.CREDENTIALS),
        ({"kind": "refuse", "code": "123456"}, ProviderProblem.ACCOUNT),
    ],
    ids=str,
)
async def test_without_a_token_nothing_is_sent(
    accounts: Accounts,
    followers: Followers,
    sandbox: Sandbox,
    fault: dict[str, str],
    problem: ProviderProblem,
) -> None:
    openid = await followers.follow("lin")
    await sandbox.fault("wechat.stable_token", times=9, **fault)
    with pytest.raises(ProviderUnavailable) as refused:
        await accounts.account().send_template(
            openid=openid, template_id=TEMPLATE, url="", fields=FIELDS
        )
    assert refused.value.problem is problem
    assert not await sandbox.calls("message/template/send")


async def test_a_silent_token_door_holds_nobody_past_the_deadline(
    accounts: Accounts, followers: Followers, sandbox: Sandbox
) -> None:
    openid, account = await followers.follow("lin"), accounts.account(seconds=0.5)
    await account.warm()
    await sandbox.fault("wechat.stable_token", "timeout", times=9)
    async with asyncio.timeout(5):
        calls = (account.user(openid) for _ in range(20))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    problems = {one.problem for one in outcomes if isinstance(one, ProviderUnavailable)}
    assert problems == {ProviderProblem.TIMEOUT} and len(outcomes) == 20
    assert not await sandbox.calls("user/info")
