"""Institutions: who is on the platform, and which branch serves whom."""

from collections.abc import Sequence

from server.audit.service import Audit
from server.core.actor import Actor
from server.core.clock import Clock
from server.core.ids import new_id
from server.institutions.institution import (
    Branch,
    BranchNotServing,
    Institution,
    InstitutionCount,
    InstitutionKind,
    InstitutionState,
)
from server.institutions.region import serves
from server.institutions.repository import InstitutionRepository


class Institutions:
    """What is suspended is found by id only."""

    def __init__(self, *, institutions: InstitutionRepository, audit: Audit, clock: Clock) -> None:
        self._institutions = institutions
        self._audit = audit
        self._clock = clock

    async def add(self, institution: Institution, *, actor: Actor | None) -> None:
        """Settle it on the platform; adding the same id again changes nothing."""
        if await self._institutions.add(institution):
            await self._audit.record_by(actor, "institutions.added", subject_id=institution.id)

    async def get(self, institution_id: str) -> Institution:
        """The institution, active or not; or InstitutionNotFound."""
        return await self._institutions.get(institution_id)

    async def name_of(self, institution_id: str) -> str:
        """The name that people know, or InstitutionNotFound."""
        return (await self._institutions.get(institution_id)).short_name

    async def active(
        self, *, kind: InstitutionKind | None = None, region_code: str | None = None
    ) -> Sequence[Institution]:
        """The active ones by name, of one kind and serving one region when these are given."""
        found = await self._institutions.active(kind)
        return [i for i in found if region_code is None or serves(i.region_codes, region_code)]

    async def first(self, number: int) -> Sequence[Institution]:
        """So many of the active ones: those that were the first to come."""
        return await self._institutions.first(number)

    async def kinds(self) -> Sequence[InstitutionKind]:
        """The kinds of which there are active ones, in the order of InstitutionKind."""
        found = await self._institutions.kinds()
        return [kind for kind in InstitutionKind if kind in found]

    async def count(self) -> InstitutionCount:
        """The active ones and their branches."""
        return await self._institutions.count_active()

    async def branches_for(
        self, institution_id: str, region_code: str | None = None
    ) -> tuple[Branch, ...]:
        """The branches that serve the region. Raises InstitutionNotFound, InstitutionSuspended."""
        institution = await self._institutions.get(institution_id)
        institution.must_be_active()
        return institution.serving(region_code)

    async def must_serve(self, institution_id: str, branch_id: str, *, region_code: str) -> Branch:
        """The branch, if it may take business from the region.

        Raises InstitutionNotFound, InstitutionSuspended, BranchNotOfInstitution, BranchNotServing.
        """
        institution = await self._institutions.get(institution_id)
        institution.must_be_active()
        branch = institution.branch(branch_id)
        if not branch.serves(region_code):
            raise BranchNotServing(field="branch_id", branch=branch.name)
        return branch

    async def move(
        self, institution_id: str, state: InstitutionState, *, actor: Actor | None
    ) -> Institution:
        """Suspend it or let it go on; its products follow. Raises InstitutionMoveRefused."""
        institution = await self._institutions.get(institution_id)
        moved = institution.moved(state, event_id=new_id(), at=self._clock())
        await self._institutions.save(moved)
        await self._audit.record_by(actor, f"institutions.{state}", subject_id=institution_id)
        return moved
