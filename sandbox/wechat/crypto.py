"""The safe mode of pushes: AES-256-CBC with WeChat's framing, and the SHA-1 signatures around it.

A frame is 16 random bytes, the text's length in 4 bytes, the text, the app id; padded as PKCS#7 to
32 bytes. The key is also where the IV comes from. Written from the documented format, so that the
server's library and this are two independent sides.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32


class NotGenuine(Exception):
    """What came back is not sealed with this account's key, token and app id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    encrypted: str
    msg_signature: str


def signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


class SafeMode:
    def __init__(self, *, token: str, aes_key: str, app_id: str) -> None:
        key = base64.b64decode(aes_key + "=")
        if len(key) != 32:
            raise ValueError("EncodingAESKey has 43 characters")
        self._token = token
        self._app_id = app_id.encode()
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def sign(self, timestamp: str, nonce: str) -> str:
        """`signature` of the query, which covers no content."""
        return signature(self._token, timestamp, nonce)

    def seal(self, text: str, timestamp: str, nonce: str) -> Sealed:
        content = text.encode()
        frame = secrets.token_bytes(16) + struct.pack(">I", len(content)) + content + self._app_id
        pad = _BLOCK - len(frame) % _BLOCK
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(frame + bytes([pad]) * pad) + encryptor.finalize()
        encrypted = base64.b64encode(sealed).decode()
        return Sealed(
            encrypted=encrypted,
            msg_signature=signature(self._token, timestamp, nonce, encrypted),
        )

    def open(self, encrypted: str, msg_signature: str, timestamp: str, nonce: str) -> str:
        expected = signature(self._token, timestamp, nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), msg_signature.encode()):
            raise NotGenuine("the signature does not fit")
        try:
            decryptor = self._cipher.decryptor()
            frame = decryptor.update(base64.b64decode(encrypted, validate=True))
            frame += decryptor.finalize()
            frame = frame[: -frame[-1]]
            (size,) = struct.unpack(">I", frame[16:20])
            content, app_id = frame[20 : 20 + size], frame[20 + size :]
            if not hmac.compare_digest(app_id, self._app_id):
                raise NotGenuine("sealed for another app id")
            return content.decode()
        except (binascii.Error, ValueError, struct.error, IndexError) as problem:
            raise NotGenuine("the content can't be decrypted") from problem

    def open_reply(self, body: str) -> str:
        """The XML inside a sealed passive reply."""
        root = parsed(body)
        values = [root.findtext(name) or "" for name in _ENVELOPE]
        if not all(values):
            raise NotGenuine("the reply is no sealed envelope")
        return self.open(*values)


_ENVELOPE = ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")


def parsed(text: str) -> ElementTree.Element:
    """The root of an XML text without document type; NotGenuine otherwise."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NotGenuine("a document type is not allowed")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as problem:
        raise NotGenuine("not XML") from problem
