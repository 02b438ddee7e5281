"""Processes over the session's mongod and sandbox."""

from collections.abc import AsyncIterator, Callable

import pytest

from server.composition.ground import lay_ground
from server.config import Settings
from server.main import Platform
from server.storage.mongo import Database
from tests.domain.messages.office import Office, Opener, Person
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

    def begin() -> Office:
        settings = settings_for()
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
