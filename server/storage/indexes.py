"""The one table of indexes. Every capability's rows stand here, by collection.

``ensure`` creates what is missing and never alters what is there: an index whose definition
changed is reported by name, because rebuilding it is a decision about a live database.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import OperationFailure

from server.storage.index import (
    Index,
    by_channel,
    cases_by,
    expiring,
    on_the_shelf,
    pending_events,
    products_by,
    rising,
)
from server.storage.mongo import Database

__all__ = ["INDEXES", "Index", "IndexChanged", "ensure", "pending_events"]

_CONFLICTS = frozenset({85, 86})  # IndexOptionsConflict, IndexKeySpecsConflict


class IndexChanged(Exception):
    """Indexes in the database differ from the table; ``names`` are "collection.index"."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(
            f"these indexes differ from server/storage/indexes.py: {', '.join(names)}. "
            "Drop them at a quiet hour and start again: missing ones are made at the start."
        )
        self.names = names


INDEXES: tuple[Index, ...] = (
    # outbox.py: what is due, in order; what of one subject is still to do; the broom.
    Index(
        collection="events",
        name="due",
        keys=(("due_at", ASCENDING), ("rank", ASCENDING)),
        partial={"done": False},
    ),
    Index(
        collection="events",
        name="subject_todo",
        keys=(("subject_id", ASCENDING), ("rank", ASCENDING)),
        partial={"done": False},
    ),
    expiring("events"),
    # idempotency.py, limits.py
    expiring("idempotency"),
    expiring("rate_limits"),
    # accounts/repository.py: one account a phone and kind, one member of staff a login name; staff
    # by age and by branch; an account's log-ins; the brooms.
    Index(
        collection="accounts",
        name="phone",
        keys=(("phone_index", ASCENDING), ("kind", ASCENDING)),
        unique=True,
    ),
    Index(
        collection="accounts",
        name="login",
        keys=(("login", ASCENDING),),
        unique=True,
        partial={"login": {"$type": "string"}},
    ),
    Index(
        collection="accounts",
        name="kind_created",
        keys=(("kind", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)),
    ),
    rising("accounts", "branch", "institution_id", "branch_id", "state"),
    Index(
        collection="sessions",
        name="account",
        keys=(("account_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)),
    ),
    expiring("sessions"),
    expiring("sms_codes"),
    # official_account/repository.py: one account an openid; what a channel brought, as followers
    # and as accounts; the broom.
    Index(
        collection="wechat_followers",
        name="account",
        keys=(("account_id", ASCENDING),),
        unique=True,
        partial={"account_id": {"$type": "string"}},
    ),
    by_channel("wechat_followers"),
    by_channel("accounts"),
    expiring("wechat_pushes"),
    expiring("qr_logins"),
    # audit: what the sealer takes next and last; everything done to one thing
    Index(
        collection="audit",
        name="chain",
        keys=(("number", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)),
    ),
    Index(
        collection="audit",
        name="subject",
        keys=(("subject_id", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)),
    ),
    Index(
        collection="audit",
        name="number",
        keys=(("number", ASCENDING),),
        unique=True,
        partial={"number": {"$gt": 0}},
    ),
    # blobs.py
    Index(
        collection="blob_chunks",
        name="upload_chunk",
        keys=(("upload_id", ASCENDING), ("number", ASCENDING)),
        unique=True,
    ),
    Index(collection="blob_uploads", name="started", keys=(("started_at", ASCENDING),)),
    # messages/repository.py: an inbox, its dots; what is to be sent or asked after.
    Index(
        collection="messages",
        name="inbox",
        keys=(("account_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)),
    ),
    Index(
        collection="messages",
        name="unread",
        keys=(("account_id", ASCENDING), ("created_at", ASCENDING)),
        partial={"unread": True},
    ),
    Index(
        collection="deliveries",
        name="due",
        keys=(("due_at", ASCENDING),),
        partial={"done": False},
    ),
    # the same: whose end WeChat tells; ends told too early.
    Index(
        collection="deliveries",
        name="msg_id",
        keys=(("msg_id", ASCENDING),),
        partial={"msg_id": {"$exists": True}},
    ),
    expiring("template_finishes"),
    # institutions/repository.py: the list, the earliest ones.
    rising("institutions", "state_kind", "state", "kind", "name"),
    rising("institutions", "state_created", "state", "created_at", "_id"),
    pending_events("institutions"),
    # products/repository.py: the mart; an institution's own; what is past its last day.
    on_the_shelf("score", DESCENDING),
    on_the_shelf("rate_min_bp", ASCENDING),
    on_the_shelf("amount_max_fen", DESCENDING),
    on_the_shelf("published_on", DESCENDING),
    products_by("grams"),
    products_by("tags"),
    products_by("places"),
    products_by("institution_id"),
    rising("products", "state_until", "state", "until_on"),
    # enterprises/repository.py: one open case an account, one certified enterprise a credit code;
    # the reviewers' queue, its clock and its search; face tickets and walks under way.
    pending_events("certifications"),
    Index(
        collection="certifications",
        name="open_case",
        keys=(("account_id", ASCENDING),),
        unique=True,
        partial={"is_open": True},
    ),
    Index(
        collection="certifications",
        name="account",
        keys=(("account_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)),
    ),
    Index(
        collection="certifications",
        name="queue",
        keys=(("state", ASCENDING), ("submitted_at", DESCENDING), ("_id", DESCENDING)),
    ),
    Index(
        collection="certifications",
        name="submitted",
        keys=(("submitted_at", DESCENDING), ("_id", DESCENDING)),
    ),
    rising("certifications", "due", "state", "due_at"),
    rising("certifications", "name", "name"),
    rising("certifications", "uscc", "uscc"),
    Index(
        collection="certifications",
        name="face_ticket",
        keys=(("face_ticket", ASCENDING),),
        unique=True,
        partial={"face_ticket": {"$type": "string"}},
    ),
    Index(
        collection="certifications",
        name="face_open",
        keys=(("face_open", ASCENDING), ("_id", ASCENDING)),
        partial={"face_open": True},
    ),
    Index(
        collection="enterprises",
        name="certified_uscc",
        keys=(("uscc", ASCENDING),),
        unique=True,
        partial={"state": "certified"},
    ),
    # applications/repository.py: one open case an enterprise and product; the lists of the
    # enterprise, of a branch, of a whole institution and of the platform; searching by words.
    Index(
        collection="applications",
        name="enterprise_case_no",
        keys=(("enterprise_id", ASCENDING), ("case_no", ASCENDING)),
        unique=True,
    ),
    Index(
        collection="applications",
        name="enterprise_product_open",
        keys=(("enterprise_id", ASCENDING), ("product_id", ASCENDING)),
        unique=True,
        partial={"is_open": True},
    ),
    cases_by("enterprise_id"),
    cases_by("institution_id", "branch_id", "state"),
    cases_by("institution_id", "state"),
    cases_by("state"),
    cases_by("grams", "institution_id"),
    pending_events("applications"),
    # reports/repository.py: figures by day, the events in them; what is due first.
    rising("daily_figures", "place_day", "institution_id", "day"),
    rising("daily_figures", "day", "day"),
    expiring("counted_events"),
    rising("applications", "institution_due", "institution_id", "state", "due_at"),
    rising("applications", "due", "state", "due_at"),
    rising("enterprises", "state", "state"),
)


async def ensure(db: Database, indexes: tuple[Index, ...] = INDEXES) -> None:
    """Create collections and indexes that are missing. Raises IndexChanged."""
    by_collection = groupby(sorted(indexes, key=_collection), key=_collection)
    existing = set(await db.collection_names())
    changed: list[str] = []
    for collection, rows in by_collection:
        changed += await _ensure_collection(db, collection, list(rows), collection in existing)
    if changed:
        raise IndexChanged(tuple(changed))


async def _ensure_collection(
    db: Database, collection: str, rows: list[Index], exists: bool
) -> list[str]:
    found: dict[str, Mapping[str, Any]] = {}
    if exists:
        found = {each["name"]: each async for each in db[collection].list_indexes()}
    changed = []
    for row in rows:
        if row.name in found:
            if not row.matches(found[row.name]):
                changed.append(f"{collection}.{row.name}")
            continue
        try:
            await db[collection].create_indexes([row.model()])
        except OperationFailure as error:
            if error.code not in _CONFLICTS:
                raise
            changed.append(f"{collection}.{row.name}")
    return changed


def _collection(index: Index) -> str:
    return index.collection
