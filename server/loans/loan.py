"""A loan: money that was paid out under a credit (放款)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from server.core.errors import Invalid


class LoanNotPositive(Invalid):
    """Nothing, or less."""

    code = "loans.loan_not_positive"
    sentence = "放款金额必须大于 0。"


class DatesReversed(Invalid):
    """Due on or before the day it was lent."""

    code = "loans.dates_reversed"
    sentence = "到期日必须晚于放款日。"


class LentInFuture(Invalid):
    """Only what has happened is recorded."""

    code = "loans.lent_in_future"
    sentence = "放款日不能晚于今天。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """``contract_no`` is the institution's own; days are calendar days in China."""

    id: str
    contract_no: str
    amount_fen: int
    annual_rate_bp: int
    lent_on: date
    due_on: date
    recorded_at: datetime
    recorded_by: str

    @property
    def term_days(self) -> int:
        """存续期, in days."""
        return (self.due_on - self.lent_on).days

    def must_be_sound(self, *, today: date) -> None:
        """Refuse with LoanNotPositive, DatesReversed or LentInFuture."""
        if self.amount_fen <= 0:
            raise LoanNotPositive(field="amount_fen")
        if self.due_on <= self.lent_on:
            raise DatesReversed(field="due_on")
        if self.lent_on > today:
            raise LentInFuture(field="lent_on")

    def to_document(self) -> dict[str, Any]:
        """The shape inside a case's document; days as ISO text."""
        document = {name: getattr(self, name) for name in self.__slots__}
        return {
            **document,
            "lent_on": self.lent_on.isoformat(),
            "due_on": self.due_on.isoformat(),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Loan":
        """The way back."""
        days = {name: date.fromisoformat(document[name]) for name in ("lent_on", "due_on")}
        return cls(**{**document, **days})
