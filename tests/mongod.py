"""The database of the tests: one real mongod a session in a short folder of its own, emptied
before each test that asks for it clean.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from server.storage import indexes
from server.storage.embedded import Embedded
from server.storage.mongo import Database, connect

DATABASE_NAME = "rongqiao_test"


@pytest.fixture(scope="session")
def mongod() -> Iterator[Embedded]:
    """Started once; shared by all tests except those that kill theirs."""
    # pytest's own folders are too long a path for a unix socket.
    folder = Path(tempfile.mkdtemp(prefix="rq"))
    embedded = Embedded(folder)
    try:
        embedded.start()
        yield embedded
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session")
async def database(mongod: Embedded) -> AsyncIterator[Database]:
    """With every index of the product; whatever earlier tests left is still in it."""
    db = connect(mongod.uri, DATABASE_NAME)
    await indexes.ensure(db)
    yield db
    db.close()


@pytest_asyncio.fixture
async def clean_database(database: Database) -> Database:
    """The same with no documents in it. Deleting them is ten times faster than dropping it."""
    for name in await database.collection_names():
        await database[name].delete_many({})
    return database
