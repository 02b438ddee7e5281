import pytest

from server.core.phones import normalise_phone


@pytest.mark.parametrize(
    "typed",
    [
        "13912345678",
        "+86 139 1234 5678",
        "86-139-1234-5678",
        "008613912345678",
        "１３９１２３４５６７８",
    ]
    + ["(+86) 139-1234-5678", "\u202d139 1234 5678\u202c", "+8613912345678 "],
)
def test_a_mobile_number_is_understood_however_it_is_typed(typed: str) -> None:
    assert normalise_phone(typed) == "13912345678"


@pytest.mark.parametrize(
    "typed",
    ["", "12912345678", "1391234567", "139123456789", "0731-88888888", "+852 9123 4567", "abc"]
    + ["+1 391 234 5678", "13912345678a", "١٣٩١٢٣٤٥٦٧٨"],
)
def test_anything_else_is_refused_without_being_repeated(typed: str) -> None:
    with pytest.raises(ValueError) as refused:
        normalise_phone(typed)
    assert not typed or typed not in str(refused.value)
