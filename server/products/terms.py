"""The terms of a product as a case keeps them: what is changed later doesn't touch running cases."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTerms:
    """Of one version. Amounts in fen, annual rates in 0.01 %, terms in months."""

    product_id: str
    version: int
    name: str
    institution_id: str
    institution_name: str
    institution_short_name: str
    rate_min_bp: int
    rate_max_bp: int
    amount_min_fen: int
    amount_max_fen: int
    term_min_months: int
    term_max_months: int
    guarantee_methods: tuple[str, ...]
    repayment: str
    prepayment: str
    materials: tuple[str, ...]

    def to_document(self) -> dict[str, Any]:
        """The shape in which the terms ride in a case's document."""
        document = asdict(self)
        for name in ("guarantee_methods", "materials"):
            document[name] = list(document[name])
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ProductTerms":
        """The way back."""
        lists = {name: tuple(document[name]) for name in ("guarantee_methods", "materials")}
        return cls(**{**document, **lists})
