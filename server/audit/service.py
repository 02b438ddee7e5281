"""Recording deeds, and chaining the rows within a second so that a change shows."""

from collections.abc import Mapping

from server.audit.repository import AuditRepository
from server.audit.row import AuditRow
from server.core.actor import Actor
from server.core.clock import Clock
from server.core.ids import new_id
from server.storage.leases import Leases

SYSTEM = "system"
LEASE = "audit-sealer"
LEASE_SECONDS = 10


class Audit:
    """The trail. Its rows hold ids and codes, never a person's data."""

    def __init__(self, *, rows: AuditRepository, leases: Leases, clock: Clock) -> None:
        self._rows = rows
        self._leases = leases
        self._clock = clock
        self._holder = new_id()

    async def record(
        self,
        deed: str,
        *,
        account_id: str,
        subject_id: str,
        address: str = "",
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """One row. ``deed`` is ``capability.past_tense``."""
        row = AuditRow(
            id=new_id(),
            at=self._clock(),
            deed=deed,
            account_id=account_id,
            subject_id=subject_id,
            address=address,
            facts=facts or {},
        )
        await self._rows.add(row)

    async def record_by(
        self,
        actor: Actor | None,
        deed: str,
        *,
        subject_id: str,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """One row for what an actor did; None is the system itself."""
        await self.record(
            deed,
            account_id=actor.account_id if actor else SYSTEM,
            subject_id=subject_id,
            address=actor.address if actor else "",
            facts=facts,
        )

    async def of_subject(self, subject_id: str) -> list[AuditRow]:
        """Everything done to one thing, oldest first."""
        return await self._rows.of_subject(subject_id)

    async def seal(self) -> int:
        """Chain what is not chained yet, if this process holds the lease; how many rows."""
        if not await self._leases.take(LEASE, self._holder, LEASE_SECONDS):
            return 0
        return await self._rows.seal()
