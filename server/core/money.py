"""Amounts and rates as people write them (万元, %) and as we keep them (fen, basis points).

No float and no Decimal arithmetic: a number is scaled by moving its point, so nothing is rounded.
"""

import re
import unicodedata
from decimal import Decimal

MAX_FEN = 2**63 - 1  # what the database's integer holds

_WAN_PLACES = 6  # 1 万元 = 1,000,000 fen
_PERCENT_PLACES = 2  # 1 % = 100 bp
_NUMBER = re.compile(r"(?P<whole>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.(?P<fraction>[0-9]+))?")


def fen_from_wan(text: str | Decimal) -> int:
    """万元 as written, at most six decimals, to fen; ValueError for anything that is not exact."""
    return _scaled(format(text, "f") if isinstance(text, Decimal) else text, _WAN_PLACES)


def wan(fen: int) -> str:
    """Fen to 万元 without trailing zeros: '150', '150.5', '0.000001'."""
    return _unscaled(fen, _WAN_PLACES)


def yuan(fen: int) -> str:
    """Fen to yuan with separators and two decimals: '1,500,000.00'."""
    whole, fraction = divmod(abs(fen), 100)
    return f"{_sign(fen)}{whole:,}.{fraction:02d}"


def bp_from_percent(text: str | Decimal) -> int:
    """Percent as written, a % sign allowed, at most two decimals, to basis points; ValueError otherwise."""
    written = format(text, "f") if isinstance(text, Decimal) else _plain(text).removesuffix("%")
    return _scaled(written, _PERCENT_PLACES)


def percent(bp: int) -> str:
    """Basis points to percent without the sign: '4.05', '4.5', '4'."""
    return _unscaled(bp, _PERCENT_PLACES)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _scaled(text: str, places: int) -> int:
    match = _NUMBER.fullmatch(_plain(text))
    if match is None:
        raise ValueError("not a number without a sign")
    fraction = (match["fraction"] or "").rstrip("0")
    whole = match["whole"].replace(",", "").lstrip("0")
    if len(fraction) > places:
        raise ValueError("too many decimals")
    if len(whole) > len(str(MAX_FEN)):
        raise ValueError("too large")
    scaled = int(whole + fraction.ljust(places, "0"))
    if scaled > MAX_FEN:
        raise ValueError("too large")
    return scaled


def _unscaled(value: int, places: int) -> str:
    whole, fraction = divmod(abs(value), 10**places)
    decimals = f"{fraction:0{places}d}".rstrip("0")
    return f"{_sign(value)}{whole}.{decimals}" if decimals else f"{_sign(value)}{whole}"


def _sign(value: int) -> str:
    return "-" if value < 0 else ""
