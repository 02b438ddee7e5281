"""Putting files together from the parts that every capability is built on."""

from server.audit.service import Audit
from server.core.clock import Clock
from server.files.decoding import Decoding
from server.files.repository import FileRepository
from server.files.service import Files
from server.storage.blobs import Blobs
from server.storage.encryption import FieldCipher
from server.storage.mongo import Database


def assemble(
    *, database: Database, cipher: FieldCipher, audit: Audit, clock: Clock, max_bytes: int
) -> Files:
    """``max_bytes``: of an upload."""
    return Files(
        files=FileRepository(database, cipher),
        blobs=Blobs(database, cipher),
        decoding=Decoding(),
        audit=audit,
        clock=clock,
        max_bytes=max_bytes,
    )
