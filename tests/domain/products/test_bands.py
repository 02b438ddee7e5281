import pytest

from server.products.bands import (
    AMOUNT_LIMITS,
    AMOUNT_NAMES,
    RATE_LIMITS,
    RATE_NAMES,
    TERM_LIMITS,
    TERM_NAMES,
    WAN,
    AmountBand,
    RateBand,
    TermBand,
    band_of,
)


@pytest.mark.shows("F087")
@pytest.mark.parametrize(
    ("fen", "band"),
    [
        (1, AmountBand.UP_TO_100),
        (100 * WAN, AmountBand.UP_TO_100),  # "100万以内(含100万)"
        (100 * WAN + 1, AmountBand.UP_TO_500),
        (500 * WAN, AmountBand.UP_TO_500),
        (500 * WAN + 1, AmountBand.UP_TO_1000),
        (1000 * WAN, AmountBand.UP_TO_1000),
        (1000 * WAN + 1, AmountBand.ABOVE_1000),
        (2**62, AmountBand.ABOVE_1000),
    ],
)
def test_the_upper_bound_of_an_amount_band_belongs_to_it(fen: int, band: AmountBand) -> None:
    assert band_of(fen, AMOUNT_LIMITS) is band


@pytest.mark.shows("F088")
@pytest.mark.parametrize(
    ("months", "band"),
    [
        (1, TermBand.UP_TO_12),
        (12, TermBand.UP_TO_12),  # "12个月以内(含12)"
        (13, TermBand.UP_TO_24),
        (24, TermBand.UP_TO_24),
        (25, TermBand.UP_TO_60),
        (60, TermBand.UP_TO_60),
        (61, TermBand.ABOVE_60),
    ],
)
def test_the_upper_bound_of_a_term_band_belongs_to_it(months: int, band: TermBand) -> None:
    assert band_of(months, TERM_LIMITS) is band


@pytest.mark.parametrize(
    ("bp", "band"),
    [
        (0, RateBand.UP_TO_4),
        (400, RateBand.UP_TO_4),
        (401, RateBand.UP_TO_6),
        (1001, RateBand.ABOVE_10),
    ],
)
def test_the_upper_bound_of_a_rate_band_belongs_to_it(bp: int, band: RateBand) -> None:
    assert band_of(bp, RATE_LIMITS) is band


def test_every_band_has_a_limit_and_a_name() -> None:
    for bands, limits, names in (
        (AmountBand, AMOUNT_LIMITS, AMOUNT_NAMES),
        (TermBand, TERM_LIMITS, TERM_NAMES),
        (RateBand, RATE_LIMITS, RATE_NAMES),
    ):
        assert list(bands) == list(limits) == list(names)
