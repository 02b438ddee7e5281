"""Consents in MongoDB: one row per account, kind, version and subject; the first one counts."""

from server.consents.consent import Consent, ConsentKind
from server.core.ids import derived_id
from server.storage.mongo import Database, DuplicateKeyError, insert


class ConsentRepository:
    """The collection ``consents``."""

    def __init__(self, database: Database) -> None:
        self._consents = database["consents"]

    async def add(self, consent: Consent) -> None:
        """Keep it; giving the same consent twice is one row with the first time."""
        document = {
            "_id": consent.id,
            "account_id": consent.account_id,
            "kind": consent.kind,
            "version": consent.version,
            "subject_id": consent.subject_id,
            "given_at": consent.given_at,
            "address": consent.address,
            "read_seconds": consent.read_seconds,
        }
        try:
            await insert(self._consents, document)
        except DuplicateKeyError:
            return

    async def find(
        self, account_id: str, kind: ConsentKind, version: str, subject_id: str
    ) -> Consent | None:
        """The consent to exactly this version for exactly this subject."""
        found = await self._consents.find_one(
            {"_id": consent_id(account_id, kind, version, subject_id)}
        )
        if found is None:
            return None
        return Consent(
            id=found["_id"],
            account_id=found["account_id"],
            kind=ConsentKind(found["kind"]),
            version=found["version"],
            subject_id=found["subject_id"],
            given_at=found["given_at"],
            address=found["address"],
            read_seconds=found["read_seconds"],
        )


def consent_id(account_id: str, kind: ConsentKind, version: str, subject_id: str) -> str:
    """The same consent has the same id."""
    return derived_id("consent", account_id, kind, version, subject_id)
