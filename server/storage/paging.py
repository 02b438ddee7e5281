"""Fetching one page of a list: by number up to 10,000 rows, by keyset for the API, counts capped.

Two queries, never ``$facet``: facts measured in docs/decisions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from server.core.paging import (
    COUNT_CAP,
    CursorBroken,
    Page,
    PageRequest,
    decode_cursor,
    encode_cursor,
)
from server.storage.mongo import DESCENDING, Collection, Document

Item = TypeVar("Item")
Value = datetime | int | str
MAX_INT = 2**63 - 1  # what the database's integer holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A stable order: by a field that every row has, then by ``_id``, both the same way."""

    field: str
    value: type[Value] = datetime
    direction: int = DESCENDING


async def fetch_page(
    collection: Collection,
    query: Document,
    request: PageRequest,
    read: Callable[[Document], Item],
    *,
    newest_by: str = "created_at",
    order: Order | None = None,
) -> Page[Item]:
    """One page, newest first by a time field and ``_id``, or in another order.

    Index: filter fields, then the order's field and ``_id``, both in its direction. Raises
    CursorBroken, also for the cursor of another order.
    """
    order = order or Order(field=newest_by)
    wanted = query
    if request.cursor is not None:
        wanted = {"$and": [query, *_after(order, request.cursor)]}
    found = collection.find(wanted).sort([(order.field, order.direction), ("_id", order.direction)])
    if request.cursor is None:
        found = found.skip(request.skip)
    documents = await found.limit(request.size + 1).to_list(request.size + 1)
    total = await collection.count_documents(query, limit=COUNT_CAP + 1)
    return Page(
        items=[read(document) for document in documents[: request.size]],
        total=total,
        number=request.number,
        size=request.size,
        next_cursor=_next_cursor(documents, request.size, order),
    )


def _after(order: Order, cursor: str) -> list[Document]:
    """The rows behind the cursor's, as one range of the index."""
    field, written, last_id = decode_cursor(cursor, 3)
    if field != order.field:
        raise CursorBroken(field="cursor")
    value = _read(written, order.value)
    beyond = "$lt" if order.direction == DESCENDING else "$gt"
    return [
        {field: {f"{beyond}e": value}},
        {"$or": [{field: {beyond: value}}, {"_id": {beyond: last_id}}]},
    ]


def _next_cursor(documents: Sequence[Document], size: int, order: Order) -> str | None:
    if len(documents) <= size:
        return None
    last = documents[size - 1]
    return encode_cursor(order.field, _written(last[order.field]), str(last["_id"]))


def _written(value: Value) -> str:
    return str(round(value.timestamp() * 1000)) if isinstance(value, datetime) else str(value)


def _read(written: str, kind: type[Value]) -> Value:
    if kind is str:
        return written
    try:
        number = int(written)
        if kind is datetime:
            return datetime.fromtimestamp(number / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise CursorBroken(field="cursor") from None
    if abs(number) > MAX_INT:
        raise CursorBroken(field="cursor")
    return number
