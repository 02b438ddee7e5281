"""Processes over the session's mongod and sandbox."""

from collections.abc import AsyncIterator, Callable

import pytest

from server.composition.ground import lay_ground
from server.config import Settings
from server.main import Platform
from server.storage.mongo import Database
from tests.domain.messages.office import Office, Opener, Person
from tests.domain.messages.wechat_office import AS_SET, SETTING, Desk, WeChatDoor
from tests.platforms import MovableClock, SandboxDoor


@pytest.fixture
async def open_office(
    clean_database: Database,
    clock: MovableClock,
    outside: SandboxDoor,
    settings_for: Callable[..., Settings],
) -> AsyncIterator[Opener]:
    """Open processes, as many as a test wants; their relays do not run."""
    platforms: list[Platform] = []

    def begin(**overrides: str) -> Office:
        settings = settings_for(**overrides)
        platform = Platform(lay_ground(settings, settings.storage.uri.get_secret_value(), clock))
        platforms.append(platform)
        return Office(
            services=platform.services,
            templates=settings.aliyun.templates.model_dump(),
            database=clean_database,
            clock=clock,
            sandbox=outside,
        )

    yield begin
    for platform in platforms:
        await platform.stop()


@pytest.fixture
def office(open_office: Opener) -> Office:
    """One process."""
    return open_office()


@pytest.fixture
async def person(office: Office) -> Person:
    """An applicant; the ledger forgets how he came to be one."""
    registered = await office.person()
    await office.sandbox.http.delete("/ledger")
    return registered


@pytest.fixture
async def wechat(outside: SandboxDoor) -> AsyncIterator[WeChatDoor]:
    """WeChat as on the first day."""
    door = WeChatDoor(outside)
    await door.forget()
    yield door
    await door.forget()


@pytest.fixture
async def desk(open_office: Opener, wechat: WeChatDoor) -> Desk:
    """A process with every template, and a person who follows and is bound."""
    office = open_office(**{SETTING: AS_SET})
    person, openid = await office.person(), await wechat.follow()
    followers = office.services.followers
    await followers.follow(openid, at=office.clock(), scene="")
    await followers.bind(openid, person.account_id, address="127.0.0.1")
    await office.sandbox.http.delete("/ledger")
    return Desk(office=office, person=person, wechat=wechat)
