"""Codes with a check character.

The unified social credit code follows GB 32100-2015, the resident ID number GB 11643-1999.

The region in a resident ID is not judged: people keep the numbers of regions that were abolished long ago.
Errors name a problem and a position and never carry the code, which may be personal data.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_SUBJECT_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # GB 11714 counts I, O, S, V and Z
_SUBJECT_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_RESIDENT_CHECKS = "10X98765432"
_EARLIEST_BIRTH = date(1900, 1, 1)

# Letters that the standard leaves out, and what is meant when one is typed.
_NEVER_USED = {"I": "1", "O": "0", "S": "5", "V": "U", "Z": "2"}
_LOOK_ALIKES = {
    **_NEVER_USED,
    **{"0": "DQ", "D": "0", "Q": "0", "1": "L", "L": "1", "6": "G", "G": "6", "8": "B", "B": "8"},
}


class IdCodeProblem(StrEnum):
    LENGTH = "length"
    CHARACTER = "character"  # a character that cannot stand at this position
    LOOK_ALIKE = "look_alike"  # I, O, S, V or Z, which no credit code holds
    CHECK_CHARACTER = "check_character"
    BIRTH_DATE = "birth_date"  # no such day, in the future, or before 1900


class IdCodeInvalid(ValueError):
    """position counts from 1; meant is the character that was probably meant there."""

    def __init__(
        self, problem: IdCodeProblem, *, position: int | None = None, meant: str | None = None
    ) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.position = position
        self.meant = meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Uscc:
    """A credit code whose check character is right.

    subject_doubtful: the code of the organisation inside it (positions 9-17, GB 11714) does not
    add up, which calls for a second look and not for a refusal.
    """

    code: str
    subject_doubtful: bool


def normalise_code(text: str) -> str:
    """The form in which a code is judged: half-width, upper-case, without spaces and invisible characters."""
    wide = unicodedata.normalize("NFKC", text).upper()
    return "".join(c for c in wide if not c.isspace() and unicodedata.category(c) != "Cf")


def check_uscc(text: str) -> Uscc:
    """Raises IdCodeInvalid."""
    code = normalise_code(text)
    if len(code) != 18:
        raise IdCodeInvalid(IdCodeProblem.LENGTH)
    for position, character in enumerate(code, start=1):
        if character in _NEVER_USED:
            raise IdCodeInvalid(
                IdCodeProblem.LOOK_ALIKE, position=position, meant=_NEVER_USED[character]
            )
        if character not in (_USCC_ALPHABET[:10] if 3 <= position <= 8 else _USCC_ALPHABET):
            raise IdCodeInvalid(IdCodeProblem.CHARACTER, position=position)
    if code[17] != _uscc_check(code[:17]):
        raise IdCodeInvalid(IdCodeProblem.CHECK_CHARACTER)
    return Uscc(code=code, subject_doubtful=_is_doubtful_subject(code[8:17]))


def propose_uscc(text: str) -> str | None:
    """The right code, when exactly one exchange of look-alike characters makes a wrong one right."""
    code = normalise_code(text)
    if len(code) != 18 or _is_uscc(code):
        return None
    right = [candidate for candidate in _one_exchange_away(code) if _is_uscc(candidate)]
    return right[0] if len(right) == 1 else None


def make_uscc(body: str) -> str:
    """The 17 characters before the check character, completed."""
    return check_uscc(body + _uscc_check(body)).code


def check_resident_id(text: str, *, today: date) -> str:
    """The number as it is kept; raises IdCodeInvalid. `today` is the day in Shanghai."""
    number = normalise_code(text)
    if len(number) != 18:
        raise IdCodeInvalid(IdCodeProblem.LENGTH)
    for position, character in enumerate(number, start=1):
        allowed = "0123456789X" if position == 18 else "0123456789"
        if character not in (allowed[1:] if position == 1 else allowed):
            raise IdCodeInvalid(IdCodeProblem.CHARACTER, position=position)
    born_on = _birth_date(number)
    if born_on is None or not _EARLIEST_BIRTH <= born_on <= today:
        raise IdCodeInvalid(IdCodeProblem.BIRTH_DATE)
    if number[17] != _resident_check(number[:17]):
        raise IdCodeInvalid(IdCodeProblem.CHECK_CHARACTER)
    return number


def make_resident_id(body: str) -> str:
    """The 17 digits before the check character, completed; whether they are a person's is not judged."""
    return body + _resident_check(body)


def _uscc_check(body: str) -> str:
    total = sum(_USCC_ALPHABET.index(c) * w for c, w in zip(body, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[-total % 31]


def _is_uscc(code: str) -> bool:
    try:
        check_uscc(code)
    except IdCodeInvalid:
        return False
    return True


def _is_doubtful_subject(subject: str) -> bool:
    if len(set(subject)) == 1:
        return True
    total = sum(
        _SUBJECT_ALPHABET.index(c) * w for c, w in zip(subject[:8], _SUBJECT_WEIGHTS, strict=True)
    )
    return subject[8] != "0123456789X"[-total % 11]


def _one_exchange_away(code: str) -> Iterator[str]:
    for place, character in enumerate(code):
        for twin in _LOOK_ALIKES.get(character, ""):
            yield code[:place] + twin + code[place + 1 :]


def _birth_date(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def _resident_check(body: str) -> str:
    return _RESIDENT_CHECKS[
        sum(int(c) * w for c, w in zip(body, _RESIDENT_WEIGHTS, strict=True)) % 11
    ]
