from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.money import MAX_FEN, bp_from_percent, fen_from_wan, percent, wan, yuan


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("150", 150_000_000),
        ("150.5", 150_500_000),
        ("0.000001", 1),
        ("1,234.56", 1_234_560_000),
        ("１５０．５", 150_500_000),
        (" 100 ", 100_000_000),
        ("0012.500000000", 12_500_000),
        (Decimal("1E+2"), 100_000_000),
        (Decimal("0.30"), 300_000),
    ],
)
def test_an_amount_in_wan_is_exact_to_the_fen(text: str | Decimal, fen: int) -> None:
    assert fen_from_wan(text) == fen


@pytest.mark.parametrize(
    "text",
    ["", "abc", "-1", "+1", "1.", ".5", "1e3", "0.0000001", "1,23", "1.2.3", "NaN", "٣", "150万元"]
    + [str(MAX_FEN), "9" * 5000, Decimal("NaN"), Decimal("Infinity"), Decimal("-1")],
)
def test_an_amount_that_is_not_exact_is_refused(text: str | Decimal) -> None:
    with pytest.raises(ValueError):
        fen_from_wan(text)


@pytest.mark.parametrize(
    ("fen", "text"),
    [(150_000_000, "150"), (150_500_000, "150.5"), (1, "0.000001"), (0, "0"), (-500_000, "-0.5")],
)
def test_fen_are_shown_in_wan_without_trailing_zeros(fen: int, text: str) -> None:
    assert wan(fen) == text


@given(st.integers(0, MAX_FEN))
def test_an_amount_survives_the_way_to_wan_and_back(fen: int) -> None:
    assert fen_from_wan(wan(fen)) == fen


@given(st.decimals(0, 10**9, places=6))
def test_an_amount_typed_with_six_decimals_is_never_rounded(amount: Decimal) -> None:
    assert Decimal(wan(fen_from_wan(amount))) == amount


@pytest.mark.parametrize(
    ("fen", "text"), [(150_000_000, "1,500,000.00"), (5, "0.05"), (-123_456, "-1,234.56")]
)
def test_yuan_have_separators_and_two_decimals(fen: int, text: str) -> None:
    assert yuan(fen) == text


@pytest.mark.parametrize(
    ("text", "bp"),
    [("4.05", 405), ("4.5%", 450), ("４．３５％", 435), ("0", 0), (Decimal("3.1"), 310)],
)
def test_a_rate_in_percent_is_exact_to_the_basis_point(text: str | Decimal, bp: int) -> None:
    assert bp_from_percent(text) == bp


@pytest.mark.parametrize("text", ["4.055", "-1", "", "%", "4%%", "四"])
def test_a_rate_finer_than_a_basis_point_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        bp_from_percent(text)


@given(st.integers(0, 1_000_000))
def test_a_rate_survives_the_way_to_percent_and_back(bp: int) -> None:
    assert bp_from_percent(percent(bp)) == bp
