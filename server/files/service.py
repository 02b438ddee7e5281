"""Keeping files, reading them, and putting them out of reach."""

from collections.abc import AsyncIterator
from datetime import timedelta

from server.audit.service import Audit
from server.core.actor import Actor
from server.core.clock import Clock
from server.files.decoding import Decoding
from server.files.pictures import as_jpeg, normalise
from server.files.repository import FileRepository
from server.files.stored_file import FileEmpty, FilePurpose, FileTooLarge, StoredFile, size_text
from server.storage.blobs import Blobs

LABEL_LENGTH = 120
ORPHANS_KEPT = timedelta(hours=1)


class Files:
    """``max_bytes``: of an upload as sent. Who may read a file is decided by whoever refers to it."""

    def __init__(
        self,
        *,
        files: FileRepository,
        blobs: Blobs,
        decoding: Decoding,
        audit: Audit,
        clock: Clock,
        max_bytes: int,
    ) -> None:
        self._files = files
        self._blobs = blobs
        self._decoding = decoding
        self._audit = audit
        self._clock = clock
        self._max_bytes = max_bytes

    async def sweep(self) -> int:
        """Clear away what uploads that were cut off left behind; how many."""
        return await self._blobs.sweep_orphans(self._clock() - ORPHANS_KEPT)

    async def keep(
        self, data: bytes, *, file_id: str, label: str, purpose: FilePurpose, owner_account_id: str
    ) -> StoredFile:
        """Judge by content, normalise, seal and store.

        Raises FileEmpty, FileTooLarge, FileTypeUnknown, FileUnreadable, FileTooManyPixels, FilesBusy.
        """
        self.must_be_small(len(data))
        if not data:
            raise FileEmpty(field="file")
        kept, content_type = await self._decoding.run(lambda: normalise(data))
        await self._blobs.put(file_id, _one(kept))
        file = StoredFile(
            id=file_id,
            owner_account_id=owner_account_id,
            purpose=purpose,
            content_type=content_type,
            size=len(kept),
            label=label[-LABEL_LENGTH:],
            created_at=self._clock(),
        )
        await self._files.add(file)
        return file

    def must_be_small(self, size: int) -> None:
        """Refuse with FileTooLarge."""
        if size > self._max_bytes:
            raise FileTooLarge(
                field="file", limit=size_text(self._max_bytes), limit_bytes=self._max_bytes
            )

    def close(self) -> None:
        """Let the decoding threads end."""
        self._decoding.close()

    async def get(self, file_id: str) -> StoredFile:
        """The record; FileNotFound."""
        return await self._files.get(file_id)

    async def jpeg(self, file_id: str, *, max_bytes: int) -> bytes:
        """The file as one picture, the first page of a PDF. Raises FileNotFound."""
        file = await self._files.get(file_id)
        data = await self._blobs.read(file_id)
        return await self._decoding.run(lambda: as_jpeg(data, file.content_type, max_bytes))

    async def remove(self, file_id: str, *, actor: Actor) -> None:
        """Unlink and delete the content; that it was there stays in the audit trail."""
        if await self._files.mark_removed(file_id, self._clock()):
            await self._audit.record_by(actor, "files.removed", subject_id=file_id)
        await self._blobs.delete(file_id)


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data
