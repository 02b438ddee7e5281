"""Who may open what in the console: every address of it, every role, and strangers."""

from itertools import product

import pytest

from handlers.access import Door, access_of
from handlers.route import Route
from handlers.routes import CONSOLE
from server.core.actor import GRANTS, Permission, Role
from server.core.ids import new_id
from tests.clients import visible
from tests.http.console.desks import at_work
from tests.platforms import Running

METHODS = ("get", "post")


def doors() -> list[tuple[str, str, Permission]]:
    """Method, address and permission of everything that is for staff."""
    found = []
    for route, method in product(CONSOLE, METHODS):
        access = access_of(getattr(route.handler, method))
        if access is not None and access.door is Door.STAFF:
            assert access.permission is not None
            found.append((method, address_of(route), access.permission))
    return found


def address_of(route: Route) -> str:
    """An address of the route, with an id of nothing where it takes one."""
    return route.pattern.replace(r"([0-9a-z]{26})", new_id())


def test_every_address_of_the_console_is_for_staff_but_its_doors() -> None:
    public = {
        route.name
        for route, method in product(CONSOLE, METHODS)
        if (access := access_of(getattr(route.handler, method))) is not None
        and access.door is not Door.STAFF
    }
    assert public == {"staff_login", "unknown_console"}


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_gets_in_exactly_where_its_permissions_reach(
    running: Running, role: Role
) -> None:
    browser = (await at_work(running, role)).browser
    for method, address, permission in doors():
        if address.endswith("/logout"):
            continue
        send = browser.get if method == "get" else browser.post
        answer = await send(address)
        may = permission in GRANTS[role]
        assert (answer.status != 403) is may, (role, method, address, answer.status)
        if not may:
            assert "您的岗位没有这项权限" in visible(answer)


async def test_a_stranger_is_sent_to_the_door_everywhere(running: Running) -> None:
    browser = running.browser()
    for method, address, _ in doors():
        send = browser.get if method == "get" else browser.post
        answer = await send(address)
        assert answer.status == 303, (method, address)
        assert answer.headers["Location"].startswith("/console/login")


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        (Role.REVIEWER, ("企业认证审核",), ("融资申请", "账号与岗位")),
        (Role.OFFICER, ("融资申请",), ("企业认证审核", "账号与岗位")),
        (Role.ADMINISTRATOR, ("企业认证审核", "融资申请", "账号与岗位"), ()),
    ],
)
async def test_the_side_bar_offers_what_the_role_may_open(
    running: Running, role: Role, shown: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    page = visible(await (await at_work(running, role)).browser.get("/console/messages"))
    assert all(label in page for label in shown)
    assert not any(label in page for label in hidden)


async def test_the_elder_friendly_mode_works_here_too(running: Running) -> None:
    browser = (await at_work(running, Role.REVIEWER)).browser
    answer = await browser.post("/care", {"on": "1", "next": "/console"})
    assert answer.headers["Location"] == "/console"
    assert 'data-mode="care"' in (await browser.get("/console")).text
