"""Regions by their six-digit code (GB/T 2260): two digits each for province, city and county.

``430000`` holds ``430100``, which holds ``430102``. A place is served when it is named, when a
region around it is, or when a part of it is.
"""

from collections.abc import Iterable

LENGTH = 6


def ancestors(code: str) -> tuple[str, ...]:
    """The regions around it, nearest first: ('430100', '430000') for '430102'."""
    own = _stem(code)
    return tuple(own[:length].ljust(LENGTH, "0") for length in range(len(own) - 2, 0, -2))


def serves(codes: Iterable[str], place: str) -> bool:
    """Whether one of the codes is the place, lies around it, or within it."""
    wanted = _stem(place)
    return any(wanted.startswith(_stem(code)) or _stem(code).startswith(wanted) for code in codes)


def _stem(code: str) -> str:
    """The digits that mean something: '4301' for '430100'."""
    stem = code
    while len(stem) > 2 and stem.endswith("00"):
        stem = stem[:-2]
    return stem
