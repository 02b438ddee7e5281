"""The index table: made once, never altered silently."""

import pytest

from server.storage import indexes
from server.storage.indexes import Index, IndexChanged, pending_events
from server.storage.mongo import Database, DuplicateKeyError, duplicated_fields

OPEN_ONLY = Index(
    collection="index_trial",
    name="one_open",
    keys=(("enterprise_id", 1), ("product_id", 1)),
    unique=True,
    partial={"open": True},
)


async def test_ensuring_twice_changes_nothing(clean_database: Database) -> None:
    await indexes.ensure(clean_database)
    found = {each["name"] async for each in clean_database["events"].list_indexes()}
    await indexes.ensure(clean_database)
    again = {each["name"] async for each in clean_database["events"].list_indexes()}
    assert found == again == {"_id_", "due", "subject_todo", "expiry"}


def test_no_name_stands_twice_in_the_table() -> None:
    names = [(index.collection, index.name) for index in indexes.INDEXES]
    assert len(names) == len(set(names))


async def test_a_partial_unique_index_does_what_it_says(clean_database: Database) -> None:
    await indexes.ensure(clean_database, (OPEN_ONLY, pending_events("index_trial")))
    trial = clean_database["index_trial"]
    same = {"enterprise_id": "e", "product_id": "p"}
    await trial.insert_one({"_id": "1", **same, "open": True})
    await trial.insert_one({"_id": "2", **same, "open": False})
    with pytest.raises(DuplicateKeyError) as refused:
        await trial.insert_one({"_id": "3", **same, "open": True})
    assert duplicated_fields(refused.value) == ("enterprise_id", "product_id")


@pytest.mark.parametrize(
    "changed",
    [
        Index(collection="index_changed", name="due", keys=(("at", -1),)),
        Index(collection="index_changed", name="due", keys=(("at", 1),), unique=True),
        Index(collection="index_changed", name="due", keys=(("at", 1),), partial={"a": 1}),
        Index(collection="index_changed", name="due", keys=(("at", 1),), expire_after_seconds=9),
        Index(collection="index_changed", name="renamed", keys=(("at", 1),)),
    ],
)
async def test_a_changed_index_is_reported_by_name_and_left_as_it_is(
    clean_database: Database, changed: Index
) -> None:
    original = Index(collection="index_changed", name="due", keys=(("at", 1),))
    await indexes.ensure(clean_database, (original,))
    with pytest.raises(IndexChanged) as reported:
        await indexes.ensure(clean_database, (changed,))
    assert reported.value.names == (f"index_changed.{changed.name}",)
    await indexes.ensure(clean_database, (original,))
