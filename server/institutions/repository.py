"""Institutions in MongoDB, each with its branches in one document."""

from collections.abc import Sequence

from server.core.events import Event
from server.institutions.institution import (
    Branch,
    Institution,
    InstitutionCount,
    InstitutionKind,
    InstitutionMoveRefused,
    InstitutionNotFound,
    InstitutionState,
)
from server.storage.mongo import Database, Document, DuplicateKeyError, insert

ACTIVE: Document = {"state": InstitutionState.ACTIVE}


class InstitutionRepository:
    """The collection ``institutions``."""

    def __init__(self, database: Database) -> None:
        self._institutions = database["institutions"]

    async def add(self, institution: Institution) -> bool:
        """Insert; whether it is new: the same id again changes nothing."""
        try:
            await insert(self._institutions, _to_document(institution))
        except DuplicateKeyError:
            return False
        return True

    async def get(self, institution_id: str) -> Institution:
        """The institution, or InstitutionNotFound."""
        document = await self._institutions.find_one({"_id": institution_id})
        if document is None:
            raise InstitutionNotFound()
        return _from_document(document)

    async def active(self, kind: InstitutionKind | None) -> Sequence[Institution]:
        """Active ones of a kind, or of every kind, in the order of their names."""
        query = {**ACTIVE, "kind": kind} if kind is not None else ACTIVE
        found = self._institutions.find(query).sort([("name", 1), ("_id", 1)])
        return [_from_document(document) async for document in found]

    async def first(self, number: int) -> Sequence[Institution]:
        """Active ones, the earliest first."""
        found = self._institutions.find(ACTIVE).sort([("created_at", 1), ("_id", 1)])
        return [_from_document(document) async for document in found.limit(number)]

    async def kinds(self) -> frozenset[InstitutionKind]:
        """The kinds of active ones."""
        return frozenset(
            InstitutionKind(kind) for kind in await self._institutions.distinct("kind", ACTIVE)
        )

    async def count_active(self) -> InstitutionCount:
        """Active ones and their branches."""
        branches = {"$sum": {"$size": "$branches"}}
        pipeline: list[Document] = [
            {"$match": ACTIVE},
            {"$group": {"_id": None, "institutions": {"$sum": 1}, "branches": branches}},
        ]
        async for found in self._institutions.aggregate(pipeline):
            return InstitutionCount(institutions=found["institutions"], branches=found["branches"])
        return InstitutionCount(institutions=0, branches=0)

    async def save(self, institution: Institution) -> None:
        """Put it in place of the version before, with its news; or InstitutionMoveRefused."""
        document = _to_document(institution)
        del document["_id"]
        news = document.pop("pending")
        changed = await self._institutions.update_one(
            {"_id": institution.id, "version": institution.version - 1},
            {"$set": document, "$push": {"pending": {"$each": news}}},
        )
        if changed.matched_count == 0:
            raise InstitutionMoveRefused()


def _to_document(institution: Institution) -> Document:
    return {
        "_id": institution.id,
        "name": institution.name,
        "short_name": institution.short_name,
        "kind": institution.kind,
        "region_codes": list(institution.region_codes),
        "branches": [_branch_to_document(branch) for branch in institution.branches],
        "state": institution.state,
        "version": institution.version,
        "created_at": institution.created_at,
        "pending": [event.to_document() for event in institution.pending],
    }


def _branch_to_document(branch: Branch) -> Document:
    return {
        "id": branch.id,
        "name": branch.name,
        "region_codes": list(branch.region_codes),
        "address": branch.address,
        "phone": branch.phone,
    }


def _from_document(document: Document) -> Institution:
    return Institution(
        id=document["_id"],
        name=document["name"],
        short_name=document["short_name"],
        kind=InstitutionKind(document["kind"]),
        region_codes=tuple(document["region_codes"]),
        branches=tuple(
            Branch(
                id=branch["id"],
                name=branch["name"],
                region_codes=tuple(branch["region_codes"]),
                address=branch["address"],
                phone=branch["phone"],
            )
            for branch in document["branches"]
        ),
        state=InstitutionState(document["state"]),
        version=document["version"],
        created_at=document["created_at"],
        pending=tuple(Event.from_document(event) for event in document["pending"]),
    )
