"""Leases and counters: what several processes share."""

import asyncio

from server.storage.counters import Counters
from server.storage.embedded import Embedded
from server.storage.leases import Leases
from server.storage.mongo import Database
from tests.storage.conftest import HandClock
from tests.storage.processes import run

CONTENDER = """
import asyncio, sys
from server.core.clock import utc_now
from server.storage.leases import Leases
from server.storage.mongo import connect

async def main():
    db = connect(sys.argv[1], sys.argv[2])
    leases = Leases(db, utc_now)
    won = [str(n) for n in range(40) if await leases.take(f"job {n}", sys.argv[3], 60)]
    print(" ".join(won))

asyncio.run(main())
"""


async def test_a_lease_is_held_until_its_end(clean_database: Database, clock: HandClock) -> None:
    leases = Leases(clean_database, clock)
    assert await leases.take("relay", "a", 10)
    assert not await leases.take("relay", "b", 10)
    clock.turn(9.9)
    assert not await leases.take("relay", "b", 10)
    clock.turn(0.1)
    assert await leases.take("relay", "b", 10)
    assert not await leases.take("relay", "a", 10)


async def test_its_holder_may_renew_it(clean_database: Database, clock: HandClock) -> None:
    leases = Leases(clean_database, clock)
    assert await leases.take("relay", "a", 10)
    clock.turn(8)
    assert await leases.take("relay", "a", 10)
    clock.turn(8)
    assert not await leases.take("relay", "b", 10)


async def test_only_its_holder_can_release_it(clean_database: Database, clock: HandClock) -> None:
    leases = Leases(clean_database, clock)
    await leases.take("relay", "a", 10)
    await leases.release("relay", "b")
    assert not await leases.take("relay", "b", 10)
    await leases.release("relay", "a")
    assert await leases.take("relay", "b", 10)


async def test_two_processes_never_hold_the_same_lease(
    clean_database: Database, mongod: Embedded
) -> None:
    contenders = [await run(CONTENDER, mongod.uri, clean_database.name, who) for who in "ab"]
    answers = [(await contender.communicate())[0].split() for contender in contenders]
    assert sorted(map(int, answers[0] + answers[1])) == list(range(40))


async def test_numbers_are_given_once_each(clean_database: Database) -> None:
    counters = Counters(clean_database)
    numbers = await asyncio.gather(*(counters.next("RQ20260302") for _ in range(50)))
    assert sorted(numbers) == list(range(1, 51))
    assert await counters.next("RQ20260303") == 1
