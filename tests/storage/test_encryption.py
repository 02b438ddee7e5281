"""Sealing: what was altered, moved, cut or swapped doesn't open, and equal values don't look equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.storage.encryption import FieldCipher, SealBroken

PLACE = "accounts.phone"
PHONE = "13900001234"


def test_what_is_sealed_opens_at_its_place_only(cipher: FieldCipher) -> None:
    sealed = cipher.seal(PHONE, PLACE)
    assert cipher.open(sealed, PLACE) == PHONE
    assert PHONE.encode() not in sealed
    with pytest.raises(SealBroken) as broken:
        cipher.open(sealed, "accounts.id_number")
    assert PHONE not in str(broken.value)


@given(st.text(), st.integers(min_value=0), st.integers(1, 255))
def test_a_change_of_any_byte_is_noticed(text: str, place: int, change: int) -> None:
    cipher = FieldCipher({1: b"1" * 32, 2: b"2" * 32}, 2, b"i" * 32)
    sealed = bytearray(cipher.seal(text, PLACE))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealBroken):
        cipher.open(bytes(sealed), PLACE)


@pytest.mark.parametrize("length", [0, 1, 12, 28])
def test_what_is_too_short_is_refused(cipher: FieldCipher, length: int) -> None:
    with pytest.raises(SealBroken):
        cipher.open(cipher.seal("", PLACE)[:length], PLACE)


def test_the_same_value_sealed_twice_looks_different_but_is_found_by_its_index(
    cipher: FieldCipher,
) -> None:
    assert cipher.seal(PHONE, PLACE) != cipher.seal(PHONE, PLACE)
    assert cipher.index(PHONE, PLACE) == cipher.index(PHONE, PLACE)
    assert len(cipher.index(PHONE, PLACE)) == 64


def test_indexes_of_other_places_and_other_keys_differ(cipher: FieldCipher) -> None:
    other = FieldCipher({2: b"2" * 32}, 2, b"j" * 32)
    found = {
        cipher.index(PHONE, PLACE),
        cipher.index(PHONE, "agents.phone"),
        other.index(PHONE, PLACE),
    }
    assert len(found) == 3


def test_values_of_the_old_key_open_until_they_are_sealed_anew(cipher: FieldCipher) -> None:
    before = FieldCipher({1: b"1" * 32}, 1, b"i" * 32)
    sealed = before.seal(PHONE, PLACE)
    assert cipher.needs_rotation(sealed) and cipher.open(sealed, PLACE) == PHONE
    resealed = cipher.reseal(sealed, PLACE)
    assert not cipher.needs_rotation(resealed) and cipher.open(resealed, PLACE) == PHONE
    with pytest.raises(SealBroken):
        before.open(resealed, PLACE)


def test_a_chunk_opens_only_as_what_it_was_sealed(cipher: FieldCipher) -> None:
    sealed = cipher.seal_chunk(b"data", "blobs.data", blob_id="a", number=1, final=True)
    opened = cipher.open_chunk(sealed, "blobs.data", blob_id="a", number=1, final=True)
    assert opened == b"data"
    for blob_id, number, final in (("b", 1, True), ("a", 0, True), ("a", 1, False)):
        with pytest.raises(SealBroken):
            cipher.open_chunk(sealed, "blobs.data", blob_id=blob_id, number=number, final=final)


@pytest.mark.parametrize(
    ("keys", "active", "index_key"),
    [
        ({1: b"1" * 32}, 2, b"i" * 32),
        ({1: b"1" * 16}, 1, b"i" * 32),
        ({0: b"1" * 32}, 0, b"i" * 32),
        ({256: b"1" * 32}, 256, b"i" * 32),
        ({1: b"1" * 32}, 1, b"i" * 31),
        ({1: b"1" * 32}, 1, b"1" * 32),
    ],
)
def test_keys_that_protect_less_are_refused(
    keys: dict[int, bytes], active: int, index_key: bytes
) -> None:
    with pytest.raises(ValueError):
        FieldCipher(keys, active, index_key)
