"""QR log-ins in MongoDB: each move is one guarded write, and nothing past its life is found.

Apart from repository.py, which holds what lasts; these documents live for two minutes.
"""

from datetime import datetime

from server.accounts.qr_login import ENTRY_LIFE, MOVES, QrDeed, QrLogin, QrState
from server.storage.mongo import AFTER, Database, Document, insert


class QrLoginRepository:
    """By the hash of the ticket."""

    def __init__(self, database: Database) -> None:
        self._logins = database["qr_logins"]

    async def add(self, login: QrLogin) -> None:
        """Insert a new one."""
        document: Document = {
            "_id": login.id,
            "secret_digest": login.secret_digest,
            "state": login.state,
            "address": login.address,
            "agent": login.agent,
            "created_at": login.created_at,
            "expires_at": login.expires_at,
            "account_id": None,
            "redeemed_at": None,
        }
        await insert(self._logins, document)

    async def find(self, login_id: str, now: datetime) -> QrLogin | None:
        """One that has not expired."""
        return _or_none(await self._logins.find_one({"_id": login_id, "expires_at": {"$gt": now}}))

    async def move(
        self, login_id: str, deed: QrDeed, account_id: str, now: datetime
    ) -> QrLogin | None:
        """Do the deed if the state allows it and nobody else's account is bound; else None."""
        before, after = MOVES[deed]
        is_scan = deed is QrDeed.SCAN
        guard = {
            "_id": login_id,
            "expires_at": {"$gt": now},
            "state": before,
            "account_id": None if is_scan else account_id,
        }
        change: Document = {"$set": {"state": after, "account_id": account_id}}
        if deed is QrDeed.CONFIRM:
            change["$max"] = {"expires_at": now + ENTRY_LIFE}
        return _or_none(
            await self._logins.find_one_and_update(guard, change, return_document=AFTER)
        )

    async def redeem(self, login_id: str, secret_digest: str, now: datetime) -> QrLogin | None:
        """Use a confirmed one up, once, by the browser that made it; else None."""
        guard = {
            "_id": login_id,
            "expires_at": {"$gt": now},
            "state": QrState.CONFIRMED,
            "secret_digest": secret_digest,
            "redeemed_at": None,
        }
        change = {"$set": {"redeemed_at": now}}
        return _or_none(
            await self._logins.find_one_and_update(guard, change, return_document=AFTER)
        )


def _or_none(document: Document | None) -> QrLogin | None:
    if document is None:
        return None
    return QrLogin(
        id=document["_id"],
        secret_digest=document["secret_digest"],
        state=QrState(document["state"]),
        address=document["address"],
        agent=document["agent"],
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        account_id=document["account_id"],
        redeemed_at=document["redeemed_at"],
    )
