"""The audit trail is chained: a row that was changed or taken out shows."""

import asyncio

import pytest

from server.audit.repository import AuditRepository
from server.audit.service import Audit
from server.core.clock import utc_now
from server.storage.leases import Leases
from server.storage.mongo import Database

ROWS = 7


@pytest.fixture
async def rows(clean_database: Database) -> AuditRepository:
    """A trail of a few deeds, recorded and sealed."""
    repository = AuditRepository(clean_database)
    audit = Audit(rows=repository, leases=Leases(clean_database, utc_now), clock=utc_now)
    for number in range(ROWS):
        await audit.record("accounts.staff_added", account_id="a", subject_id=f"s{number}")
    assert await audit.seal() == ROWS
    return repository


async def test_a_trail_that_nobody_touched_is_sound(rows: AuditRepository) -> None:
    assert await rows.first_broken() is None


async def test_a_changed_row_is_found(rows: AuditRepository, clean_database: Database) -> None:
    await clean_database["audit"].update_one({"number": 3}, {"$set": {"account_id": "b"}})
    assert await rows.first_broken() == 3


async def test_a_row_that_was_taken_out_is_found(
    rows: AuditRepository, clean_database: Database
) -> None:
    await clean_database["audit"].delete_one({"number": 5})
    assert await rows.first_broken() == 5


async def test_of_two_processes_one_seals_and_no_number_is_given_twice(
    clean_database: Database,
) -> None:
    repository = AuditRepository(clean_database)
    sealers = [
        Audit(rows=repository, leases=Leases(clean_database, utc_now), clock=utc_now)
        for _ in range(2)
    ]
    for number in range(ROWS):
        await sealers[0].record("accounts.staff_added", account_id="a", subject_id=f"s{number}")
    sealed = await asyncio.gather(*(sealer.seal() for sealer in sealers))
    assert sorted(sealed) == [0, ROWS]
    assert await repository.first_broken() is None
