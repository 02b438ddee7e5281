import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from server.core.masking import mask_id_number, mask_name, mask_phone, mask_uscc

_HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


@pytest.mark.shows("T16", "F079")
def test_each_kind_of_identifier_has_its_mask() -> None:
    assert mask_name("李明") == "李*"
    assert mask_phone("13912345678") == "139****5678"
    assert mask_id_number("11010519491231002X") == "110105********002X"
    assert mask_uscc("91350100M000100Y43") == "913***********0Y43"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("李明远", "李**"),
        ("欧阳明月", "欧阳**"),
        ("欧阳", "欧*"),
        ("阿依古丽·买买提", "阿***·***"),
        ("𠮷明", "𠮷*"),
        ("李", "*"),
        ("", ""),
    ],
)
def test_a_name_shows_the_surname_only(name: str, shown: str) -> None:
    assert mask_name(name) == shown


@pytest.mark.shows("T16")
@given(st.lists(_HAN, min_size=1, max_size=8, unique=True).map("".join))
def test_a_masked_name_never_holds_a_hidden_character(name: str) -> None:
    masked = mask_name(name)
    hidden = name[len(masked.rstrip("*")) :]
    assert hidden and not set(hidden) & set(masked)


@pytest.mark.shows("T16")
@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_masked_phone_never_holds_its_middle(phone: str) -> None:
    assume(phone[3:7] != phone[7:])
    assert phone[3:7] not in mask_phone(phone)


@pytest.mark.shows("T16")
@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True))
def test_a_masked_id_number_never_holds_the_birth_date(number: str) -> None:
    assert number[6:14] not in mask_id_number(number)


@pytest.mark.shows("T16")
@given(st.from_regex(r"[0-9A-HJ-NPQRTUWXY]{18}", fullmatch=True))
def test_a_masked_credit_code_never_holds_its_middle(code: str) -> None:
    assert code[3:14] not in mask_uscc(code)


@given(st.text(alphabet="0123456789", max_size=30))
def test_a_value_of_an_unexpected_length_shows_nothing(text: str) -> None:
    for mask, length in ((mask_phone, 11), (mask_id_number, 18), (mask_uscc, 18)):
        if len(text) != length:
            assert mask(text) == "*" * len(text)
