"""Finding a Chinese word in the middle of a name: single characters and pairs, kept in an array.

MongoDB's text index knows no Chinese words and an unanchored expression reads every document;
looking up the pairs and then verifying with an expression costs the same at any size.
"""

import unicodedata

MAX_TERMS = 3


def normalise(text: str) -> str:
    """The form in which names are searched: half-width, lower case, without control characters."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    return "".join(" " if c.isspace() else c for c in wide if c.isspace() or _is_visible(c))


def grams(text: str) -> frozenset[str]:
    """Every character and every pair of neighbours of a normalised word or name, spaces apart."""
    found: set[str] = set()
    for word in text.split():
        found.update(word)
        found.update(word[at : at + 2] for at in range(len(word) - 1))
    return frozenset(found)


def terms_of(text: str) -> tuple[str, ...]:
    """The words that are searched for: the first three."""
    return tuple(dict.fromkeys(normalise(text).split()))[:MAX_TERMS]


def needed_grams(term: str) -> list[str]:
    """What a name holding the term holds for sure: its pairs, or its one character."""
    pairs = {term[at : at + 2] for at in range(len(term) - 1)}
    return sorted(pairs) or [term]


def _is_visible(character: str) -> bool:
    return not unicodedata.category(character).startswith("C")
