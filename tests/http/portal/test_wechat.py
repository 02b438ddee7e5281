"""Into the portal by WeChat: in the sandbox's WeChat everybody has an openid and gets codes for it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests import wechats
from tests.clients import Answer, PageClient, visible
from tests.people import new_phone, register, wait_for_another_code
from tests.platforms import Running, Starter

TICKS = {"accept_terms": "2026-11-01", "accept_privacy": "2026-11-01"}
WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.57"}
TAKEN = "这个微信已绑定其他账号"


async def code_of(running: Running, person: str, **more: object) -> str:
    """What WeChat gives our page about this person."""
    asked = {"person": person, **more}
    async with running.sandbox.http.post("/wechat/code", json=asked) as answer:
        return str((await answer.json())["code"])


async def leave(browser: PageClient, next_path: str = "/me") -> str:
    """Away to WeChat; the state that it brings back."""
    away = await browser.get(f"/wechat/enter?next={next_path}", headers=WECHAT)
    assert away.status == 303
    return parse_qs(urlsplit(away.headers["Location"]).query)["state"][0]


async def arrive(
    running: Running, browser: PageClient, person: str, next_path: str = "/me"
) -> Answer:
    """To WeChat and back."""
    state = await leave(browser, next_path)
    code = await code_of(running, person)
    return await browser.get(f"/wechat/return?code={code}&state={state}")


async def sms(running: Running, browser: PageClient, phone: str) -> str:
    sent = await browser.post("/wechat/code", {"phone": phone, "page": "login"})
    assert sent.status == 200, visible(sent)
    return await running.sandbox.code(phone)


async def registered(running: Running) -> str:
    """A phone that has an account and can be sent a code."""
    phone = new_phone()
    await register(running, phone)
    await wait_for_another_code(running)
    return phone


async def bound(running: Running, person: str, phone: str | None = None) -> PageClient:
    """A browser in WeChat of somebody who has bound his WeChat."""
    browser, phone = running.browser(), phone or await registered(running)
    assert (await arrive(running, browser, person)).status == 303
    code = await sms(running, browser, phone)
    answer = await browser.post("/wechat/bind", {"phone": phone, "code": code, "page": "login"})
    assert (answer.status, answer.headers.get("Location")) == (303, "/me"), visible(answer)
    return browser


async def bindings(running: Running) -> dict[str, str]:
    found = running.database["wechat_followers"].find({"account_id": {"$type": "string"}})
    return {one["_id"]: one["account_id"] async for one in found}


async def test_the_way_to_wechat_says_who_we_are_and_asks_for_the_openid_alone(
    running: Running,
) -> None:
    away = await running.browser().get("/wechat/enter?next=/applications", headers=WECHAT)
    address = urlsplit(away.headers["Location"])
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}" == running.settings.wechat.authorize_origin
    assert (address.path, address.fragment) == ("/connect/oauth2/authorize", "wechat_redirect")
    assert asked["appid"] == "wx0sandbox00000001"
    assert asked["redirect_uri"] == f"{running.url}/wechat/return"
    assert (asked["scope"], asked["response_type"]) == ("snsapi_base", "code")


@pytest.mark.shows("F037")
async def test_who_has_an_account_binds_once_and_is_in_from_then_on(running: Running) -> None:
    browser, phone = running.browser(), await registered(running)
    first = await arrive(running, browser, "zhou", "/applications")
    assert (first.status, first.headers["Location"]) == (303, "/wechat/bind")
    assert "绑定并登录" in visible(await browser.follow(first))
    code = await sms(running, browser, phone)
    fields = {"phone": phone, "code": code, "page": "login"}
    answer = await browser.post("/wechat/bind", fields)
    assert (answer.status, answer.headers["Location"]) == (303, "/applications")
    assert "已绑定" in visible(await browser.get("/me/wechat"))

    later = running.browser()
    again = await arrive(running, later, "zhou", "/me/sessions")
    assert (again.status, again.headers["Location"]) == (303, "/me/sessions")
    assert f"{phone[:3]}****{phone[-4:]}" in visible(await later.get("/me"))


async def test_who_has_none_registers_and_is_bound_from_the_beginning(running: Running) -> None:
    browser, phone = running.browser(), new_phone()
    await arrive(running, browser, "lin")
    code = await sms(running, browser, phone)
    fields = {"phone": phone, "code": code, "page": "login"}
    unknown = await browser.post("/wechat/bind", fields)
    assert unknown.status == 409
    assert "/wechat/register" in unknown.text and "accept_privacy" in unknown.text
    assert not await bindings(running)
    without = await browser.post("/wechat/register", fields)
    assert (without.status, await bindings(running)) == (422, {})
    answer = await browser.post("/wechat/register", {**fields, **TICKS})
    assert (answer.status, answer.headers["Location"]) == (303, "/certification")
    assert len(await bindings(running)) == 1
    assert (await browser.get("/me")).status == 200


async def test_who_is_logged_in_binds_with_one_tap(running: Running) -> None:
    browser, phone = running.browser(), await registered(running)
    await browser.post("/login/code", {"phone": phone, "page": "login"})
    code = await running.sandbox.code(phone)
    assert (await browser.post("/login", {"phone": phone, "code": code})).status == 303
    shown = await browser.follow(await arrive(running, browser, "xu", "/me/wechat"))
    assert "绑定这个微信" in visible(shown)
    assert not await bindings(running)
    answer = await browser.post("/wechat/bind")
    assert (answer.status, answer.headers["Location"]) == (303, "/me/wechat")
    assert len(await bindings(running)) == 1


@pytest.mark.shows("F037")
async def test_one_wechat_is_bound_to_one_account_only(running: Running) -> None:
    await bound(running, "zhou")
    before = await bindings(running)
    browser, phone = running.browser(), await registered(running)
    await browser.post("/login/code", {"phone": phone, "page": "login"})
    code = await running.sandbox.code(phone)
    await browser.post("/login", {"phone": phone, "code": code})
    answer = await arrive(running, browser, "zhou")
    assert answer.status == 409 and TAKEN in visible(answer)
    assert await bindings(running) == before


async def test_one_account_is_bound_to_one_wechat_only(running: Running) -> None:
    phone = await registered(running)
    await bound(running, "zhou", phone)
    before = await bindings(running)
    await wait_for_another_code(running)
    browser = running.browser()
    await arrive(running, browser, "he")
    code = await sms(running, browser, phone)
    answer = await browser.post("/wechat/bind", {"phone": phone, "code": code, "page": "login"})
    assert answer.status == 409 and "这个账号已绑定其他微信" in visible(answer)
    assert await bindings(running) == before
    assert "rq_session" not in browser.cookies


async def test_two_browsers_bind_one_wechat_at_once_and_one_is_refused(running: Running) -> None:
    one, other = running.browser(), running.browser()
    phones = [await registered(running), await registered(running)]
    for browser in (one, other):
        await arrive(running, browser, "deng")
    answers = []
    for browser, phone in zip((one, other), phones, strict=True):
        code = await sms(running, browser, phone)
        fields = {"phone": phone, "code": code, "page": "login"}
        answers.append(await browser.post("/wechat/bind", fields))
    assert [answer.status for answer in answers] == [303, 409]
    assert TAKEN in visible(answers[1])
    assert len(await bindings(running)) == 1


@pytest.mark.shows("F037")
async def test_unbound_the_account_stays_and_wechat_is_no_way_in(running: Running) -> None:
    browser = await bound(running, "zhou")
    answer = await browser.post("/me/wechat/unbind")
    assert (answer.status, answer.headers["Location"]) == (303, "/me/wechat")
    assert not await bindings(running)
    assert (await browser.get("/me")).status == 200
    assert (await browser.post("/me/wechat/unbind")).status == 404
    again = await arrive(running, running.browser(), "zhou")
    assert again.headers["Location"] == "/wechat/bind"


@pytest.mark.parametrize("case", ["another state", "no cookie", "used", "too late", "no code"])
async def test_a_return_that_was_not_begun_here_lets_nobody_in(running: Running, case: str) -> None:
    await bound(running, "zhou")
    browser = running.browser()
    state, code = await leave(browser), await code_of(running, "zhou")
    kept = dict(browser.cookies)
    if case == "another state":
        state = "0" * 22
    elif case == "no cookie":
        browser.cookies.clear()
    elif case == "used":
        assert (await browser.get(f"/wechat/return?code={code}&state={state}")).status == 303
        browser.cookies.clear()
        code = await code_of(running, "zhou")
    elif case == "too late":
        running.clock.advance(minutes=11)
    answer = await browser.get(
        f"/wechat/return?code={'' if case == 'no code' else code}&state={state}"
    )
    assert answer.status == 409, visible(answer)
    assert "rq_session" not in browser.cookies
    assert "用手机号登录" in visible(answer)
    assert kept["rq_wechat_way"] != state


@pytest.mark.parametrize("case", ["used", "never one", "snapshot"])
async def test_a_dead_code_lets_nobody_in(running: Running, case: str) -> None:
    await bound(running, "zhou")
    browser = running.browser()
    state = await leave(browser, "/applications")
    code = await code_of(running, "zhou", snapshot=case == "snapshot")
    if case == "used":
        state_of_other = await leave(other := running.browser())
        assert (await other.get(f"/wechat/return?code={code}&state={state_of_other}")).status == 303
    elif case == "never one":
        code = "0" * 32
    answer = await browser.get(f"/wechat/return?code={code}&state={state}")
    assert answer.status == 409
    assert "rq_session" not in browser.cookies
    assert "/login?next=%2Fapplications" in answer.text


async def test_when_wechat_is_down_the_phone_is_still_a_way_in(running: Running) -> None:
    browser = running.browser()
    state, code = await leave(browser), await code_of(running, "zhou")
    await running.sandbox.fault("wechat", "status", times=5, status=500)
    answer = await browser.get(f"/wechat/return?code={code}&state={state}")
    assert answer.status == 503
    assert "用手机号登录" in visible(answer)


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_the_way_back_never_leads_to_another_site(running: Running, elsewhere: str) -> None:
    await bound(running, "zhou")
    answer = await arrive(running, running.browser(), "zhou", elsewhere)
    assert (answer.status, answer.headers["Location"]) == (303, "/me")


async def test_a_waiting_openid_dies_and_can_not_be_made_up(running: Running) -> None:
    browser, phone = running.browser(), await registered(running)
    await arrive(running, browser, "zhou")
    code = await sms(running, browser, phone)
    running.clock.advance(minutes=16)
    fields = {"phone": phone, "code": code, "page": "login"}
    for kept in (browser.cookies["rq_wechat_bind"], "AAAA", "", "é"):
        browser.cookies["rq_wechat_bind"] = kept
        assert (await browser.get("/wechat/bind")).status == 409
        assert (await browser.post("/wechat/bind", fields)).status == 409
    assert not await bindings(running)


async def test_in_wechat_a_stranger_is_sent_to_wechat_once(running: Running) -> None:
    browser = running.browser()
    door = await browser.get("/me/sessions", headers=WECHAT)
    assert (door.status, door.headers["Location"]) == (303, "/wechat/enter?next=/me/sessions")
    await browser.follow(door)
    again = await browser.get("/me/sessions", headers=WECHAT)
    assert (again.status, again.headers["Location"]) == (303, "/login?next=/me/sessions")
    login = await browser.get("/login?next=/me/sessions", headers=WECHAT)
    assert 'href="/wechat/enter?next=%2Fme%2Fsessions"' in login.text
    assert "/wechat/enter" not in (await browser.get("/login")).text


async def test_outside_of_wechat_a_stranger_logs_in_by_phone(running: Running) -> None:
    door = await running.browser().get("/me")
    assert door.headers["Location"] == "/login?next=/me"


async def test_a_form_never_leads_to_wechat(running: Running) -> None:
    answer = await running.browser().post("/me/wechat/unbind", headers=WECHAT)
    assert (answer.status, answer.headers["Location"]) == (303, "/login")


async def test_without_an_account_of_ours_in_wechat_there_is_no_such_door(start: Starter) -> None:
    running = await start(RQ__WECHAT__OFFICIAL_ACCOUNT__APP_ID="wx0000000000000000")
    browser = running.browser()
    door = await browser.get("/me", headers=WECHAT)
    assert door.headers["Location"] == "/login?next=/me"
    entered = await browser.get("/wechat/enter?next=/me", headers=WECHAT)
    assert entered.headers["Location"] == "/login?next=/me"


async def test_who_logs_out_is_not_let_in_again_behind_his_back(running: Running) -> None:
    browser = await bound(running, "zhou")
    assert (await browser.post("/logout")).status == 303
    door = await browser.get("/me", headers=WECHAT)
    assert door.headers["Location"] == "/login?next=/me"


async def test_wechats_script_is_vouched_for_on_our_pages_only(running: Running) -> None:
    browser = running.browser()
    page = f"{running.url}/products?tag=x"
    answer = await browser.get(f"/wechat/js-config?url={page}%23top")
    assert answer.status == 200
    assert set(answer.json) == {"app_id", "timestamp", "nonce", "signature"}
    assert len(answer.json["signature"]) == 40
    for foreign in (f"{running.url}.evil.example/", "https://evil.example/", "/products", ""):
        assert (await browser.get(f"/wechat/js-config?url={foreign}")).status == 422


async def test_the_domain_proves_itself_by_a_file_from_the_configuration(start: Starter) -> None:
    proof = "{MP_verify_aB3.txt: aB3}"
    running = await start(RQ__WECHAT__DOMAIN_VERIFICATION=proof)
    answer = await running.browser().get("/MP_verify_aB3.txt")
    assert (answer.status, answer.text) == (200, "aB3")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert (await running.browser().get("/MP_verify_other.txt")).status == 404


@pytest.mark.shows("F014")
async def test_the_channel_that_brought_him_stands_on_the_account_he_gets(running: Running) -> None:
    door = running.sandbox.http
    await door.put("/wechat/server", json={"url": running.url})
    scanned = {"person": "zhou", "kind": "subscribe", "scene": "c.gaoxin"}
    async with door.post("/wechat/push", json=scanned) as answer:
        assert answer.status == 200
    await bound(running, "zhou")
    account = await running.database["accounts"].find_one({"channel": "gaoxin"})
    assert account is not None
    (counted,) = await running.platform.services.followers.channels()
    assert (counted.channel, counted.followed, counted.accounts) == ("gaoxin", 1, 1)


@pytest.mark.shows("F037")
async def test_who_unfollows_stays_bound_and_has_his_account(running: Running) -> None:
    door = running.sandbox.http
    await door.put("/wechat/server", json={"url": running.url})
    browser = await bound(running, "lin")
    (account_id,) = (await bindings(running)).values()
    followers = running.platform.services.followers
    for kind, is_reached in (("subscribe", True), ("unsubscribe", False)):
        async with door.post("/wechat/push", json={"person": "lin", "kind": kind}) as answer:
            assert answer.status == 200
        assert (await followers.openid_of(account_id) is not None) is is_reached
    assert list((await bindings(running)).values()) == [account_id]
    assert (await browser.get("/me")).status == 200
    assert (await arrive(running, running.browser(), "lin")).headers["Location"] == "/me"


@pytest.mark.parametrize("event", ["user_authorization_revoke", "user_authorization_cancellation"])
async def test_who_takes_it_back_in_wechat_is_unbound(running: Running, event: str) -> None:
    await bound(running, "zhou")
    async with running.sandbox.http.get("/wechat/chat", params={"person": "zhou"}) as answer:
        openid = str((await answer.json())["openid"])
    push = wechats.event("oWeChatItself", event, OpenID=openid, AppID=wechats.APP_ID)
    for _ in range(2):
        assert (await push.send(running.url)).text == "success"
    assert not await bindings(running)
    assert await running.database["accounts"].count_documents({}) == 1
    left = await running.database["wechat_followers"].count_documents({})
    assert left == (1 if event.endswith("revoke") else 0)
