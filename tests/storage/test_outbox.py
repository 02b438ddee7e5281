"""The outbox: every event gets out, in its subject's order, to one process at a time."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from server.core.events import Event
from server.core.ids import new_id
from server.storage.embedded import Embedded
from server.storage.indexes import ensure, pending_events
from server.storage.mongo import Database
from server.storage.outbox import HOLDING_BACK_TRIES, Outbox
from tests.storage.conftest import HandClock
from tests.storage.processes import line_of, run

SOURCES = ("cases", "letters")

# Copies one event and is killed before it can clear it where it came from.
HALF_A_COLLECT = """
import asyncio, sys
from server.core.clock import utc_now
from server.storage.mongo import connect
from server.storage.outbox import Outbox

class Halting(Outbox):
    async def _copy(self, pending):
        await super()._copy(pending)
        print("copied", flush=True)
        await asyncio.Event().wait()

async def main():
    await Halting(connect(sys.argv[1], sys.argv[2]), utc_now, ("cases",)).collect()

asyncio.run(main())
"""


@pytest.fixture
async def outbox(clean_database: Database, clock: HandClock) -> Outbox:
    await ensure(clean_database, tuple(pending_events(source) for source in SOURCES))
    return Outbox(clean_database, clock, SOURCES)


async def _happen(
    db: Database, clock: HandClock, subject: str, *names: str, source: str = "cases"
) -> None:
    """One write of an aggregate with its events, as a repository does it."""
    events = [
        Event(id=new_id(), name=name, at=clock.now, subject_id=subject, facts={"n": 1})
        for name in names
    ]
    pending = {"$each": [event.to_document() for event in events]}
    await db[source].update_one({"_id": subject}, {"$push": {"pending": pending}}, upsert=True)


async def _names(outbox: Outbox, limit: int = 10) -> list[str]:
    return [event.name for event in await outbox.take(limit)]


async def _work_off(outbox: Outbox) -> list[str]:
    names = []
    while taken := await outbox.take(10):
        for event in taken:
            names.append(event.name)
            await outbox.done(event.id)
    return names


async def test_what_happened_is_taken_and_cleared_at_its_source(
    outbox: Outbox, clean_database: Database, clock: HandClock
) -> None:
    await _happen(clean_database, clock, "1", "case.opened")
    await _happen(clean_database, clock, "2", "letter.sent", source="letters")
    assert await outbox.collect() == 2
    taken = {event.subject_id: event for event in await outbox.take(10)}
    assert taken["1"].name == "case.opened" and taken["1"].at == clock.now
    assert taken["2"].facts == {"n": 1}
    for source in SOURCES:
        document: dict[str, Any] | None = await clean_database[source].find_one({})
        assert document is not None and document["pending"] == []
    assert await outbox.collect() == 0


async def test_an_event_copied_by_a_killed_process_comes_out_once(
    outbox: Outbox, clean_database: Database, clock: HandClock, mongod: Embedded
) -> None:
    await _happen(clean_database, clock, "1", "case.opened")
    killed = await run(HALF_A_COLLECT, mongod.uri, clean_database.name)
    assert await line_of(killed) == "copied"
    killed.kill()
    await killed.wait()
    source = await clean_database["cases"].find_one({"_id": "1"})
    assert source is not None and len(source["pending"]) == 1
    assert await _work_off(outbox) == ["case.opened"]
    assert await outbox.collect() == 0
    assert await _work_off(outbox) == []


async def test_many_collectors_at_once_bring_each_event_once(
    outbox: Outbox, clean_database: Database, clock: HandClock
) -> None:
    for n in range(30):
        await _happen(clean_database, clock, str(n), "case.opened")
    assert sum(await asyncio.gather(*(outbox.collect() for _ in range(4)))) == 30
    assert await clean_database["events"].count_documents({}) == 30


async def test_more_than_a_batch_is_collected(
    outbox: Outbox, clean_database: Database, clock: HandClock
) -> None:
    event = Event(id="", name="case.opened", at=clock.now, subject_id="s").to_document()
    cases = [{"_id": str(n), "pending": [{**event, "id": f"e{n}"}]} for n in range(450)]
    await clean_database["cases"].insert_many(cases)
    assert await outbox.collect() == 450


async def test_events_of_one_subject_come_one_by_one_in_their_order(
    outbox: Outbox, clean_database: Database, clock: HandClock
) -> None:
    await _happen(clean_database, clock, "1", "a", "b")
    clock.turn(1)
    await _happen(clean_database, clock, "1", "c")
    await outbox.collect()
    assert await _names(outbox) == ["a"]
    assert await _names(outbox) == []
    clock.turn(61)
    assert await _work_off(outbox) == ["a", "b", "c"]


async def test_two_processes_never_take_the_same_event(
    outbox: Outbox, clean_database: Database, clock: HandClock
) -> None:
    for n in range(40):
        await _happen(clean_database, clock, str(n), f"e{n}")
    await outbox.collect()
    other = Outbox(clean_database, clock, SOURCES)
    batches = await asyncio.gather(*(each.take(15) for each in (outbox, other) * 4))
    names = [event.name for batch in batches for event in batch]
    assert len(names) == len(set(names)) and max(map(len, batches)) <= 15
    rest = [event.name for event in await outbox.take(100)]
    assert sorted(names + rest) == sorted(f"e{n}" for n in range(40))


async def test_an_event_whose_taker_died_is_due_again_after_a_minute(
    outbox: Outbox, clean_database: Database, clock: HandClock
) -> None:
    await _happen(clean_database, clock, "1", "a")
    await outbox.collect()
    assert await _names(outbox) == ["a"]
    clock.turn(59)
    assert await _names(outbox) == []
    clock.turn(1)
    assert await _names(outbox) == ["a"]


async def test_a_failed_event_waits_longer_each_time_and_is_never_dropped(
    outbox: Outbox, clean_database: Database, clock: HandClock
) -> None:
    await _happen(clean_database, clock, "1", "a")
    await outbox.collect()
    waits = []
    for _ in range(30):
        (event,) = await outbox.take(10)
        await outbox.failed(event.id)
        document = await clean_database["events"].find_one({"_id": event.id})
        assert document is not None
        waits.append((document["due_at"] - clock.now).total_seconds())
        clock.now = document["due_at"] - timedelta(milliseconds=1)
        assert await _names(outbox) == []
        clock.now = document["due_at"]
    assert waits[:9] == [2, 4, 8, 16, 32, 64, 128, 256, 300] and set(waits[9:]) == {300}


async def test_a_failing_event_does_not_hold_back_others_for_ever(
    outbox: Outbox, clean_database: Database, clock: HandClock
) -> None:
    await _happen(clean_database, clock, "1", "fails")
    await _happen(clean_database, clock, "2", "other")
    clock.turn(1)
    await _happen(clean_database, clock, "1", "later")
    await outbox.collect()
    assert sorted(await _names(outbox)) == ["fails", "other"]
    failing = await clean_database["events"].find_one({"name": "fails"})
    assert failing is not None
    for _ in range(HOLDING_BACK_TRIES):
        assert "later" not in await _names(outbox)
        await outbox.failed(failing["_id"])
    assert await _names(outbox) == ["later"]


async def test_a_long_row_of_one_subject_does_not_starve_the_rest(
    outbox: Outbox, clean_database: Database, clock: HandClock
) -> None:
    await _happen(clean_database, clock, "busy", *(f"b{n}" for n in range(250)))
    clock.turn(1)
    await _happen(clean_database, clock, "quiet", "q")
    await outbox.collect()
    assert await _names(outbox, 2) == ["b0", "q"]


async def test_what_is_done_stays_known_for_a_month(
    outbox: Outbox, clean_database: Database, clock: HandClock
) -> None:
    await _happen(clean_database, clock, "1", "a")
    await outbox.collect()
    assert await _work_off(outbox) == ["a"]
    clock.turn(3600)
    assert await _names(outbox) == []
    document = await clean_database["events"].find_one({})
    assert document is not None
    assert (document["expires_at"] - clock.now) > timedelta(days=29)
