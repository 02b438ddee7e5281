"""Identifiers: ULIDs for documents, tickets for QR codes, secrets for sessions."""

import base64
import hashlib
import secrets
import string

from ulid import ULID

_BASE62 = string.digits + string.ascii_letters
TICKET_LENGTH = 22


def new_id() -> str:
    """A 26-character lower-case ULID: sorts by time of making."""
    return str(ULID()).lower()


def derived_id(*parts: str) -> str:
    """The same 26 characters for the same parts, so that a retry finds what the first try made."""
    joined = "\x1f".join(parts).encode()
    return base64.b32encode(hashlib.sha256(joined).digest()).decode().lower()[:26]


def new_ticket() -> str:
    """22 base62 characters (131 bits): fits WeChat's 32-character scenes."""
    return "".join(secrets.choice(_BASE62) for _ in range(TICKET_LENGTH))


def new_secret() -> str:
    """A bearer token: 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """SHA-256 in hex: how secrets are kept and compared in the database."""
    return hashlib.sha256(text.encode()).hexdigest()
