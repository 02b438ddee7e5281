"""Rate limits over sliding windows."""

import asyncio

import pytest

from server.storage.limits import RateLimits
from server.storage.mongo import Database
from tests.storage.conftest import HandClock

RULES = ((1, 60), (3, 3600))


async def test_a_window_slides_and_says_how_long_to_wait(
    clean_database: Database, clock: HandClock
) -> None:
    limits = RateLimits(clean_database, clock)
    assert await limits.take("sms:a", RULES) == 0
    clock.turn(20.5)
    assert await limits.take("sms:a", RULES) == 40
    clock.turn(39.5)
    assert await limits.take("sms:a", RULES) == 0


async def test_the_longest_wait_of_all_rules_counts(
    clean_database: Database, clock: HandClock
) -> None:
    limits = RateLimits(clean_database, clock)
    for _ in range(3):
        assert await limits.take("sms:a", RULES) == 0
        clock.turn(60)
    assert await limits.take("sms:a", RULES) == 3600 - 180
    clock.turn(3600 - 180)
    assert await limits.take("sms:a", RULES) == 0
    assert await limits.take("sms:a", RULES) == 60


async def test_what_was_refused_is_not_counted(clean_database: Database, clock: HandClock) -> None:
    limits = RateLimits(clean_database, clock)
    await limits.take("k", [(1, 10)])
    for _ in range(20):
        assert await limits.take("k", [(1, 10)]) == 10
    clock.turn(10)
    assert await limits.take("k", [(1, 10)]) == 0


async def test_keys_do_not_share_a_limit(clean_database: Database, clock: HandClock) -> None:
    limits = RateLimits(clean_database, clock)
    assert await limits.take("a", [(1, 10)]) == 0
    assert await limits.take("b", [(1, 10)]) == 0


@pytest.mark.parametrize("count", [1, 5])
async def test_of_many_at_once_exactly_as_many_pass_as_allowed(
    clean_database: Database, clock: HandClock, count: int
) -> None:
    limits = [RateLimits(clean_database, clock) for _ in range(2)]
    waits = await asyncio.gather(*(limits[n % 2].take("k", [(count, 10)]) for n in range(20)))
    assert waits.count(0) == count and set(waits) == {0, 10}


async def test_an_old_key_is_left_to_the_broom(clean_database: Database, clock: HandClock) -> None:
    await RateLimits(clean_database, clock).take("k", RULES)
    document = await clean_database["rate_limits"].find_one({"_id": "k"})
    assert document is not None
    assert (document["expires_at"] - clock.now).total_seconds() == 3600
