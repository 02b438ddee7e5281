"""Accounts, sessions and SMS codes in MongoDB. Phones and names are sealed per field."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from server.accounts.account import (
    Account,
    AccountKind,
    AccountNotFound,
    AccountState,
    KeyTaken,
    LoginTaken,
    PhoneTaken,
)
from server.accounts.session import Session
from server.core.actor import Role, Surface
from server.core.paging import Page, PageRequest
from server.storage.encryption import FieldCipher
from server.storage.mongo import (
    AFTER,
    Database,
    Document,
    DuplicateKeyError,
    duplicated_fields,
    insert,
)
from server.storage.paging import fetch_page

PHONE = "accounts.phone"
NAME = "accounts.name"
PREFILL = "accounts.prefill"


class AccountRepository:
    """Accounts: phone and login are unique."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._accounts = database["accounts"]
        self._cipher = cipher
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, listener: Callable[[str], None]) -> None:
        """Tell at once, in this process, which account was changed; others learn by the stream."""
        self._listeners.append(listener)

    async def add(self, account: Account) -> None:
        """Insert; the same id again is the same account. Raises PhoneTaken or LoginTaken."""
        try:
            await insert(self._accounts, self._to_document(account))
        except DuplicateKeyError as error:
            if duplicated_fields(error) == ("_id",):
                await self._must_be_the_same(account)
                return
            if "login" in duplicated_fields(error):
                raise LoginTaken(field="login") from None
            raise PhoneTaken(field="phone") from None

    async def _must_be_the_same(self, account: Account) -> None:
        """A repeat finds its own account; the same key for somebody else is no repeat."""
        known = await self.get(account.id)
        if (known.phone, known.login) != (account.phone, (account.login or "").lower() or None):
            raise KeyTaken()

    async def get(self, account_id: str) -> Account:
        """The account, or AccountNotFound."""
        document = await self._accounts.find_one({"_id": account_id})
        if document is None:
            raise AccountNotFound()
        return self._from_document(document)

    async def find_by_phone(self, phone: str, kind: AccountKind) -> Account | None:
        """The account of that kind with this phone."""
        index = self._cipher.index(phone, PHONE)
        return self._or_none(await self._accounts.find_one({"phone_index": index, "kind": kind}))

    async def find_by_login(self, login: str) -> Account | None:
        """The member of staff with this login name (lower case)."""
        return self._or_none(await self._accounts.find_one({"login": login.lower()}))

    def phone_key(self, phone: str) -> str:
        """A word for the phone that tells nobody which it is: for rate limits."""
        return self._cipher.index(phone, PHONE)

    async def set_fields(self, account_id: str, values: Document) -> Account:
        """Set plain fields (state, enterprise_id, privacy_version, roles …) in one operation."""
        document = await self._accounts.find_one_and_update(
            {"_id": account_id}, {"$set": values}, return_document=AFTER
        )
        if document is None:
            raise AccountNotFound()
        for listener in self._listeners:
            listener(account_id)
        return self._from_document(document)

    async def set_channel(self, account_id: str, channel: str) -> None:
        """Once: the first one stays."""
        await self._accounts.update_one(
            {"_id": account_id, "channel": None}, {"$set": {"channel": channel}}
        )

    async def count_by_channel(self) -> dict[str, int]:
        """Channel to how many accounts it brought."""
        pipeline: list[Document] = [
            {"$match": {"channel": {"$type": "string"}}},
            {"$group": {"_id": "$channel", "accounts": {"$sum": 1}}},
        ]
        found = self._accounts.aggregate(pipeline)
        return {one["_id"]: one["accounts"] async for one in found}

    async def staff_page(self, request: PageRequest) -> Page[Account]:
        """Staff, newest first."""
        return await fetch_page(
            self._accounts, {"kind": AccountKind.STAFF}, request, self._from_document
        )

    async def staff_of_branch(self, institution_id: str, branch_id: str) -> list[Account]:
        """Active officers of a branch."""
        found = self._accounts.find(
            {
                "kind": AccountKind.STAFF,
                "institution_id": institution_id,
                "branch_id": branch_id,
                "state": AccountState.ACTIVE,
            }
        )
        return [self._from_document(document) async for document in found]

    def _or_none(self, document: Document | None) -> Account | None:
        return self._from_document(document) if document else None

    def _to_document(self, account: Account) -> Document:
        seal = self._cipher.seal
        document: dict[str, Any] = {
            "_id": account.id,
            "kind": account.kind,
            "phone": seal(account.phone, PHONE),
            "phone_index": self._cipher.index(account.phone, PHONE),
            "state": account.state,
            "roles": sorted(account.roles),
            "institution_id": account.institution_id,
            "branch_id": account.branch_id,
            "enterprise_id": account.enterprise_id,
            "privacy_version": account.privacy_version,
            "prefill": seal(json.dumps(dict(account.prefill)), PREFILL),
            "created_at": account.created_at,
        }
        if account.name is not None:
            document["name"] = seal(account.name, NAME)
        if account.login is not None:
            document["login"] = account.login.lower()
            document["password_hash"] = account.password_hash
        return document

    def _from_document(self, document: Document) -> Account:
        name = document.get("name")
        return Account(
            id=document["_id"],
            kind=AccountKind(document["kind"]),
            phone=self._cipher.open(document["phone"], PHONE),
            name=self._cipher.open(name, NAME) if name is not None else None,
            state=AccountState(document["state"]),
            login=document.get("login"),
            password_hash=document.get("password_hash"),
            roles=frozenset(Role(role) for role in document["roles"]),
            institution_id=document["institution_id"],
            branch_id=document["branch_id"],
            enterprise_id=document["enterprise_id"],
            privacy_version=document["privacy_version"],
            prefill=json.loads(self._cipher.open(document["prefill"], PREFILL)),
            channel=document.get("channel"),
            created_at=document["created_at"],
        )


