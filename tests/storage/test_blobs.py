"""Files: whole or not at all, sealed, and swept after a crash."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from server.storage.blobs import CHUNK_BYTES, BlobMissing, Blobs
from server.storage.embedded import Embedded
from server.storage.encryption import FieldCipher, SealBroken
from server.storage.mongo import Database
from tests.storage.processes import line_of, run

FAR = datetime(2099, 1, 1, tzinfo=UTC)

WRITER = """
import asyncio, sys
from server.storage.blobs import Blobs
from server.storage.encryption import FieldCipher
from server.storage.mongo import connect

async def pieces():
    yield b"x" * 600_000
    print("half", flush=True)
    await asyncio.Event().wait()

async def main():
    blobs = Blobs(connect(sys.argv[1], sys.argv[2]), FieldCipher({1: b"1" * 32}, 1, b"i" * 32))
    await blobs.put("b", pieces())

asyncio.run(main())
"""


@pytest.fixture
def blobs(clean_database: Database, cipher: FieldCipher) -> Blobs:
    return Blobs(clean_database, cipher)


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _stored(db: Database) -> dict[str, int]:
    names = ("blobs", "blob_chunks", "blob_uploads")
    return {name: await db[name].count_documents({}) for name in names}


NOTHING = {"blobs": 0, "blob_chunks": 0, "blob_uploads": 0}


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 700_000]
)
async def test_what_is_put_is_read(blobs: Blobs, size: int) -> None:
    data = bytes(n % 251 for n in range(size))
    assert await blobs.put("b", _pieces(data[:1000], data[1000:])) == size
    assert await blobs.read("b") == data
    assert b"".join([piece async for piece in blobs.stream("b")]) == data


async def test_it_is_not_stored_in_clear(blobs: Blobs, clean_database: Database) -> None:
    await blobs.put("b", _pieces(b"name and number" * 10))
    chunk = await clean_database["blob_chunks"].find_one({})
    assert chunk is not None and b"name and number" not in chunk["data"]


async def test_putting_again_replaces_the_file(blobs: Blobs, clean_database: Database) -> None:
    await blobs.put("b", _pieces(b"x" * 600_000))
    await blobs.put("b", _pieces(b"second"))
    assert await blobs.read("b") == b"second"
    assert await _stored(clean_database) == {"blobs": 1, "blob_chunks": 1, "blob_uploads": 0}


async def test_a_deleted_file_leaves_nothing(blobs: Blobs, clean_database: Database) -> None:
    await blobs.put("b", _pieces(b"x" * 600_000))
    await blobs.delete("b")
    await blobs.delete("b")
    with pytest.raises(BlobMissing):
        await blobs.read("b")
    assert await _stored(clean_database) == NOTHING


async def test_a_put_that_fails_midway_leaves_nothing(
    blobs: Blobs, clean_database: Database
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 600_000
        assert (await _stored(clean_database))["blob_chunks"] == 2
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.put("b", broken())
    assert await _stored(clean_database) == NOTHING


async def test_a_put_that_is_cancelled_leaves_the_file_before_it(
    blobs: Blobs, clean_database: Database
) -> None:
    await blobs.put("b", _pieces(b"first"))
    half = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * 600_000
        half.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(blobs.put("b", endless()))
    await half.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await blobs.read("b") == b"first"
    assert await _stored(clean_database) == {"blobs": 1, "blob_chunks": 1, "blob_uploads": 0}


async def test_what_a_killed_process_left_is_swept_and_nothing_else(
    blobs: Blobs, clean_database: Database, mongod: Embedded
) -> None:
    await blobs.put("other", _pieces(b"stays"))
    writer = await run(WRITER, mongod.uri, clean_database.name)
    assert await line_of(writer) == "half"
    writer.kill()
    await writer.wait()
    with pytest.raises(BlobMissing):
        await blobs.read("b")
    assert await blobs.sweep_orphans(datetime(2020, 1, 1, tzinfo=UTC)) == 0
    assert (await _stored(clean_database))["blob_chunks"] == 3
    assert await blobs.sweep_orphans(FAR) == 1
    assert await blobs.read("other") == b"stays"
    assert await _stored(clean_database) == {"blobs": 1, "blob_chunks": 1, "blob_uploads": 0}


async def test_an_upload_killed_after_it_was_complete_is_kept(
    blobs: Blobs, clean_database: Database
) -> None:
    await blobs.put("b", _pieces(b"whole"))
    header = await clean_database["blobs"].find_one({"_id": "b"})
    assert header is not None
    await clean_database["blob_uploads"].insert_one(
        {"_id": header["upload_id"], "blob_id": "b", "started_at": datetime(2020, 1, 1)}
    )
    assert await blobs.sweep_orphans(FAR) == 0
    assert await blobs.read("b") == b"whole"


@pytest.mark.parametrize("harm", ["cut", "swapped", "altered", "shortened", "emptied"])
async def test_a_file_that_was_tampered_with_does_not_open(
    blobs: Blobs, clean_database: Database, harm: str
) -> None:
    await blobs.put("b", _pieces(bytes(600_000)))
    chunks = clean_database["blob_chunks"]
    if harm == "cut":
        await chunks.delete_one({"number": 2})
    elif harm == "swapped":
        first = await chunks.find_one({"number": 0})
        assert first is not None
        await chunks.update_one({"number": 1}, {"$set": {"data": first["data"]}})
    elif harm == "altered":
        await chunks.update_one({"number": 1}, {"$set": {"data": b"\2" + bytes(300)}})
    elif harm == "shortened":
        await chunks.delete_one({"number": 2})
        await clean_database["blobs"].update_one({}, {"$set": {"size": CHUNK_BYTES * 2}})
    else:
        await chunks.delete_many({})
    with pytest.raises(SealBroken):
        await blobs.read("b")


async def test_a_large_file_is_stored_and_streamed_in_constant_memory(blobs: Blobs) -> None:
    async def large() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(1 << 20)

    tracemalloc.start()
    try:
        assert await blobs.put("b", large()) == 20 << 20
        received = 0
        async for piece in blobs.stream("b"):
            received += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert received == 20 << 20
    assert peak < 8 << 20
