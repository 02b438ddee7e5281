"""The connection: what every repository gets, and the few rules all writes share.

Five calls differ between Motor and PyMongo's own asynchronous client; the ones in use stand
here and in changes.py, so that the day the driver changes, this folder changes and no other.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC
from typing import Any, Final, TypeVar

import pymongo
from bson import Timestamp
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
)
from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.errors import ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError

__all__ = [
    "AFTER",
    "ASCENDING",
    "BEFORE",
    "Collection",
    "DESCENDING",
    "Database",
    "Document",
    "DuplicateKeyError",
    "Session",
    "connect",
    "deadline",
    "duplicated_fields",
    "insert",
    "is_unavailable",
]

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]
Session = AsyncIOMotorClientSession
BEFORE: Final = ReturnDocument.BEFORE
AFTER: Final = ReturnDocument.AFTER
Result = TypeVar("Result")

deadline = pymongo.timeout
"""``with deadline(seconds):`` bounds every database call inside, waiting for a server included."""

INSERT_TRIES = 3
TRANSACTION_SECONDS = 10.0
CLOSE_SECONDS = 1.0
# Host unreachable or gone, not primary, shutting down, interrupted, and disk full (14031).
_UNAVAILABLE_CODES = frozenset(
    {6, 7, 89, 91, 189, 9001, 10058, 10107, 11600, 11602, 13388, 13435, 13436, 14031}
)
# MaxTimeMSExpired, WriteConcernFailed: the deadline passed on the server's side.
_TIMEOUT_CODES = frozenset({50, 64})


def is_unavailable(error: BaseException) -> bool:
    """Whether a driver's error means "later", not "wrong": the doors say so once, for all."""
    if not isinstance(error, PyMongoError):
        return False
    if isinstance(error, ConnectionFailure) or error.timeout:
        return True
    if error.has_error_label("TransientTransactionError"):
        return True
    return isinstance(error, OperationFailure) and error.code in (
        _UNAVAILABLE_CODES | _TIMEOUT_CODES
    )


def duplicated_fields(error: DuplicateKeyError) -> tuple[str, ...]:
    """The fields of the unique index that refused a write."""
    details: Mapping[str, Any] = error.details or {}
    return tuple(details.get("keyPattern", ()))


class Database:
    """One process's connection to one database. ``db["name"]`` is a collection."""

    def __init__(self, client: AsyncIOMotorClient[Document], name: str) -> None:
        self._client = client
        self._database = client[name]
        self.name = name

    def __getitem__(self, collection: str) -> Collection:
        return self._database[collection]

    async def transaction(
        self,
        callback: Callable[[Session], Awaitable[Result]],
        *,
        seconds: float = TRANSACTION_SECONDS,
    ) -> Result:
        """Run ``callback(session)`` so that its writes are seen all or none.

        It may run many times: make ids outside, do nothing in it that can't be undone, and pass
        the session to every call. Motor's own runner has no back-off between tries and is five
        to nine times slower when writers meet, hence this one.
        """
        end = time.monotonic() + seconds
        tries = 0
        while True:
            try:
                return await self._transaction_once(callback, end)
            except PyMongoError as error:
                again = error.has_error_label("TransientTransactionError")
                if not again or time.monotonic() > end:
                    raise
            tries += 1
            await asyncio.sleep(_back_off(tries))

    async def _transaction_once(
        self, callback: Callable[[Session], Awaitable[Result]], end: float
    ) -> Result:
        async with await self._client.start_session() as session:
            session.start_transaction()
            try:
                result = await callback(session)
            except BaseException:
                await session.abort_transaction()
                raise
            tries = 0
            while True:
                try:
                    await session.commit_transaction()
                    return result
                except PyMongoError as error:
                    again = error.has_error_label("UnknownTransactionCommitResult")
                    if not again or error.timeout or time.monotonic() > end:
                        raise
                tries += 1
                await asyncio.sleep(_back_off(tries))

    async def is_writable(self, *, seconds: float = 2.0) -> bool:
        """Whether a primary answers within the deadline. Never raises for a missing database."""
        try:
            with deadline(seconds):
                hello = await self._client.admin.command("hello")
        except PyMongoError:
            return False
        return bool(hello.get("isWritablePrimary"))

    async def operation_time(self) -> Timestamp:
        """The server's next logical time: where a change stream that must miss nothing begins."""
        now = (await self._database.command("ping"))["operationTime"]
        return Timestamp(now.time, now.inc + 1)

    def watch(
        self, pipeline: list[Document], *, await_ms: int, resume_after: Any, start_at: Any
    ) -> Any:
        """A change stream over the database, whole documents included; see changes.py.

        Untyped, because Motor's stub takes the property ``alive`` for a method.
        """
        return self._database.watch(
            pipeline,
            full_document="updateLookup",
            max_await_time_ms=await_ms,
            resume_after=resume_after,
            start_at_operation_time=None if resume_after else start_at,
        )

    async def collection_names(self) -> list[str]:
        """The collections that exist."""
        return await self._database.list_collection_names()

    async def drop(self) -> None:
        """Delete the whole database: for `seed --fresh` and tests."""
        await self._client.drop_database(self.name)

    def close(self) -> None:
        """Let go of every connection; blocks for a second at most.

        The driver says goodbye to the server first, and would wait thirty seconds for one.
        """
        with deadline(CLOSE_SECONDS):
            self._client.close()


def connect(uri: str, name: str, *, server_selection_timeout_ms: int = 30_000) -> Database:
    """A database handle; nothing is sent yet. Call it after forking, once an event loop.

    Thirty seconds of patience are what makes an election or a restart of the database a slow
    answer instead of an error. Majority writes are what no crash can lose; don't lower them.
    """
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        uri,
        tz_aware=True,
        tzinfo=UTC,
        w="majority",
        retryWrites=True,
        serverSelectionTimeoutMS=server_selection_timeout_ms,
        appname="rongqiao",
    )
    return Database(client, name)


async def insert(
    collection: Collection, document: Document, *, session: Session | None = None
) -> None:
    """Insert a document whose ``_id`` we made, once, however often the connection is lost.

    When a try ended without an answer and the next meets a duplicate, the first had landed.
    Raises DuplicateKeyError when somebody else's document was there first.
    """
    unanswered = False
    for tries in range(1, INSERT_TRIES + 1):
        try:
            await collection.insert_one(document, session=session)
            return
        except DuplicateKeyError:
            if unanswered and await collection.find_one({"_id": document["_id"]}, {"_id": 1}):
                return
            raise
        except ConnectionFailure as error:
            # Inside a transaction the whole of it is run again; past a deadline nothing is.
            if session is not None or error.timeout or tries == INSERT_TRIES:
                raise
            unanswered = True
        await asyncio.sleep(_back_off(tries))


def _back_off(tries: int) -> float:
    """Seconds to wait before the next try: grows to half a second, any part of it."""
    return random.random() * min(0.5, 0.005 * 1.5**tries)