class SessionRepository:
    """Sessions by the hash of their token."""

    def __init__(self, database: Database) -> None:
        self._sessions = database["sessions"]

    async def add(self, session: Session) -> None:
        """Insert a new session."""
        document = {
            "_id": session.id,
            "account_id": session.account_id,
            "surface": session.surface,
            "address": session.address,
            "agent": session.agent,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
        }
        await insert(self._sessions, document)

    async def find(self, session_id: str, now: datetime) -> Session | None:
        """A live session."""
        found = await self._sessions.find_one({"_id": session_id, "expires_at": {"$gt": now}})
        return _session(found) if found else None

    async def of_account(self, account_id: str, now: datetime) -> list[Session]:
        """Live sessions, newest first."""
        query = {"account_id": account_id, "expires_at": {"$gt": now}}
        found = self._sessions.find(query).sort([("created_at", -1), ("_id", -1)]).limit(50)
        return [_session(document) async for document in found]

    async def remove(self, session_id: str, account_id: str) -> bool:
        """End one session of the account; whether it was there."""
        gone = await self._sessions.delete_one({"_id": session_id, "account_id": account_id})
        return gone.deleted_count == 1

    async def remove_all(self, account_id: str) -> None:
        """End every session of the account."""
        await self._sessions.delete_many({"account_id": account_id})


class SmsCodeRepository:
    """One living code per phone and purpose; a new one takes the old one's place."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._codes = database["sms_codes"]
        self._cipher = cipher

    async def put(
        self, *, phone: str, purpose: str, code: str, tries: int, expires_at: datetime
    ) -> None:
        """Keep the code's keyed hash in place of any earlier one."""
        await self._codes.replace_one(
            {"_id": self._key(phone, purpose)},
            {"code": self._hash(phone, code), "tries_left": tries, "expires_at": expires_at},
            upsert=True,
        )

    async def try_once(self, *, phone: str, purpose: str, code: str, now: datetime) -> int | None:
        """Spend one try: tries left, -1 when it is the code, None when there is no living one."""
        key = self._key(phone, purpose)
        alive = {"_id": key, "expires_at": {"$gt": now}, "tries_left": {"$gt": 0}}
        found: Document | None = await self._codes.find_one_and_update(
            alive, {"$inc": {"tries_left": -1}}, return_document=AFTER
        )
        if found is None:
            return None
        return -1 if found["code"] == self._hash(phone, code) else int(found["tries_left"])

    async def spend(self, *, phone: str, purpose: str, code: str, now: datetime) -> bool:
        """Use the code up, once: whether this call was the one that did."""
        gone = await self._codes.delete_one(
            {
                "_id": self._key(phone, purpose),
                "code": self._hash(phone, code),
                "expires_at": {"$gt": now},
            }
        )
        return gone.deleted_count == 1

    def _key(self, phone: str, purpose: str) -> str:
        return self._cipher.index(f"{purpose}:{phone}", "sms_codes.phone")

    def _hash(self, phone: str, code: str) -> str:
        return self._cipher.index(f"{phone}:{code}", "sms_codes.code")


def _session(document: Document) -> Session:
    return Session(
        id=document["_id"],
        account_id=document["account_id"],
        surface=Surface(document["surface"]),
        address=document["address"],
        agent=document["agent"],
        created_at=document["created_at"],
        expires_at=document["expires_at"],
    )
