"""Certifications and enterprises in MongoDB. A case is written by one guarded operation at a time.

``change`` reads, lets a pure function decide, and writes only if nobody wrote meanwhile; otherwise
the function decides anew about what is there now. So a second approval is judged by the first.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from server.core.ids import digest
from server.core.paging import Page, PageRequest
from server.enterprises.certification import (
    Certification,
    CertificationNotFound,
)
from server.enterprises.documents import Documents
from server.enterprises.enterprise import (
    Enterprise,
    EnterpriseNotFound,
    EnterpriseState,
    UsccClaimed,
)
from server.enterprises.rounds import ChangedMeanwhile
from server.storage.encryption import FieldCipher
from server.storage.mongo import (
    Database,
    Document,
    DuplicateKeyError,
    Session,
    duplicated_fields,
    insert,
)
from server.storage.paging import fetch_page

Decide = Callable[[Certification], Certification]
TRIES = 6


class CertificationRepository:
    """The collection ``certifications``."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cases = database["certifications"]
        self._documents = Documents(cipher)

    async def add(self, case: Certification) -> Certification:
        """Insert, or the open case that the account has already."""
        document = self._documents.certification(case)
        try:
            await insert(self._cases, {"_id": case.id, **document, "version": 1, "pending": []})
        except DuplicateKeyError:
            found = await self.find_of(case.account_id)
            if found is None:
                raise
            return found
        return replace(case, version=1)

    async def get(self, case_id: str) -> Certification:
        """The case, or CertificationNotFound."""
        found = await self._cases.find_one({"_id": case_id})
        if found is None:
            raise CertificationNotFound()
        return self._documents.read_certification(found)

    async def find_of(self, account_id: str) -> Certification | None:
        """The account's latest case."""
        found = await self._cases.find_one(
            {"account_id": account_id}, sort=[("created_at", -1), ("_id", -1)]
        )
        return self._documents.read_certification(found) if found else None

    async def find_by_ticket(self, ticket: str) -> Certification | None:
        """The case whose present face ticket this is."""
        found = await self._cases.find_one({"face_ticket": digest(ticket)})
        return self._documents.read_certification(found) if found else None

    async def change(self, case_id: str, decide: Decide, now: datetime) -> Certification:
        """Apply ``decide`` to the case as it is. Raises what it raises, or ChangedMeanwhile."""
        for _ in range(TRIES):
            before = await self.get(case_id)
            after = replace(decide(before), updated_at=now)
            if await self._write(before, after):
                return replace(after, version=before.version + 1, pending=())
        raise ChangedMeanwhile()

    async def change_with(
        self,
        case_id: str,
        decide: Decide,
        enterprise_of: Callable[[Certification], Enterprise],
        now: datetime,
    ) -> Certification:
        """The same, and the enterprise that follows from it, both or none. Raises UsccClaimed."""
        for _ in range(TRIES):
            before = await self.get(case_id)
            after = replace(decide(before), updated_at=now)
            enterprise = enterprise_of(after)

            async def both(session: Session) -> bool:
                if not await self._write(before, after, session):
                    return False
                document = self._documents.enterprise(enterprise)
                await self._database["enterprises"].replace_one(
                    {"_id": enterprise.id}, document, upsert=True, session=session
                )
                return True

            try:
                if await self._database.transaction(both):
                    return replace(after, version=before.version + 1, pending=())
            except DuplicateKeyError as error:
                if "uscc" in duplicated_fields(error):
                    raise UsccClaimed(field="uscc") from None
                raise
        raise ChangedMeanwhile()

    async def with_open_faces(self, after_id: str, limit: int) -> list[str]:
        """Ids above ``after_id`` of cases that wait for the vendor's word about a face."""
        query: Document = {"face_open": True, "_id": {"$gt": after_id}}
        found = self._cases.find(query, {"_id": 1}).sort("_id", 1).limit(limit)
        return [document["_id"] async for document in found]

    async def review_page(
        self, query: Document, request: PageRequest, newest_by: str
    ) -> Page[Certification]:
        """Cases for reviewers, newest first."""
        return await fetch_page(
            self._cases,
            query,
            request,
            self._documents.read_certification,
            newest_by=newest_by,
        )

    async def count(self, query: Document, cap: int) -> int:
        """How many, counted up to ``cap``."""
        return int(await self._cases.count_documents(query, limit=cap))

    async def _write(
        self, before: Certification, after: Certification, session: Session | None = None
    ) -> bool:
        update: Document = {
            "$set": {**self._documents.certification(after), "version": before.version + 1}
        }
        if after.pending:
            events = [event.to_document() for event in after.pending]
            update["$push"] = {"pending": {"$each": events}}
        written = await self._cases.update_one(
            {"_id": before.id, "version": before.version}, update, session=session
        )
        return written.matched_count == 1


class EnterpriseRepository:
    """The collection ``enterprises``: a credit code is certified once."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._enterprises = database["enterprises"]
        self._documents = Documents(cipher)

    async def get(self, enterprise_id: str) -> Enterprise:
        """The enterprise, or EnterpriseNotFound."""
        found = await self._enterprises.find_one({"_id": enterprise_id})
        if found is None:
            raise EnterpriseNotFound()
        return self._documents.read_enterprise(found)

    async def is_certified(self, enterprise_id: str) -> bool:
        """What the gates ask, and nothing more."""
        query = {"_id": enterprise_id, "state": EnterpriseState.CERTIFIED}
        return await self._enterprises.find_one(query, {"_id": 1}) is not None

    async def find_certified(self, uscc: str) -> Enterprise | None:
        """The enterprise that was certified under this code."""
        found = await self._enterprises.find_one({"uscc": uscc, "state": EnterpriseState.CERTIFIED})
        return self._documents.read_enterprise(found) if found else None

    async def put_uncertified(self, enterprise: Enterprise) -> None:
        """Insert, or bring up to date while nobody has certified it."""
        document = self._documents.enterprise(enterprise)
        try:
            await self._enterprises.replace_one(
                {"_id": enterprise.id, "state": EnterpriseState.UNCERTIFIED},
                document,
                upsert=True,
            )
        except DuplicateKeyError:
            return
