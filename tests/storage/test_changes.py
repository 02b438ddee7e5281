"""The change feed: quick, bounded, and honest about what it may have missed."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest

from server.storage.changes import MISSED, ChangeFeed
from server.storage.embedded import Embedded
from server.storage.mongo import Database, Document, connect
from tests.waiting import until


@pytest.fixture
async def feed(clean_database: Database) -> AsyncIterator[ChangeFeed]:
    feed = ChangeFeed(clean_database, ["tickets"])
    yield feed
    await feed.stop()


async def test_a_watcher_is_told_within_a_tenth_of_a_second(
    feed: ChangeFeed, clean_database: Database
) -> None:
    await feed.start()
    delays = []
    async with feed.watch("tickets", "t") as changes:
        for n in range(10):
            await clean_database["tickets"].update_one(
                {"_id": "t"}, {"$set": {"n": n}}, upsert=True
            )
            written = time.monotonic()
            change = await asyncio.wait_for(anext(changes), 5)
            delays.append(time.monotonic() - written)
            assert change.document == {"_id": "t", "n": n}
    assert sorted(delays)[len(delays) // 2] < 0.1


async def test_only_changes_of_its_document_wake_a_watcher(
    feed: ChangeFeed, clean_database: Database
) -> None:
    await feed.start()
    async with feed.watch("tickets", "t") as changes:
        await clean_database["tickets"].insert_one({"_id": "other"})
        await clean_database["letters"].insert_one({"_id": "t"})
        await clean_database["tickets"].insert_one({"_id": "t"})
        assert (await asyncio.wait_for(anext(changes), 5)).operation == "insert"
        await clean_database["tickets"].delete_one({"_id": "t"})
        gone = await asyncio.wait_for(anext(changes), 5)
        assert gone.operation == "delete" and gone.document is None


async def test_a_slow_watcher_sees_the_latest_only(
    feed: ChangeFeed, clean_database: Database
) -> None:
    seen: list[int] = []

    def note(_id: str, _operation: str, document: Document | None) -> None:
        seen.append((document or {})["n"])

    feed.subscribe("tickets", note)
    await feed.start()
    async with feed.watch("tickets", "t") as changes:
        for n in range(50):
            await clean_database["tickets"].replace_one({"_id": "t"}, {"n": n}, upsert=True)
        await until(lambda: len(seen) == 50)
        change = await asyncio.wait_for(anext(changes), 5)
        assert change.document is not None and change.document["n"] == 49
        waiting = asyncio.ensure_future(anext(changes))
        done, _ = await asyncio.wait([waiting], timeout=0.05)
        assert not done
        waiting.cancel()


async def test_subscribers_of_a_collection_are_told_of_every_document(
    feed: ChangeFeed, clean_database: Database
) -> None:
    told: list[tuple[str, str]] = []

    def fail(*_: object) -> None:
        raise RuntimeError("a broken subscriber")

    feed.subscribe("sessions", fail)
    feed.subscribe(
        "sessions", lambda document_id, operation, _: told.append((document_id, operation))
    )
    await feed.start()
    await clean_database["sessions"].insert_one({"_id": "a"})
    await clean_database["sessions"].delete_one({"_id": "a"})
    await clean_database["letters"].insert_one({"_id": "b"})
    await until(lambda: told == [("a", "insert"), ("a", "delete")])


async def test_what_is_not_listed_can_not_be_watched(feed: ChangeFeed) -> None:
    with pytest.raises(ValueError):
        async with feed.watch("letters", "t"):
            pass
    await feed.start()
    with pytest.raises(ValueError):
        feed.subscribe("letters", lambda *_: None)


async def test_stopping_ends_the_watchers(feed: ChangeFeed, clean_database: Database) -> None:
    await feed.start()

    entered = asyncio.Event()

    async def watch() -> int:
        async with feed.watch("tickets", "t") as changes:
            entered.set()
            return len([change async for change in changes])

    watching = asyncio.create_task(watch())
    await entered.wait()
    await feed.stop()
    assert await asyncio.wait_for(watching, 5) == 0
    assert not feed.alive


async def test_it_breaks_with_the_database_and_goes_on_where_it_was(
    own_mongod: Embedded,
) -> None:
    db = connect(own_mongod.uri, "feed")
    feed = ChangeFeed(db, ["tickets"])
    told: list[str] = []
    feed.subscribe("tickets", lambda document_id, *_: told.append(document_id))
    feed.on_break(lambda: told.append("break"))
    feed.on_resume(lambda: told.append("resume"))
    await feed.start()
    await db["tickets"].insert_one({"_id": "before"})
    await until(lambda: told == ["resume", "before"])
    pid = own_mongod.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not feed.alive, 10)
    own_mongod.start()
    async with feed.watch("tickets", "t") as changes:
        # Written before the feed is back: the place it stopped at lies further back.
        await db["tickets"].insert_one({"_id": "meanwhile"})
        await until(lambda: told[-1] == "meanwhile", 20)
        assert (await asyncio.wait_for(anext(changes), 5)).operation == MISSED
    assert told == ["resume", "before", "break", "resume", "meanwhile"]
    await feed.stop()
    db.close()


async def test_it_begins_anew_when_the_database_is_dropped(own_mongod: Embedded) -> None:
    db = connect(own_mongod.uri, "feed")
    feed = ChangeFeed(db, ["tickets"])
    told: list[str] = []
    feed.subscribe("tickets", lambda document_id, *_: told.append(document_id))
    await feed.start()
    await db["tickets"].insert_one({"_id": "old"})
    await until(lambda: told == ["old"])
    feed.on_break(lambda: told.append("break"))
    await db.drop()
    await until(lambda: told[-1] == "break" and feed.alive, 10)
    await db["tickets"].insert_one({"_id": "new"})
    await until(lambda: told[-1] == "new")
    await feed.stop()
    db.close()


async def test_it_starts_without_a_database_and_finds_it_later(own_mongod: Embedded) -> None:
    own_mongod.stop()
    db = connect(own_mongod.uri, "feed")
    feed = ChangeFeed(db, ["tickets"])
    await feed.start()
    assert not feed.alive
    own_mongod.start()
    await until(lambda: feed.alive, 15)
    await feed.stop()
    db.close()
