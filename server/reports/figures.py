"""What is counted by day, and which news counts: the figures behind the dashboard.

Every figure is a sum of events, so that a dashboard costs the same with a thousand cases and with
a million, and a recount of the cases' own histories must give the same numbers.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server.core.clock import shanghai_day
from server.core.events import Event

PLATFORM = ""
"""The place of what no institution handles: certifications."""


class Figure(StrEnum):
    """Deeds, and fen where the name says so."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFERRED_BACK = "referred_back"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CREDITED = "credited"
    CREDITED_FEN = "credited_fen"
    LENT = "lent"
    LENT_FEN = "lent_fen"
    CERTIFICATIONS_SUBMITTED = "certifications_submitted"
    CERTIFICATIONS_APPROVED = "certifications_approved"
    CERTIFICATIONS_REJECTED = "certifications_rejected"
    CERTIFICATIONS_RETURNED = "certifications_returned"


COUNTED: Mapping[str, Figure] = {
    "applications.submitted": Figure.SUBMITTED,
    "applications.accepted": Figure.ACCEPTED,
    "applications.referred_back": Figure.REFERRED_BACK,
    "applications.declined": Figure.DECLINED,
    "applications.withdrawn": Figure.WITHDRAWN,
    "applications.credited": Figure.CREDITED,
    "applications.lent": Figure.LENT,
    "enterprises.certification_submitted": Figure.CERTIFICATIONS_SUBMITTED,
    "enterprises.certification_approved": Figure.CERTIFICATIONS_APPROVED,
    "enterprises.certification_rejected": Figure.CERTIFICATIONS_REJECTED,
    "enterprises.certification_returned": Figure.CERTIFICATIONS_RETURNED,
}
"""Event to figure."""

AMOUNTS: Mapping[Figure, Figure] = {
    Figure.CREDITED: Figure.CREDITED_FEN,
    Figure.LENT: Figure.LENT_FEN,
}

Sums = Counter[Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event's part: where and on which day in China it counts, and what it adds."""

    event_id: str
    day: date
    institution_id: str
    branch_id: str
    sums: Mapping[Figure, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whose figures: None is everybody's, a branch only within its institution."""

    institution_id: str | None = None
    branch_id: str | None = None


def entry_of(event: Event) -> Entry:
    """What the event adds; KeyError for one that does not count."""
    figure = COUNTED[event.name]
    sums = {figure: 1}
    if figure in AMOUNTS:
        sums[AMOUNTS[figure]] = int(event.facts["amount_fen"])
    return Entry(
        event_id=event.id,
        day=shanghai_day(event.at),
        institution_id=str(event.facts.get("institution_id", PLATFORM)),
        branch_id=str(event.facts.get("branch_id", PLATFORM)),
        sums=sums,
    )
