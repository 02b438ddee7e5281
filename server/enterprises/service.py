"""Enterprises as the rest of the product asks about them: the gate, one's own, a summary."""

from server.core.actor import Actor
from server.enterprises.enterprise import (
    CertificationNeeded,
    Enterprise,
    EnterpriseSummary,
)
from server.enterprises.repository import EnterpriseRepository


class Enterprises:
    """Reads only: an enterprise is written by its certification."""

    def __init__(self, *, enterprises: EnterpriseRepository) -> None:
        self._enterprises = enterprises

    async def must_be_certified(self, actor: Actor) -> None:
        """The gate of every action that needs certification: CertificationNeeded says where to go.

        Asked afresh each time, so that an approval opens it at once in every session.
        """
        if actor.enterprise_id is None:
            raise CertificationNeeded()
        if not await self._enterprises.is_certified(actor.enterprise_id):
            raise CertificationNeeded()

    async def get(self, enterprise_id: str) -> Enterprise:
        """The enterprise with its whole profile, or EnterpriseNotFound."""
        return await self._enterprises.get(enterprise_id)

    async def get_own(self, actor: Actor) -> Enterprise:
        """The one that the actor acts for; EnterpriseNeeded or EnterpriseNotFound."""
        return await self._enterprises.get(actor.own_enterprise_id)

    async def summary(self, enterprise_id: str) -> EnterpriseSummary:
        """What may be shown of it beside an application or a message; EnterpriseNotFound."""
        one = await self._enterprises.get(enterprise_id)
        return EnterpriseSummary(
            id=one.id,
            name=one.name,
            uscc=one.uscc,
            region_code=one.region_code,
            state=one.state,
            certified_at=one.certified_at,
        )
