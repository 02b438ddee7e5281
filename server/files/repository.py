"""Records of files in MongoDB; the content lies sealed in blobs under the same id."""

from datetime import datetime

from server.files.stored_file import FileNotFound, FilePurpose, StoredFile
from server.storage.encryption import FieldCipher
from server.storage.mongo import Database, Document, DuplicateKeyError, insert

LABEL = "files.label"


class FileRepository:
    """The collection ``files``. A removed file keeps its record, without its name."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._files = database["files"]
        self._cipher = cipher

    async def add(self, file: StoredFile) -> None:
        """Insert; the same id again is the same file."""
        document = {
            "_id": file.id,
            "owner_account_id": file.owner_account_id,
            "purpose": file.purpose,
            "content_type": file.content_type,
            "size": file.size,
            "label": self._cipher.seal(file.label, LABEL),
            "created_at": file.created_at,
        }
        try:
            await insert(self._files, document)
        except DuplicateKeyError:
            return

    async def get(self, file_id: str) -> StoredFile:
        """The record of a file that is there; FileNotFound for one that was removed."""
        found = await self._files.find_one({"_id": file_id, "removed_at": None})
        if found is None:
            raise FileNotFound()
        return self._read(found)

    async def mark_removed(self, file_id: str, at: datetime) -> bool:
        """From now on nobody finds it; whether this call was the one that removed it."""
        gone = await self._files.update_one(
            {"_id": file_id, "removed_at": None},
            {"$set": {"removed_at": at}, "$unset": {"label": ""}},
        )
        return gone.matched_count == 1

    def _read(self, document: Document) -> StoredFile:
        return StoredFile(
            id=document["_id"],
            owner_account_id=document["owner_account_id"],
            purpose=FilePurpose(document["purpose"]),
            content_type=document["content_type"],
            size=document["size"],
            label=self._cipher.open(document["label"], LABEL),
            created_at=document["created_at"],
        )
