from hypothesis import given
from hypothesis import strategies as st

from server.core.search import MAX_TERMS, grams, needed_grams, normalise, terms_of


@given(name=st.text(max_size=30), start=st.integers(0, 30), length=st.integers(1, 8))
def test_a_name_has_the_grams_of_every_word_in_it(name: str, start: int, length: int) -> None:
    kept = grams(normalise(name))
    for term in terms_of(normalise(name)[start : start + length]):
        assert set(needed_grams(term)) <= kept


def test_words_are_found_however_they_are_typed() -> None:
    assert terms_of("　ＡＢＣ　科创\u200b贷 ") == ("abc", "科创贷")


def test_only_the_first_words_count() -> None:
    assert len(terms_of("一 二 三 四 五")) == MAX_TERMS


def test_nothing_is_asked_for_by_blanks_and_control_characters() -> None:
    assert terms_of(" \u3000\x00\u200b\n") == ()
