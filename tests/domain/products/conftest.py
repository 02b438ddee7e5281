"""The mart on an empty database."""

import pytest

from server.storage.mongo import Database
from tests.marts import Mart, mart_on
from tests.platforms import MovableClock


@pytest.fixture
def mart(clean_database: Database, clock: MovableClock) -> Mart:
    return mart_on(clean_database, clock)
