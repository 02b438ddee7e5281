"""Encryption of fields and of file chunks before they reach the database.

A database dump must not hold a person's name, number or picture in clear (JR/T 0171, PIPL).
Sealed bytes are: key id (1 byte), nonce (12), AES-256-GCM ciphertext with its tag (16). What is
sealed for one place opens nowhere else: the place is authenticated with it. Equality look-ups
go through a keyed hash with a key of its own.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES


class SealBroken(Exception):
    """Not what we sealed for this place: altered, moved, cut, or sealed with a lost key."""

    def __init__(self, place: str) -> None:
        super().__init__(f"sealed value of {place} does not open")
        self.place = place


class FieldCipher:
    """``place`` is "collection.field" and must never change for data that exists."""

    def __init__(self, keys: Mapping[int, bytes], active: int, index_key: bytes) -> None:
        """``keys``: 32 bytes by key id 1..255; ``active``: the id new values are sealed with."""
        if active not in keys:
            raise ValueError("the active encryption key is not among the keys")
        if any(not 1 <= key_id <= 255 or len(key) != KEY_BYTES for key_id, key in keys.items()):
            raise ValueError("encryption keys are 32 bytes each, with ids from 1 to 255")
        if len(index_key) < KEY_BYTES or index_key in keys.values():
            raise ValueError("the index key has at least 32 bytes and is a key of its own")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._active = active
        self._index_key = index_key

    def seal(self, text: str, place: str) -> bytes:
        return self.seal_bytes(text.encode(), place)

    def open(self, sealed: bytes, place: str) -> str:
        """Raises SealBroken."""
        return self.open_bytes(sealed, place).decode()

    def index(self, text: str, place: str) -> str:
        """What to store and search for equality: 64 hex characters. Normalise ``text`` first."""
        message = place.encode() + b"\0" + text.encode()
        return hmac.new(self._index_key, message, hashlib.sha256).hexdigest()

    def seal_bytes(self, data: bytes, place: str) -> bytes:
        return self._seal(data, place.encode())

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """Raises SealBroken."""
        return self._open(sealed, place.encode(), place)

    def seal_chunk(
        self, data: bytes, place: str, *, blob_id: str, number: int, final: bool
    ) -> bytes:
        """Seal one chunk of a file; its number and whether it is the last are authenticated."""
        return self._seal(data, _chunk_label(place, blob_id, number, final))

    def open_chunk(
        self, sealed: bytes, place: str, *, blob_id: str, number: int, final: bool
    ) -> bytes:
        """Raises SealBroken, also when chunks were swapped, or the file was cut or lengthened."""
        return self._open(sealed, _chunk_label(place, blob_id, number, final), place)

    def needs_rotation(self, sealed: bytes) -> bool:
        """Whether it was sealed with another key than the active one."""
        return sealed[:1] != bytes((self._active,))

    def reseal(self, sealed: bytes, place: str) -> bytes:
        """The same value under the active key. Raises SealBroken."""
        return self.seal_bytes(self.open_bytes(sealed, place), place)

    def _seal(self, data: bytes, label: bytes) -> bytes:
        header = bytes((self._active,))
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._active].encrypt(nonce, data, header + label)
        return header + nonce + sealed

    def _open(self, sealed: bytes, label: bytes, place: str) -> bytes:
        header = sealed[:1]
        cipher = self._ciphers.get(header[0]) if header else None
        if cipher is None or len(sealed) < OVERHEAD_BYTES:
            raise SealBroken(place)
        nonce = sealed[1 : 1 + NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[1 + NONCE_BYTES :], header + label)
        except InvalidTag:
            raise SealBroken(place) from None


def _chunk_label(place: str, blob_id: str, number: int, final: bool) -> bytes:
    return b"\0".join((place.encode(), blob_id.encode(), b"%d" % number, b"%d" % final))
