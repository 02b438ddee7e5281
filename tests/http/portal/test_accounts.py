"""Registration, log-in and the privacy guideline as people meet them, without scripts."""

import pytest

from tests.clients import PageClient, visible
from tests.people import new_phone, register, wait_for_another_code
from tests.platforms import Running, Starter

TICKS = {"accept_terms": "2026-11-01", "accept_privacy": "2026-11-01"}


async def get_code(running: Running, browser: PageClient, phone: str, page: str) -> str:
    answer = await browser.post("/login/code", {"phone": phone, "page": page})
    assert answer.status == 200, visible(answer)
    return await running.sandbox.code(phone)


async def test_a_person_registers_and_is_led_to_certification(running: Running) -> None:
    browser, phone = running.browser(), new_phone()
    code = await get_code(running, browser, phone, "register")
    answer = await browser.post("/register", {"phone": phone, "code": code, **TICKS})
    assert (answer.status, answer.headers["Location"]) == (303, "/certification")
    me = await browser.get("/me")
    assert me.status == 200
    assert f"{phone[:3]}****{phone[-4:]}" in visible(me)
    assert phone not in me.text


async def test_a_refused_registration_keeps_what_was_typed_and_says_what_is_wrong(
    running: Running,
) -> None:
    browser, phone = running.browser(), new_phone()
    answer = await browser.post("/register", {"phone": phone, "code": "12", "accept_terms": "x"})
    assert answer.status == 422
    assert f'value="{phone}"' in answer.text
    assert "请输入短信中的 6 位数字验证码" in visible(answer)
    assert await running.database["accounts"].count_documents({}) == 0


@pytest.mark.shows("F016")
async def test_both_texts_must_be_ticked(running: Running) -> None:
    browser, phone = running.browser(), new_phone()
    code = await get_code(running, browser, phone, "register")
    answer = await browser.post("/register", {"phone": phone, "code": code})
    assert answer.status == 422
    assert "请阅读并同意《个人信息保护指引》" in visible(answer)
    assert await running.database["accounts"].count_documents({}) == 0


async def test_log_in_leads_back_to_where_the_person_wanted_to_go(running: Running) -> None:
    browser, phone = running.browser(), new_phone()
    await register(running, phone)
    await wait_for_another_code(running)
    door = await browser.get("/me/sessions")
    assert (door.status, door.headers["Location"]) == (303, "/login?next=/me/sessions")
    code = await get_code(running, browser, phone, "login")
    body = {"phone": phone, "code": code, "next": "/me/sessions"}
    before = dict(browser.cookies)
    answer = await browser.post("/login", body, key="one-tap-and-another")
    assert (answer.status, answer.headers["Location"]) == (303, "/me/sessions")
    browser.cookies = before
    again = await browser.post("/login", body, key="one-tap-and-another")
    assert (again.status, again.headers["Location"]) == (303, "/me/sessions")
    assert (await browser.get("/me/sessions")).status == 200


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_log_in_never_leads_to_another_site(running: Running, elsewhere: str) -> None:
    browser, phone = running.browser(), new_phone()
    await register(running, phone)
    await wait_for_another_code(running)
    code = await get_code(running, browser, phone, "login")
    answer = await browser.post("/login", {"phone": phone, "code": code, "next": elsewhere})
    assert (answer.status, answer.headers["Location"]) == (303, "/me")


async def test_an_unknown_phone_with_the_right_code_sees_the_registration_with_both_filled_in(
    running: Running,
) -> None:
    browser, phone = running.browser(), new_phone()
    code = await get_code(running, browser, phone, "login")
    answer = await browser.post("/login", {"phone": phone, "code": code})
    assert answer.status == 409
    assert "还没有注册" in visible(answer)
    assert f'value="{phone}"' in answer.text and 'action="/register"' in answer.text


async def test_logging_out_ends_the_session_on_the_server(running: Running) -> None:
    browser, phone = running.browser(), new_phone()
    code = await get_code(running, browser, phone, "register")
    await browser.post("/register", {"phone": phone, "code": code, **TICKS})
    token = browser.cookies["rq_session"]
    answer = await browser.post("/logout")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    browser.cookies["rq_session"] = token
    assert (await browser.get("/me")).status == 303


async def test_a_form_without_its_token_changes_nothing(running: Running) -> None:
    browser = running.browser()
    answer = await browser.post("/login/code", {"phone": new_phone()}, xsrf=False)
    assert answer.status == 403
    assert "刷新后重新提交" in visible(answer)
    assert await running.database["sms_codes"].count_documents({}) == 0


@pytest.mark.shows("F041")
async def test_a_new_guideline_is_asked_for_before_anything_personal(start: Starter) -> None:
    old = await start()
    browser, phone = old.browser(), new_phone()
    code = await get_code(old, browser, phone, "register")
    await browser.post("/register", {"phone": phone, "code": code, **TICKS})
    new = await start(RQ__AGREEMENTS__PRIVACY_VERSION='"2026-12-01"')
    later = new.browser()
    later.cookies = dict(browser.cookies)
    door = await later.get("/me")
    assert (door.status, door.headers["Location"]) == (303, "/privacy?next=/me")
    page = await later.follow(door)
    assert "同意并继续" in visible(page)
    answer = await later.post("/privacy", {"version": "2026-12-01", "next": "/me"})
    assert (answer.status, answer.headers["Location"]) == (303, "/me")
    assert (await later.get("/me")).status == 200


@pytest.mark.parametrize("name", ["privacy", "terms", "certification", "face", "application"])
async def test_every_agreement_can_be_read_by_anybody(running: Running, name: str) -> None:
    answer = await running.browser().get(f"/agreements/{name}")
    assert answer.status == 200
    assert "版本 2026-11-01" in visible(answer)


async def test_the_elder_friendly_mode_is_remembered(running: Running) -> None:
    browser = running.browser()
    answer = await browser.post("/care", {"on": "1", "next": "/login"})
    assert (answer.status, answer.headers["Location"]) == (303, "/login")
    assert 'data-mode="care"' in (await browser.get("/login")).text


async def test_an_unknown_address_is_a_page_of_ours(running: Running) -> None:
    answer = await running.browser().get("/no/such/page")
    assert answer.status == 404
    assert "没有找到这个页面" in visible(answer)
