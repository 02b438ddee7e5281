"""Files, sealed chunk by chunk, in the layout of GridFS with three additions.

The driver's own bucket gathers up to 48 MB before it writes, and leaves chunks behind that
nobody can tell from a file being written. Here a chunk goes out as it comes in, every upload is
on record before its first chunk, and the header document is written last: it alone makes a file.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from server.core.ids import new_id
from server.storage.encryption import FieldCipher, SealBroken
from server.storage.mongo import ASCENDING, BEFORE, Database, Document, insert

CHUNK_BYTES = 255 * 1024
_PLACE = "blobs.data"


class BlobMissing(Exception):
    """No file has this id."""


class Blobs:
    """Whole files only: what ``read`` finds is complete and unaltered, or SealBroken is raised."""

    def __init__(self, db: Database, cipher: FieldCipher) -> None:
        self._headers = db["blobs"]
        self._chunks = db["blob_chunks"]
        self._uploads = db["blob_uploads"]
        self._cipher = cipher

    async def put(self, blob_id: str, chunks: AsyncIterator[bytes]) -> int:
        """Store a file and return its size in bytes; one with this id is replaced at once.

        Holds a chunk of 255 KiB and the piece being added, whatever the size. When the iterator
        or the database fails, nothing of it stays.
        """
        upload_id = new_id()
        await self._begin(upload_id, blob_id)
        try:
            size = await self._write_chunks(upload_id, blob_id, chunks)
        except BaseException:
            await self._clear(upload_id)
            raise
        await self._switch(upload_id, blob_id, size)
        return size

    async def read(self, blob_id: str) -> bytes:
        """The whole file. Raises BlobMissing, SealBroken."""
        return b"".join([chunk async for chunk in self.stream(blob_id)])

    async def stream(self, blob_id: str) -> AsyncIterator[bytes]:
        """The file in pieces. Raises BlobMissing at the first, SealBroken wherever it is broken."""
        header = await self._headers.find_one({"_id": blob_id})
        if header is None:
            raise BlobMissing()
        upload_id = header["upload_id"]
        label = _label(blob_id, upload_id)
        left = int(header["size"])
        number = 0
        found = self._chunks.find({"upload_id": upload_id}).sort("number", ASCENDING).batch_size(4)
        async for document in found:
            left -= min(left, CHUNK_BYTES)
            yield self._cipher.open_chunk(
                document["data"], _PLACE, blob_id=label, number=number, final=left == 0
            )
            number += 1
        if left or not number:
            raise SealBroken(_PLACE)

    async def delete(self, blob_id: str) -> None:
        """Remove a file; one that is not there is no error."""
        header = await self._headers.find_one({"_id": blob_id})
        if header is None:
            return
        await self._begin(header["upload_id"], blob_id)
        await self._headers.delete_one({"_id": blob_id, "upload_id": header["upload_id"]})
        await self._clear(header["upload_id"])

    async def sweep_orphans(self, older_than: datetime) -> int:
        """Remove what processes killed in ``put`` or ``delete`` left, and return how many uploads.

        ``older_than`` lies further back than the slowest upload takes.
        """
        swept = 0
        async for upload in self._uploads.find({"started_at": {"$lt": older_than}}):
            upload_id = upload["_id"]
            if await self._headers.find_one({"_id": upload["blob_id"], "upload_id": upload_id}):
                await self._uploads.delete_one({"_id": upload_id})
            else:
                await self._clear(upload_id)
                swept += 1
        return swept

    async def _switch(self, upload_id: str, blob_id: str, size: int) -> None:
        """Make the upload the file. Lost on the way, the record of both tells the sweep enough."""
        current = await self._headers.find_one({"_id": blob_id})
        if current is not None:
            await self._begin(current["upload_id"], blob_id)
        header = {"_id": blob_id, "upload_id": upload_id, "size": size}
        replaced = await self._headers.find_one_and_replace(
            {"_id": blob_id}, header, upsert=True, return_document=BEFORE
        )
        await self._uploads.delete_one({"_id": upload_id})
        if replaced is not None:
            await self._clear(replaced["upload_id"])

    async def _begin(self, upload_id: str, blob_id: str) -> None:
        """Put chunks on record as perhaps nobody's, before they are written or deleted."""
        record: Document = {"blob_id": {"$literal": blob_id}, "started_at": "$$NOW"}
        await self._uploads.update_one({"_id": upload_id}, [{"$set": record}], upsert=True)

    async def _clear(self, upload_id: str) -> None:
        await self._chunks.delete_many({"upload_id": upload_id})
        await self._uploads.delete_one({"_id": upload_id})

    async def _write_chunks(
        self, upload_id: str, blob_id: str, pieces: AsyncIterator[bytes]
    ) -> int:
        label = _label(blob_id, upload_id)
        waiting = bytearray()
        number = size = 0

        async def write(data: bytes, *, final: bool) -> None:
            sealed = self._cipher.seal_chunk(
                data, _PLACE, blob_id=label, number=number, final=final
            )
            chunk = {"_id": f"{upload_id}.{number}", "upload_id": upload_id}
            await insert(self._chunks, {**chunk, "number": number, "data": sealed})

        async for piece in pieces:
            size += len(piece)
            waiting += piece
            # The last chunk is sealed as such, so one is held back until more is known to come.
            while len(waiting) > CHUNK_BYTES:
                await write(bytes(waiting[:CHUNK_BYTES]), final=False)
                del waiting[:CHUNK_BYTES]
                number += 1
        await write(bytes(waiting), final=True)
        return size


def _label(blob_id: str, upload_id: str) -> str:
    """What chunks are sealed to: chunks of an earlier file of the same id don't fit in."""
    return f"{blob_id}.{upload_id}"
