"""What the outside world was asked, newest last: bounded, in memory, read by `GET /ledger`.

ID numbers are masked even here, so that a ledger pasted into a report gives nobody away.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.clock import SandboxClock

ENTRIES = 2000
_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])(\d{6})\d{8}(\d{3}[0-9Xx])(?![0-9A-Za-z])")


def masked(text: str) -> str:
    return _ID_NUMBER.sub(r"\1********\2", text)


def _masked_value(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value if len(value) <= 200 else f"{value[:40]}… ({len(value)} characters)")
    if isinstance(value, Mapping):
        return {key: _masked_value(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked_value(inner) for inner in value]
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    at: str
    vendor: str
    action: str
    ok: bool
    code: str
    request_id: str
    facts: dict[str, Any]


class Ledger:
    def __init__(self, clock: SandboxClock, size: int = ENTRIES) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=size)

    def note(
        self,
        *,
        vendor: str,
        action: str,
        ok: bool,
        request_id: str,
        code: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self._entries.append(
            Entry(
                at=self._clock.now().isoformat(timespec="milliseconds"),
                vendor=vendor,
                action=action,
                ok=ok,
                code=code,
                request_id=request_id,
                facts={key: _masked_value(value) for key, value in (facts or {}).items()},
            )
        )

    def entries(self, vendor: str | None = None) -> list[dict[str, Any]]:
        return [asdict(one) for one in self._entries if vendor in (None, "", one.vendor)]

    def clear(self) -> None:
        self._entries.clear()
