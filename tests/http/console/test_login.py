"""The console's door: name and password, the lock, and that it is not the portal's."""

import pytest

from server.accounts.account import AccountState
from server.core.actor import Actor, Role, Surface
from server.core.ids import new_id
from tests.borrowing import browser_of
from tests.clients import visible
from tests.http.console.desks import at_work, employ, log_in
from tests.people import register
from tests.platforms import Running

ADMINISTRATOR = Actor(
    account_id=new_id(), surface=Surface.CONSOLE, session_id="0" * 64, address="127.0.0.1"
)


async def test_staff_log_in_and_see_who_they_are_and_what_waits(running: Running) -> None:
    member = await employ(running, Role.REVIEWER, name="沈知微")
    answer = await log_in(member)
    assert (answer.status, answer.headers["Location"]) == (303, "/console")
    page = await member.browser.get("/console")
    assert page.status == 200
    assert "沈知微" in visible(page) and "审核员" in visible(page)
    assert "HttpOnly" in answer.headers["Set-Cookie"] and "Path=/console" in str(
        answer.headers["Set-Cookie"]
    )


async def test_a_log_in_sent_twice_with_one_key_opens_one_session(running: Running) -> None:
    member = await employ(running, Role.REVIEWER)
    for _ in range(2):
        member.browser.cookies.pop("rq_console", None)
        answer = await log_in(member, key="one-tap-and-another")
        assert answer.status == 303
    assert (await member.browser.get("/console")).status == 200
    assert await running.database["sessions"].count_documents({"surface": "console"}) == 1


async def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(
    running: Running,
) -> None:
    member = await employ(running, Role.REVIEWER)
    answer = await log_in(member, password="Wrong-2026")
    assert answer.status == 401
    assert "登录名或密码不正确" in visible(answer)
    assert f'value="{member.login}"' in answer.text and "Wrong-2026" not in answer.text
    assert await running.database["sessions"].count_documents({}) == 0


async def test_five_failures_lock_the_account_and_say_for_how_many_minutes(
    running: Running,
) -> None:
    member = await employ(running, Role.REVIEWER)
    for _ in range(5):
        assert (await log_in(member, password="Wrong-2026")).status == 401
    answer = await log_in(member)
    assert answer.status == 429
    assert "15 分钟后重试" in visible(answer)
    assert int(answer.headers["Retry-After"]) <= 15 * 60
    running.clock.advance(minutes=16)
    assert (await log_in(member)).status == 303


async def test_a_disabled_account_is_told_so_and_gets_no_session(running: Running) -> None:
    member = await employ(running, Role.REVIEWER)
    accounts = running.platform.services.accounts
    await accounts.set_staff_state(member.account_id, AccountState.DISABLED, actor=ADMINISTRATOR)
    answer = await log_in(member)
    assert answer.status == 403
    assert "账号已停用" in visible(answer)
    assert await running.database["sessions"].count_documents({}) == 0


async def test_a_stranger_is_led_to_the_door_and_back_to_where_he_wanted_to_go(
    running: Running,
) -> None:
    member = await employ(running, Role.REVIEWER)
    door = await member.browser.get("/console/certifications?state=mine")
    assert door.headers["Location"] == "/console/login?next=/console/certifications%3Fstate%3Dmine"
    answer = await log_in(member, next="/console/certifications?state=mine")
    assert answer.headers["Location"] == "/console/certifications?state=mine"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example/console", "/console/../me", "/consoles", "/me"],
)
async def test_log_in_never_leads_out_of_the_console(running: Running, elsewhere: str) -> None:
    member = await employ(running, Role.REVIEWER)
    answer = await log_in(member, next=elsewhere)
    assert (answer.status, answer.headers["Location"]) == (303, "/console")


async def test_logging_out_ends_the_session_on_the_server(running: Running) -> None:
    member = await at_work(running, Role.REVIEWER)
    token = member.browser.cookies["rq_console"]
    answer = await member.browser.post("/console/logout")
    assert (answer.status, answer.headers["Location"]) == (303, "/console/login")
    member.browser.cookies["rq_console"] = token
    assert (await member.browser.get("/console")).status == 303


async def test_neither_surface_opens_with_the_others_session(running: Running) -> None:
    member = await at_work(running, Role.ADMINISTRATOR)
    token = member.browser.cookies["rq_console"]
    stranger = running.browser()
    stranger.cookies["rq_session"] = token
    assert (await stranger.get("/me")).headers["Location"].startswith("/login")
    stranger.cookies = {"rq_session": token}
    assert (await stranger.get("/console")).headers["Location"].startswith("/console/login")


async def test_an_applicants_session_never_opens_the_console(running: Running) -> None:
    browser = await browser_of(running, await register(running))
    assert (await browser.get("/me")).status == 200
    browser.cookies["rq_console"] = browser.cookies["rq_session"]
    answer = await browser.get("/console")
    assert answer.headers["Location"].startswith("/console/login")


async def test_a_session_of_staff_ends_with_the_working_day(running: Running) -> None:
    member = await at_work(running, Role.REVIEWER)
    running.clock.advance(minutes=running.settings.sessions.staff_minutes + 1)
    assert (await member.browser.get("/console")).status == 303


async def test_a_form_without_its_token_changes_nothing(running: Running) -> None:
    member = await at_work(running, Role.REVIEWER)
    answer = await member.browser.post("/console/logout", xsrf=False)
    assert answer.status == 403
    assert "回到运营概览" in visible(answer)
    assert (await member.browser.get("/console")).status == 200


async def test_an_unknown_address_is_a_page_of_the_console(running: Running) -> None:
    answer = await running.browser().get("/console/no/such/page")
    assert answer.status == 404
    assert "回到运营概览" in visible(answer)
