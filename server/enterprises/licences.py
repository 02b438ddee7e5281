"""The picture of a licence: kept, read, shown to those who may, and let go."""

from server.audit.service import Audit
from server.core.actor import Actor
from server.core.clock import Clock
from server.enterprises.profile import SourceKind
from server.enterprises.register_facts import Facts, facts_of_licence
from server.enterprises.repository import CertificationRepository
from server.files.service import Files
from server.files.stored_file import FileNotFound, FilePurpose
from server.providers.ports.licence import (
    LICENCE_IMAGE_MAX_BYTES,
    LicenceReader,
    LicenceUnreadable,
)
from server.providers.ports.unavailable import ProviderUnavailable

READER_DOWN = "reader_down"


class Licences:
    """Serves the picture of a case; there is no other way to it."""

    def __init__(
        self,
        *,
        cases: CertificationRepository,
        files: Files,
        reader: LicenceReader,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._cases = cases
        self._files = files
        self._reader = reader
        self._audit = audit
        self._clock = clock

    async def keep_and_read(
        self, data: bytes, *, label: str, file_id: str, account_id: str
    ) -> Facts:
        """Store what was sent and read it. Raises what Files.keep raises."""
        await self._files.keep(
            data,
            file_id=file_id,
            label=label,
            purpose=FilePurpose.LICENCE,
            owner_account_id=account_id,
        )
        return await self.read(file_id)

    async def read(self, file_id: str) -> Facts:
        """What is printed on it; nothing, with a warning that says why, when it can't be read."""
        picture = await self._files.jpeg(file_id, max_bytes=LICENCE_IMAGE_MAX_BYTES)
        now = self._clock()
        try:
            return facts_of_licence(await self._reader.read_licence(image=picture), now)
        except LicenceUnreadable as refusal:
            warning = refusal.reason.value
        except ProviderUnavailable:
            warning = READER_DOWN
        return Facts(kind=SourceKind.LICENCE, at=now, values={}, warnings=(warning,))

    async def view(self, case_id: str, *, actor: Actor) -> bytes:
        """The case's present picture as JPEG; who looked is on record. Raises FileNotFound."""
        case = await self._cases.get(case_id)
        if case.licence_file_id is None:
            raise FileNotFound()
        picture = await self._files.jpeg(case.licence_file_id, max_bytes=LICENCE_IMAGE_MAX_BYTES)
        await self._audit.record_by(
            actor,
            "enterprises.licence_viewed",
            subject_id=case.id,
            facts={"file_id": case.licence_file_id},
        )
        return picture

    async def label(self, file_id: str) -> str:
        """The name it was sent under."""
        return (await self._files.get(file_id)).label

    async def remove(self, file_id: str, *, actor: Actor) -> None:
        """Out of reach from now on; that it was there stays in the audit trail."""
        await self._files.remove(file_id, actor=actor)
