"""A credit: the line that an institution grants to an enterprise (授信)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.core.errors import Invalid
from server.loans.loan import Loan


class CreditTooHigh(Invalid):
    """Above the product's maximum without a reason."""

    code = "loans.credit_too_high"
    sentence = (
        "授信金额超过产品最高额度 {max_wan} 万元，请核对；确需超出请填写原因（至少 5 个字）。"
    )


class CreditNotPositive(Invalid):
    """Nothing, or less."""

    code = "loans.credit_not_positive"
    sentence = "授信金额必须大于 0。"


class LineExceeded(Invalid):
    """The loans would add up to more than the line."""

    code = "loans.line_exceeded"
    sentence = "累计放款不能超过授信金额，当前还可放款 {left_wan} 万元。"


class ContractRepeated(Invalid):
    """The same contract twice in one case."""

    code = "loans.contract_repeated"
    sentence = "这个放款合同编号已经登记过，请核对。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """``reason``: why it is above the product's maximum, when it is."""

    amount_fen: int
    annual_rate_bp: int
    term_months: int
    granted_at: datetime
    granted_by: str
    reason: str = ""

    def left_fen(self, loans: Sequence[Loan]) -> int:
        """What can still be lent."""
        return self.amount_fen - sum(loan.amount_fen for loan in loans)

    def to_document(self) -> dict[str, Any]:
        """The shape inside a case's document."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Credit":
        """The way back."""
        return cls(**document)
