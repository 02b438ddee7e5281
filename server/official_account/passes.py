"""Passes: what a browser keeps for us between two pages, sealed so that it can't read or change it."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from server.core.clock import Clock


class Sealer(Protocol):
    """The field cipher; what it can't open it refuses with an exception of its own."""

    def seal(self, text: str, place: str) -> bytes: ...

    def open(self, sealed: bytes, place: str) -> str: ...


class Passes:
    """Each kind opens as that kind only, and only until it expires."""

    def __init__(self, *, sealer: Sealer, broken: type[Exception], clock: Clock) -> None:
        """``broken``: what the sealer raises."""
        self._sealer = sealer
        self._broken = broken
        self._clock = clock

    def issue(self, kind: str, values: Mapping[str, str], life: timedelta) -> str:
        """Letters that a cookie can hold."""
        end = (self._clock() + life).isoformat()
        sealed = self._sealer.seal(json.dumps({**values, "end": end}), _place(kind))
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, kind: str, text: str | None) -> Mapping[str, str] | None:
        """What was put in; None for anything that is not a living pass of this kind."""
        try:
            sealed = base64.urlsafe_b64decode((text or "").encode() + b"==")
            values: dict[str, str] = json.loads(self._sealer.open(sealed, _place(kind)))
        except (self._broken, binascii.Error, UnicodeEncodeError):
            return None
        return values if datetime.fromisoformat(values.pop("end")) > self._clock() else None


def _place(kind: str) -> str:
    return f"passes.{kind}"
