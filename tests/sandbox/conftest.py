"""A sandbox of its own for every test, on a free port of loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.app import listen
from sandbox.state import State, new_state
from sandbox.world import Person, World, load


@pytest.fixture(scope="session")
def world() -> World:
    return load()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest_asyncio.fixture
async def state(world: World) -> AsyncIterator[State]:
    running = new_state(world)
    server = listen(running, 0)
    yield running
    server.stop()
    await server.close_all_connections()


@pytest.fixture
def person(world: World) -> Person:
    return world.persons[0]
