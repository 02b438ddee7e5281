"""Mainland mobile numbers: one written form, whatever people type."""

import re
import unicodedata

_IGNORED = re.compile(r"[\s().\-\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")


def normalise_phone(text: str) -> str:
    """Eleven digits; ValueError when it is no mainland mobile number."""
    match = _MOBILE.fullmatch(_IGNORED.sub("", unicodedata.normalize("NFKC", text)))
    if match is None:
        raise ValueError("not a mainland mobile number")
    return match[1]
