"""What the storage tests share: a clock turned by hand, keys, and a mongod one may kill."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.storage.embedded import Embedded
from server.storage.encryption import FieldCipher


class HandClock:
    """Stands still until ``turn``."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def cipher() -> FieldCipher:
    return FieldCipher({1: b"1" * 32, 2: b"2" * 32}, 2, b"i" * 32)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Short enough a path for a unix socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="rq"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_mongod(short_folder: Path) -> Iterator[Embedded]:
    """One that a test may kill."""
    embedded = Embedded(short_folder / "data")
    embedded.start()
    yield embedded
    embedded.stop()
