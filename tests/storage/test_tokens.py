"""One token for all processes: fetched once, sealed, renewed in time, replaced when refused."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from server.storage.changes import ChangeFeed
from server.storage.embedded import Embedded
from server.storage.encryption import FieldCipher
from server.storage.mongo import Database, deadline
from server.storage.tokens import LEASE_SECONDS, SharedToken
from tests.storage.conftest import HandClock
from tests.storage.processes import line_of, run
from tests.waiting import until

PROCESSES, CALLS = 4, 50
CALLER = """
import asyncio, sys
from server.core.clock import utc_now
from server.storage.changes import ChangeFeed
from server.storage.counters import Counters
from server.storage.encryption import FieldCipher
from server.storage.mongo import connect
from server.storage.tokens import SharedToken

async def main():
    db = connect(sys.argv[1], sys.argv[2])
    cipher = FieldCipher({1: b"1" * 32}, 1, b"i" * 32)
    token = SharedToken(db, cipher, utc_now, ChangeFeed(db), "vendor")

    async def fetch(force):
        number = await Counters(db).next("fetches")
        await asyncio.sleep(0.3)
        return f"token-{number}", 7200

    print("ready", flush=True)
    sys.stdin.readline()
    got = await asyncio.gather(*(token.get(fetch) for _ in range(int(sys.argv[3]))))
    print(" ".join(got), flush=True)

