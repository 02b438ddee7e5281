"""What an index is, and the shapes of which there are many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from server.storage.mongo import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """``keys``: (field, 1 or -1) in order. ``expire_after_seconds`` makes MongoDB the broom."""

    collection: str
    name: str
    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    partial: Mapping[str, Any] | None = None
    expire_after_seconds: int | None = None

    def model(self) -> IndexModel:
        options: Document = {"name": self.name}
        if self.unique:
            options["unique"] = True
        if self.partial is not None:
            options["partialFilterExpression"] = dict(self.partial)
        if self.expire_after_seconds is not None:
            options["expireAfterSeconds"] = self.expire_after_seconds
        return IndexModel(list(self.keys), **options)

    def matches(self, found: Mapping[str, Any]) -> bool:
        """Whether an entry of listIndexes is this index."""
        return (
            tuple((field, int(way)) for field, way in found["key"].items()) == self.keys
            and bool(found.get("unique")) == self.unique
            and found.get("partialFilterExpression") == self.partial
            and found.get("expireAfterSeconds") == self.expire_after_seconds
        )


def expiring(collection: str) -> Index:
    """Documents go some time after their ``expires_at``; reads must still filter by it."""
    return Index(
        collection=collection,
        name="expiry",
        keys=(("expires_at", ASCENDING),),
        expire_after_seconds=0,
    )


def pending_events(collection: str) -> Index:
    """What the outbox needs on every collection whose documents carry ``pending`` events."""
    return Index(
        collection=collection,
        name="pending_events",
        keys=(("pending.at", ASCENDING),),
        partial={"pending.0": {"$exists": True}},
    )


def rising(collection: str, name: str, *fields: str) -> Index:
    """By fields that are all sorted upwards."""
    return Index(
        collection=collection, name=name, keys=tuple((field, ASCENDING) for field in fields)
    )


def by_channel(collection: str) -> Index:
    """Those that a channel's QR code brought; the others are not in it."""
    return Index(
        collection=collection,
        name="channel",
        keys=(("channel", ASCENDING),),
        partial={"channel": {"$type": "string"}},
    )


def on_the_shelf(order: str, way: int) -> Index:
    """Products in one of the mart's orders, by the filters that have few values."""
    return Index(
        collection="products",
        name=f"shelf_{order}",
        keys=(
            ("shelf", ASCENDING),
            ("amount_band", ASCENDING),
            ("term_band", ASCENDING),
            (order, way),
            ("_id", way),
        ),
    )


def products_by(field: str) -> Index:
    """One of the mart's filters with many values: it is looked up first and what it finds is few.

    By itself: with the order and the id behind every pair of characters it would be ten times as
    large, and what is many is read in the order of the shelf instead.
    """
    return Index(collection="products", name=field, keys=((field, ASCENDING),))


def cases_by(*fields: str) -> Index:
    """Applications of one kind, newest first."""
    return Index(
        collection="applications",
        name="_".join(fields),
        keys=(
            *((field, ASCENDING) for field in fields),
            ("submitted_at", DESCENDING),
            ("_id", DESCENDING),
        ),
    )
