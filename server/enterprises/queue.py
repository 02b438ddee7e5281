"""The reviewers' queue: its tabs, its search, and what a reviewer sees of one case."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from server.enterprises.certification import Certification
from server.enterprises.rounds import Change

Query = dict[str, Any]
_CODE_PREFIX = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2,18}")


class QueueFilter(StrEnum):
    """The tabs of the queue."""

    WAITING = "waiting"
    MINE = "mine"
    OVERDUE = "overdue"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCounts:
    """Each counted up to 10,001."""

    waiting: int
    mine: int
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """``cautions``: sentences; ``edited``: form fields that differ from what the licence said."""

    case: Certification
    changes: tuple[Change, ...]
    cautions: tuple[str, ...]
    edited: frozenset[str]
    licence_label: str


def search(q: str) -> Query:
    """By the beginning, so that an index serves it; never by a person's name."""
    text = q.strip()[:64]
    if not text:
        return {}
    code = text.upper()
    field, prefix = ("uscc", code) if _CODE_PREFIX.fullmatch(code) else ("name", text)
    return {field: {"$regex": f"^{re.escape(prefix)}"}}
