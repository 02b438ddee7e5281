"""What an enterprise says when it applies, and whether it fits the product."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from server.core.errors import FieldsInvalid, Invalid
from server.core.money import percent, wan
from server.products.terms import ProductTerms


class LoanPurpose(StrEnum):
    """贷款用途."""

    WORKING_CAPITAL = "working_capital"
    PURCHASE = "purchase"
    EQUIPMENT = "equipment"
    RENOVATION = "renovation"
    RESEARCH = "research"
    OTHER = "other"


PURPOSE_NAMES: dict[LoanPurpose, str] = {
    LoanPurpose.WORKING_CAPITAL: "补充流动资金",
    LoanPurpose.PURCHASE: "采购原材料",
    LoanPurpose.EQUIPMENT: "购置设备",
    LoanPurpose.RENOVATION: "厂房建设与装修",
    LoanPurpose.RESEARCH: "研发投入",
    LoanPurpose.OTHER: "其他经营用途",
}


class AmountOutOfRange(Invalid):
    """Outside the product's range; the bounds themselves are inside."""

    code = "applications.amount_out_of_range"
    sentence = "这款产品的融资金额为 {low}—{high} 万元，请修改。"


class TermOutOfRange(Invalid):
    """Outside the product's range."""

    code = "applications.term_out_of_range"
    sentence = "这款产品的融资期限为 {low}—{high} 个月，请修改。"


class RateOutOfRange(Invalid):
    """Outside the product's range."""

    code = "applications.rate_out_of_range"
    sentence = "这款产品的年化利率为 {low}%—{high}%，请修改。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationForm:
    """Amounts in fen, term in months, rate in basis points. The contact is a natural person."""

    amount_fen: int
    term_months: int
    expected_rate_bp: int
    purpose: LoanPurpose
    contact_name: str
    contact_phone: str
    annual_revenue_fen: int
    total_loans_fen: int
    is_enforced: bool
    was_overdue: bool
    note: str = ""

    def must_fit(self, terms: ProductTerms) -> None:
        """Refuse with AmountOutOfRange, TermOutOfRange or RateOutOfRange; bounds are inside.

        Several at once are FieldsInvalid.
        """
        problems = list(self._problems(terms))
        if len(problems) > 1:
            raise FieldsInvalid({str(one.field): one.message for one in problems})
        for problem in problems:
            raise problem

    def _problems(self, terms: ProductTerms) -> Iterator[Invalid]:
        if not terms.amount_min_fen <= self.amount_fen <= terms.amount_max_fen:
            yield AmountOutOfRange(
                field="amount_fen", low=wan(terms.amount_min_fen), high=wan(terms.amount_max_fen)
            )
        if not terms.term_min_months <= self.term_months <= terms.term_max_months:
            yield TermOutOfRange(
                field="term_months", low=terms.term_min_months, high=terms.term_max_months
            )
        if not terms.rate_min_bp <= self.expected_rate_bp <= terms.rate_max_bp:
            yield RateOutOfRange(
                field="expected_rate_bp",
                low=percent(terms.rate_min_bp),
                high=percent(terms.rate_max_bp),
            )
