"""Fetching one page of a list: by number up to 10,000 rows, by keyset for the API, counts capped.

Two queries, never ``$facet``: facts measured in docs/decisions.
"""

from collections.abc import Callable, Sequence
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
from server.storage.mongo import Collection, Document

Item = TypeVar("Item")


async def fetch_page(
    collection: Collection,
    query: Document,
    request: PageRequest,
    read: Callable[[Document], Item],
    *,
    newest_by: str = "created_at",
) -> Page[Item]:
    """One page, newest first by a time field and ``_id`` (index: filter fields, time -1, _id -1)."""
    wanted = query
    if request.cursor is not None:
        moment, last_id = decode_cursor(request.cursor, 2)
        at = _moment(moment)
        wanted = {
            "$and": [
                query,
                {newest_by: {"$lte": at}},
                {"$or": [{newest_by: {"$lt": at}}, {"_id": {"$lt": last_id}}]},
            ]
        }
    found = collection.find(wanted).sort([(newest_by, -1), ("_id", -1)])
    if request.cursor is None:
        found = found.skip(request.skip)
    documents = await found.limit(request.size + 1).to_list(request.size + 1)
    total = await collection.count_documents(query, limit=COUNT_CAP + 1)
    return Page(
        items=[read(document) for document in documents[: request.size]],
        total=total,
        number=request.number,
        size=request.size,
        next_cursor=_next_cursor(documents, request.size, newest_by),
    )


def _next_cursor(documents: Sequence[Document], size: int, newest_by: str) -> str | None:
    if len(documents) <= size:
        return None
    last = documents[size - 1]
    return encode_cursor(str(round(last[newest_by].timestamp() * 1000)), str(last["_id"]))


def _moment(milliseconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise CursorBroken(field="cursor") from None
