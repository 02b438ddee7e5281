"""Pages of lists: numbers for pages people read, cursors for the API."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from server.core.errors import Invalid

COUNT_CAP = 10_000
SIZES = (10, 20, 50)
DEFAULT_SIZE = 10

Item = TypeVar("Item")
Other = TypeVar("Other")


class CursorBroken(Invalid):
    """A cursor that we did not make."""

    code = "core.cursor_broken"
    sentence = "翻页标记已失效，请回到第一页重新查看。"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page is wanted: ``number`` (from 1) for pages, ``cursor`` for the API; ``size`` rows."""

    size: int = DEFAULT_SIZE
    number: int = 1
    cursor: str | None = None

    @property
    def skip(self) -> int:
        """Rows before this page; the numbered way only, at most COUNT_CAP."""
        return min((self.number - 1) * self.size, COUNT_CAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """One page. ``total`` is counted up to COUNT_CAP only; beyond it ``is_capped`` is true."""

    items: Sequence[Item]
    total: int
    number: int = 1
    size: int = DEFAULT_SIZE
    next_cursor: str | None = None

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.total > COUNT_CAP

    @property
    def last(self) -> int:
        """The number of the last page that can be asked for by number."""
        return max(1, -(-min(self.total, COUNT_CAP) // self.size))

    @property
    def total_text(self) -> str:
        """The count as people read it: ``10000+`` when capped."""
        return f"{COUNT_CAP}+" if self.is_capped else str(self.total)


def encode_cursor(*parts: str) -> str:
    """An opaque cursor of the sort key's values, the id last."""
    return base64.urlsafe_b64encode("\x1f".join(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int) -> list[str]:
    """The values of ``encode_cursor``; CursorBroken when they aren't so many."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise CursorBroken(field="cursor") from error
    values = text.split("\x1f")
    if len(values) != parts:
        raise CursorBroken(field="cursor")
    return values


def mapped(page: "Page[Item]", change: "Callable[[Item], Other]") -> "Page[Other]":
    """The same page with each item changed: how presenters keep paging."""
    return Page(
        items=[change(item) for item in page.items],
        total=page.total,
        number=page.number,
        size=page.size,
        next_cursor=page.next_cursor,
    )
