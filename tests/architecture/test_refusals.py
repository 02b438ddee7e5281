"""Each refusal has a code of its own and a sentence that a person can read."""

import re
import string
from collections import Counter
from collections.abc import Iterator

from server.core.errors import Kind, Refusal
from tests.architecture.sources import PRODUCT, loaded, sources

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _below(base: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in base.__subclasses__():
        yield child
        yield from _below(child)


def _refusals() -> list[type[Refusal]]:
    """The concrete refusals of the product: all but the bases that others are made from."""
    assert loaded()
    ours = {c for c in _below(Refusal) if c.__module__.partition(".")[0] in PRODUCT}
    bases = {c for c in ours if c.__subclasses__() or c.__module__ == Refusal.__module__}
    return sorted((c for c in ours if "code" in vars(c) or c not in bases), key=repr)


def test_every_code_is_unique_and_named_after_its_capability() -> None:
    codes = Counter(vars(refusal).get("code", repr(refusal)) for refusal in _refusals())
    assert not [code for code, times in codes.items() if times > 1]
    for refusal in _refusals():
        assert re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", refusal.code), refusal
        capability = sources()[refusal.__module__].capability
        assert capability is None or refusal.code.startswith(f"{capability}."), refusal


def test_every_refusal_has_a_kind_and_a_chinese_sentence() -> None:
    for refusal in _refusals():
        assert isinstance(refusal.kind, Kind), refusal
        assert _CHINESE.search(refusal.sentence), refusal
        assert refusal.sentence == refusal.sentence.strip(), refusal
        for _, fact, _, _ in string.Formatter().parse(refusal.sentence):
            assert fact is None or fact.isidentifier(), refusal