asyncio.run(main())
"""


class VendorDown(Exception):
    pass


class Vendor:
    """Hands out one token until it is told to hand out the next."""

    def __init__(self) -> None:
        self.number = 1
        self.life_seconds = 7200
        self.asked: list[bool] = []
        self.down = False
        self.obeys_force = True
        self.gate: asyncio.Event | None = None

    async def fetch(self, force: bool) -> tuple[str, int]:
        self.asked.append(force)
        if self.gate is not None:
            await self.gate.wait()
        if self.down:
            raise VendorDown
        if force and self.obeys_force:
            self.number += 1
        return f"token-{self.number}", self.life_seconds


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


Maker = Callable[[], SharedToken]


@pytest.fixture
def process(clean_database: Database, cipher: FieldCipher, clock: HandClock) -> Maker:
    """What one more process would hold."""
    return lambda: SharedToken(
        clean_database, cipher, clock, ChangeFeed(clean_database), "wechat.access_token"
    )


async def test_four_processes_with_fifty_cold_calls_each_fetch_once(
    clean_database: Database, mongod: Embedded
) -> None:
    processes = [
        await run(CALLER, mongod.uri, clean_database.name, str(CALLS)) for _ in range(PROCESSES)
    ]
    for one in processes:
        assert await line_of(one) == "ready"
    for one in processes:
        assert one.stdin is not None
        one.stdin.write(b"go\n")
    answers = [(await one.communicate())[0].split() for one in processes]
    assert answers == [[b"token-1"] * CALLS] * PROCESSES


async def test_a_token_is_kept_until_four_minutes_before_its_end(
    process: Maker, vendor: Vendor, clock: HandClock
) -> None:
    token = process()
    assert await token.get(vendor.fetch) == "token-1"
    clock.turn(7200 - 241)
    assert await token.get(vendor.fetch) == "token-1" == await process().get(vendor.fetch)
    vendor.number = 2
    clock.turn(1)
    assert await token.get(vendor.fetch) == "token-2" == await process().get(vendor.fetch)
    assert vendor.asked == [False, False]


async def test_a_short_life_does_not_mean_a_fetch_at_every_call(
    process: Maker, vendor: Vendor, clock: HandClock
) -> None:
    vendor.life_seconds = 100
    token = process()
    for _ in range(3):
        await token.get(vendor.fetch)
    clock.turn(49)
    await token.get(vendor.fetch)
    assert len(vendor.asked) == 1


async def test_the_database_does_not_hold_it_in_clear(
    process: Maker, vendor: Vendor, clean_database: Database
) -> None:
    await process().get(vendor.fetch)
    (document,) = await clean_database["tokens"].find().to_list(None)
    assert document["_id"] == "wechat.access_token"
    assert b"token-1" not in document["value"] and "token-1" not in repr(document)
    assert "lease_by" not in document, "the lease is given back"


async def test_what_was_sealed_with_a_lost_key_is_fetched_again(
    clean_database: Database, process: Maker, vendor: Vendor, clock: HandClock
) -> None:
    await process().get(vendor.fetch)
    other = FieldCipher({3: b"3" * 32}, 3, b"i" * 32)
    changes = ChangeFeed(clean_database)
    token = SharedToken(clean_database, other, clock, changes, "wechat.access_token")
    assert await token.get(vendor.fetch) == "token-1"
    assert len(vendor.asked) == 2


async def test_a_refused_token_is_replaced_without_force_when_the_vendor_has_another(
    process: Maker, vendor: Vendor
) -> None:
    token = process()
    await token.get(vendor.fetch)
    vendor.number = 2
    assert await token.replace("token-1", vendor.fetch) == "token-2"
    assert await token.get(vendor.fetch) == "token-2"
    assert vendor.asked == [False, False]


async def test_force_is_the_last_resort_and_not_used_twice_within_its_gap(
    process: Maker, vendor: Vendor, clock: HandClock
) -> None:
    vendor.obeys_force = False
    token = process()
    await token.get(vendor.fetch)
    assert await token.replace("token-1", vendor.fetch) == "token-1"
    assert vendor.asked == [False, False, True]
    assert await process().replace("token-1", vendor.fetch) == "token-1"
    assert vendor.asked == [False, False, True, False]
    vendor.obeys_force = True
    clock.turn(35)
    assert await token.replace("token-1", vendor.fetch) == "token-2"
    assert vendor.asked[4:] == [False, True]


async def test_only_the_token_that_failed_is_given_up(process: Maker, vendor: Vendor) -> None:
    slow, quick = process(), process()
    await slow.get(vendor.fetch)
    vendor.number = 2
    assert await quick.replace("token-1", vendor.fetch) == "token-2"
    assert await slow.replace("token-1", vendor.fetch) == "token-2"
    assert await slow.replace("token-1", vendor.fetch) == "token-2"
    assert len(vendor.asked) == 2


async def test_fifty_refusals_at_once_are_one_fetch(process: Maker, vendor: Vendor) -> None:
    token = process()
    await token.get(vendor.fetch)
    vendor.number = 2
    got = await asyncio.gather(*(token.replace("token-1", vendor.fetch) for _ in range(50)))
    assert set(got) == {"token-2"} and len(vendor.asked) == 2


async def test_a_failure_is_told_to_all_who_wait_and_the_lease_is_free_again(
    process: Maker, vendor: Vendor
) -> None:
    vendor.down = True
    token = process()
    calls = (token.get(vendor.fetch) for _ in range(50))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(one) for one in outcomes} == {VendorDown} and len(vendor.asked) == 1
    vendor.down = False
    assert await process().get(vendor.fetch) == "token-1"


async def test_the_old_token_is_used_on_while_the_vendor_gives_no_new_one(
    process: Maker, vendor: Vendor, clock: HandClock
) -> None:
    token = process()
    await token.get(vendor.fetch)
    vendor.down = True
    clock.turn(7200 - 100)
    for _ in range(3):
        assert await token.get(vendor.fetch) == "token-1"
    assert len(vendor.asked) == 2
    clock.turn(100)
    with pytest.raises(VendorDown):
        await token.get(vendor.fetch)


async def test_a_refused_token_is_not_used_on(process: Maker, vendor: Vendor) -> None:
    token = process()
    await token.get(vendor.fetch)
    vendor.down = True
    with pytest.raises(VendorDown):
        await token.replace("token-1", vendor.fetch)


async def test_others_use_the_old_token_while_one_fetches(
    process: Maker, vendor: Vendor, clock: HandClock
) -> None:
    one, other = process(), process()
    await one.get(vendor.fetch)
    clock.turn(7200 - 100)
    vendor.gate, vendor.number = asyncio.Event(), 2
    fetching = asyncio.create_task(one.get(vendor.fetch))
    await until(lambda: len(vendor.asked) == 2)
    assert await other.get(vendor.fetch) == "token-1"
    vendor.gate.set()
    assert await fetching == "token-2" == await other.get(vendor.fetch)
    assert len(vendor.asked) == 2


async def test_a_caller_that_leaves_does_not_end_the_fetch_of_the_others(
    process: Maker, vendor: Vendor
) -> None:
    token = process()
    vendor.gate = asyncio.Event()
    leaving = asyncio.create_task(token.get(vendor.fetch))
    await until(lambda: len(vendor.asked) == 1)
    staying = asyncio.create_task(token.get(vendor.fetch))
    leaving.cancel()
    with suppress(asyncio.CancelledError):
        await leaving
    vendor.gate.set()
    assert await staying == "token-1" and len(vendor.asked) == 1


async def test_the_lease_of_a_dead_process_is_taken_over(
    process: Maker, vendor: Vendor, clock: HandClock, clean_database: Database
) -> None:
    document = {"_id": "wechat.access_token", "lease_by": "dead", "lease_until_at": clock()}
    await clean_database["tokens"].insert_one(document)
    clock.turn(LEASE_SECONDS)
    assert await process().get(vendor.fetch) == "token-1"


async def test_the_database_deadline_of_a_caller_is_not_that_of_the_others(
    process: Maker, vendor: Vendor
) -> None:
    token = process()
    with deadline(0.000001):
        assert await token.get(vendor.fetch) == "token-1"


async def test_a_change_by_another_process_is_followed(
    clean_database: Database, cipher: FieldCipher, clock: HandClock, process: Maker, vendor: Vendor
) -> None:
    changes = ChangeFeed(clean_database)
    token = SharedToken(clean_database, cipher, clock, changes, "wechat.access_token")
    await changes.start()
    try:
        await token.get(vendor.fetch)
        vendor.number = 2
        await process().replace("token-1", vendor.fetch)
        seen: list[str] = []

        async def follows() -> bool:
            seen.append(await token.get(vendor.fetch))
            return seen[-1] == "token-2"

        await until(follows)
        assert len(vendor.asked) == 2
    finally:
        await changes.stop()


async def test_a_token_is_not_in_the_representation_of_its_holder(
    process: Maker, vendor: Vendor
) -> None:
    token = process()
    await token.get(vendor.fetch)
    assert "token-1" not in repr((token, vars(token)))
