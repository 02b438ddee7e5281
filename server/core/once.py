"""What beginning a deed under an idempotency key can give: a fresh start, or the answer it had."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The deed is ours to do. ``created_id`` is the id of what it makes; ``token`` holds the lease."""

    created_id: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The deed was done before: this is what was answered."""

    status: int
    body: bytes
    headers: Sequence[tuple[str, str]]


class Once(Protocol):
    """Kept in MongoDB (server/storage/idempotency.py); the surfaces know only this."""

    async def begin(
        self, *, account_id: str, route: str, key: str, body_digest: str
    ) -> Fresh | Replay: ...

    async def finish(
        self, fresh: Fresh, *, status: int, body: bytes, headers: Sequence[tuple[str, str]]
    ) -> None: ...

    async def abandon(self, fresh: Fresh) -> None: ...
