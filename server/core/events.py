"""Events: news that an aggregate's own write carries upward in its ``pending`` list.

They hold ids and plain facts only, never a person's name, number or code: an event is
copied to the ``events`` collection and kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``name`` is ``capability.past_tense``; ``id`` is what makes a reaction happen once."""

    id: str
    name: str
    at: datetime
    subject_id: str
    facts: Mapping[str, str | int] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """The shape in which the event rides in its aggregate's document."""
        return {
            "id": self.id,
            "name": self.name,
            "at": self.at,
            "subject_id": self.subject_id,
            "facts": dict(self.facts),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Event":
        """The way back."""
        return cls(
            id=document["id"],
            name=document["name"],
            at=document["at"],
            subject_id=document["subject_id"],
            facts=document["facts"],
        )
