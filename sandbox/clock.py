"""The sandbox's own clock: real time plus what `POST /clock` added.

Expiries and limits run on it. Signatures are judged on real time, because the SDKs sign with it.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone


class SandboxClock:
    def __init__(self) -> None:
        self._ahead = timedelta()
        self._moved: list[asyncio.Event] = []

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self._ahead

    @property
    def ahead_seconds(self) -> float:
        return self._ahead.total_seconds()

    def advance(self, seconds: float) -> None:
        """Only forwards: a vendor's clock does not run back."""
        if seconds < 0:
            raise ValueError("the clock only runs forwards; reset it to return to real time")
        self._ahead += timedelta(seconds=seconds)
        self._wake()

    def reset(self) -> None:
        self._ahead = timedelta()
        self._wake()

    async def reached(self, at: datetime) -> None:
        """Waits until this clock says `at`, by passing of time or by being advanced."""
        while (left := (at - self.now()).total_seconds()) > 0:
            moved = asyncio.Event()
            self._moved.append(moved)
            try:
                await asyncio.wait_for(moved.wait(), left)
            except asyncio.TimeoutError:
                pass
            finally:
                self._moved.remove(moved)

    def _wake(self) -> None:
        for moved in self._moved:
            moved.set()
