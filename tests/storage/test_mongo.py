"""The connection's promises: nothing acknowledged is lost, nothing is done twice, no endless wait."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_plus, unquote

import pytest

from server.core.ids import new_id
from server.storage.embedded import Embedded
from server.storage.mongo import (
    Database,
    DuplicateKeyError,
    Session,
    connect,
    deadline,
    insert,
    is_unavailable,
)
from tests.waiting import until


class Line:
    """A wire to the database that is cut after an insert arrived and before its answer is heard."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.cuts_left = 0
        self.inserts = 0
        self._cut: set[asyncio.StreamWriter] = set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self.target)
        back = asyncio.create_task(self._back(far_reader, writer))
        while data := await reader.read(1 << 16):
            if b"insert\0" in data and b"lost" in data:
                self.inserts += 1
                if self.cuts_left:
                    self.cuts_left -= 1
                    self._cut.add(writer)
            far_writer.write(data)
        far_writer.close()
        await back

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            if writer in self._cut:
                break
            writer.write(data)
        writer.close()


@asynccontextmanager
async def _line(mongod: Embedded, folder: Path) -> AsyncIterator[tuple[Line, Database]]:
    target = unquote(mongod.uri.removeprefix("mongodb://").partition("/?")[0])
    line = Line(target)
    path = str(folder / "line.sock")
    server = await asyncio.start_unix_server(line.carry, path)
    db = connect(f"mongodb://{quote_plus(path)}/?directConnection=true", "rongqiao_test")
    yield line, db
    # Closing talks to the server once more, from the thread in which the line is carried.
    await asyncio.to_thread(db.close)
    server.close()


@pytest.mark.parametrize("cuts", [1, 2, 3, 4])
async def test_an_insert_whose_answer_was_lost_is_done_once(
    clean_database: Database, mongod: Embedded, short_folder: Path, cuts: int
) -> None:
    async with _line(mongod, short_folder) as (line, db):
        assert await db.is_writable()
        line.cuts_left = cuts
        await insert(db["lost"], {"_id": "mine"})
        assert line.cuts_left == 0 and line.inserts > cuts
    assert await clean_database["lost"].count_documents({}) == 1


async def test_somebody_elses_document_is_a_duplicate(clean_database: Database) -> None:
    await insert(clean_database["words"], {"_id": "1", "by": "first"})
    with pytest.raises(DuplicateKeyError) as refused:
        await insert(clean_database["words"], {"_id": "1", "by": "second"})
    assert not is_unavailable(refused.value)
    assert await clean_database["words"].find_one() == {"_id": "1", "by": "first"}


async def test_killing_the_database_under_writers_loses_nothing_acknowledged(
    own_mongod: Embedded,
) -> None:
    db = connect(own_mongod.uri, "writers")
    acknowledged: list[str] = []
    stopping = asyncio.Event()

    async def write() -> None:
        while not stopping.is_set():
            written = new_id()
            await insert(db["rows"], {"_id": written})
            acknowledged.append(written)

    writers = [asyncio.create_task(write()) for _ in range(16)]
    for round_number in (1, 2):
        await until(lambda: len(acknowledged) > 200 * round_number, 30)
        pid = own_mongod.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda: own_mongod.pid is None)
        own_mongod.start()
    before = len(acknowledged)
    await until(lambda: len(acknowledged) > before + 100, 60)
    stopping.set()
    await asyncio.gather(*writers)
    found = {row["_id"] async for row in db["rows"].find()}
    assert set(acknowledged) <= found and len(acknowledged) == len(set(acknowledged))
    db.close()


async def test_transactions_that_meet_all_succeed(clean_database: Database) -> None:
    await clean_database["counts"].insert_one({"_id": "c", "n": 0})

    async def add(session: Session) -> str:
        count = await clean_database["counts"].find_one({"_id": "c"}, session=session)
        assert count is not None
        await clean_database["counts"].update_one(
            {"_id": "c"}, {"$set": {"n": count["n"] + 1}}, session=session
        )
        await insert(clean_database["log"], {"_id": new_id()}, session=session)
        return "added"

    answers = await asyncio.gather(*(clean_database.transaction(add) for _ in range(24)))
    assert answers == ["added"] * 24
    assert await clean_database["counts"].find_one() == {"_id": "c", "n": 24}
    assert await clean_database["log"].count_documents({}) == 24


@pytest.mark.parametrize("failure", [ValueError("no"), asyncio.CancelledError()])
async def test_a_transaction_that_fails_changes_nothing(
    clean_database: Database, failure: BaseException
) -> None:
    async def fail(session: Session) -> None:
        await insert(clean_database["log"], {"_id": "1"}, session=session)
        raise failure

    with pytest.raises(type(failure)):
        await clean_database.transaction(fail)
    assert await clean_database["log"].count_documents({}) == 0


async def test_a_missing_database_is_unavailable_within_the_deadline(
    own_mongod: Embedded,
) -> None:
    db = connect(own_mongod.uri, "gone")
    assert await db.is_writable()
    own_mongod.stop()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert not await db.is_writable(seconds=0.5)
    with pytest.raises(Exception) as failed, deadline(0.5):
        await insert(db["words"], {"_id": "1"})
    assert is_unavailable(failed.value)
    db.close()
    assert loop.time() - begun < 5


async def test_an_answer_that_takes_too_long_is_unavailable(clean_database: Database) -> None:
    await clean_database["words"].insert_one({"_id": "1"})
    forever = {"$where": "sleep(10000) || true"}
    with pytest.raises(Exception) as failed, deadline(0.2):
        await clean_database["words"].find_one(forever)
    assert is_unavailable(failed.value)


async def test_our_own_mistakes_are_not_called_unavailable(clean_database: Database) -> None:
    with pytest.raises(Exception) as failed:
        await clean_database["words"].find_one({"$nonsense": 1})
    assert not is_unavailable(failed.value)
    assert not is_unavailable(ValueError())


async def test_times_come_back_in_utc(clean_database: Database) -> None:
    moment = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    await insert(clean_database["words"], {"_id": "1", "at": moment})
    found = await clean_database["words"].find_one()
    assert found is not None and found["at"] == moment and found["at"].tzinfo is UTC
