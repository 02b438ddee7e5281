"""Bands of the mart's filters: amounts, terms and rates, each open below and closed above.

``(low, high]``: 100 万元 belongs to 100万以内, 100.01 万元 to 100-500万. A product stands in the band
of its largest amount, its longest term and its lowest rate.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

WAN = 1_000_000  # 万元 in fen


class AmountBand(StrEnum):
    """By the largest amount."""

    UP_TO_100 = "le100"
    UP_TO_500 = "100-500"
    UP_TO_1000 = "500-1000"
    ABOVE_1000 = "gt1000"


class TermBand(StrEnum):
    """By the longest term, in months."""

    UP_TO_12 = "le12"
    UP_TO_24 = "12-24"
    UP_TO_60 = "24-60"
    ABOVE_60 = "gt60"


class RateBand(StrEnum):
    """By the lowest annual rate, in %."""

    UP_TO_4 = "le4"
    UP_TO_6 = "4-6"
    UP_TO_10 = "6-10"
    ABOVE_10 = "gt10"


# The highest value that still belongs to the band; None: there is none.
AMOUNT_LIMITS: Mapping[AmountBand, int | None] = {
    AmountBand.UP_TO_100: 100 * WAN,
    AmountBand.UP_TO_500: 500 * WAN,
    AmountBand.UP_TO_1000: 1000 * WAN,
    AmountBand.ABOVE_1000: None,
}
TERM_LIMITS: Mapping[TermBand, int | None] = {
    TermBand.UP_TO_12: 12,
    TermBand.UP_TO_24: 24,
    TermBand.UP_TO_60: 60,
    TermBand.ABOVE_60: None,
}
RATE_LIMITS: Mapping[RateBand, int | None] = {
    RateBand.UP_TO_4: 400,
    RateBand.UP_TO_6: 600,
    RateBand.UP_TO_10: 1000,
    RateBand.ABOVE_10: None,
}

AMOUNT_NAMES: Mapping[AmountBand, str] = {
    AmountBand.UP_TO_100: "100万以内(含100万)",
    AmountBand.UP_TO_500: "100-500万",
    AmountBand.UP_TO_1000: "500-1000万",
    AmountBand.ABOVE_1000: "1000万以上",
}
TERM_NAMES: Mapping[TermBand, str] = {
    TermBand.UP_TO_12: "12个月以内(含12个月)",
    TermBand.UP_TO_24: "12-24个月",
    TermBand.UP_TO_60: "24-60个月",
    TermBand.ABOVE_60: "60个月以上",
}
RATE_NAMES: Mapping[RateBand, str] = {
    RateBand.UP_TO_4: "4%以内(含4%)",
    RateBand.UP_TO_6: "4%-6%",
    RateBand.UP_TO_10: "6%-10%",
    RateBand.ABOVE_10: "10%以上",
}

Band = TypeVar("Band", AmountBand, TermBand, RateBand)


def band_of(value: int, limits: Mapping[Band, int | None]) -> Band:
    """The band in which the value stands; ``limits`` are in ascending order."""
    return next(band for band, high in limits.items() if high is None or value <= high)
