"""The embedded mongod: one owner, shared by others, gone with its owner, and clear about why not."""

import os
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest

from server.storage import mongod
from server.storage.embedded import Embedded, EmbeddedUnavailable
from server.storage.mongo import connect
from tests.storage.processes import OWNER, line_of, run
from tests.waiting import until


def _refusal(embedded: Embedded) -> str:
    with pytest.raises(EmbeddedUnavailable) as refused:
        embedded.start()
    assert embedded.pid is None
    return str(refused.value)


def _is_gone(pid: int) -> bool:
    """Ended, though whoever inherited it may not have collected it yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


async def _write(embedded: Embedded, word: str) -> None:
    db = connect(embedded.uri, "kept")
    await db["words"].insert_one({"_id": word})
    db.close()


async def _words(embedded: Embedded) -> set[str]:
    db = connect(embedded.uri, "kept")
    found = {document["_id"] async for document in db["words"].find()}
    db.close()
    return found


def test_only_its_user_can_reach_the_socket(own_mongod: Embedded, short_folder: Path) -> None:
    mode = os.stat(short_folder / "data" / "m.sock").st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    assert own_mongod.uri.endswith("m.sock/?directConnection=true")


async def test_the_second_process_shares_the_database_and_leaves_it_running(
    short_folder: Path,
) -> None:
    owner = await run(OWNER, str(short_folder))
    pid = int(await line_of(owner))
    second = Embedded(short_folder)
    second.start()
    assert second.pid is None
    await _write(second, "shared")
    second.stop()
    assert not _is_gone(pid)
    await owner.communicate(b"")
    await until(lambda: _is_gone(pid))


async def test_after_the_owner_was_killed_the_next_start_finds_the_data(
    short_folder: Path,
) -> None:
    owner = await run(OWNER, str(short_folder))
    pid = int(await line_of(owner))
    successor = Embedded(short_folder)
    await _write(successor, "kept")
    owner.send_signal(signal.SIGKILL)
    await owner.wait()
    successor.start()
    try:
        assert successor.pid not in (None, pid)
        # Its files were free; the process itself may take a moment longer.
        await until(lambda: _is_gone(pid))
        assert await _words(successor) == {"kept"}
    finally:
        successor.stop()


async def test_a_mongod_that_was_killed_is_started_anew(own_mongod: Embedded) -> None:
    await _write(own_mongod, "kept")
    pid = own_mongod.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(lambda: own_mongod.pid is None)
    own_mongod.start()
    assert await _words(own_mongod) == {"kept"}


async def test_a_folder_that_was_moved_still_opens(short_folder: Path) -> None:
    first = Embedded(short_folder / "here")
    first.start()
    await _write(first, "moved")
    first.stop()
    (short_folder / "here").rename(short_folder / "there")
    second = Embedded(short_folder / "there")
    second.start()
    try:
        assert await _words(second) == {"moved"}
    finally:
        second.stop()


async def test_a_forked_worker_does_not_end_its_parents_mongod(own_mongod: Embedded) -> None:
    worker = os.fork()
    if not worker:
        own_mongod.stop()
        os._exit(0)
    assert os.waitpid(worker, 0)[1] == 0
    assert own_mongod.pid is not None
    await _write(own_mongod, "still here")


async def test_a_folder_held_by_another_mongod_is_named(short_folder: Path) -> None:
    data = short_folder / "data"
    data.mkdir()
    other = mongod.spawn(mongod.find(), data, str(short_folder / "other.sock"))
    try:
        await until(lambda: mongod.is_running_in(data), 20)
        sentence = _refusal(Embedded(data, in_use_seconds=0.2))
        assert str(data) in sentence and "in use by another mongod" in sentence
        assert other.poll() is None
    finally:
        other.terminate()
        other.wait()


def test_a_path_too_long_for_a_socket_is_refused_with_advice(short_folder: Path) -> None:
    deep = short_folder / ("x" * 100)
    assert "set storage.data_dir to a shorter one" in _refusal(Embedded(deep))
    assert not deep.exists()


def test_the_longest_path_allowed_can_be_bound(short_folder: Path) -> None:
    room = 107 - len(str(short_folder / "x" / "m.sock")) + 1
    folder = short_folder / ("x" * room)
    embedded = Embedded(folder)
    embedded.start()
    embedded.stop()
    with socket.socket(socket.AF_UNIX) as one_more, pytest.raises(OSError):
        one_more.bind(str(folder) + "x/m.sock")


def test_a_file_in_place_of_the_folder_is_named(short_folder: Path) -> None:
    file = short_folder / "data"
    file.write_text("mine")
    assert _refusal(Embedded(file)) == f"{file} is not a directory"
    assert "is not a directory" in _refusal(Embedded(file / "deeper"))
    assert file.read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_writable_is_named(short_folder: Path) -> None:
    short_folder.chmod(0o500)
    assert "is not writable" in _refusal(Embedded(short_folder))
    short_folder.chmod(0o700)


def test_a_disk_nearly_full_is_named(short_folder: Path) -> None:
    sentence = _refusal(Embedded(short_folder, min_free_bytes=1 << 60))
    assert "nearly full" in sentence and "MB free" in sentence


def test_without_a_mongod_the_extra_is_named(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "fiftyone", raising=False)
    assert "rongqiao[embedded]" in _refusal(Embedded(short_folder))


def test_a_missing_system_library_is_named_with_its_package(short_folder: Path) -> None:
    broken = short_folder / "mongod"
    broken.write_text(
        "#!/bin/sh\n"
        'echo "mongod: error while loading shared libraries: libcurl.so.4:'
        ' cannot open shared object file" >&2\nexit 127\n'
    )
    broken.chmod(0o755)
    sentence = _refusal(Embedded(short_folder / "data", binary=broken))
    assert "libcurl.so.4" in sentence and "system package libcurl4" in sentence


def test_a_mongod_that_ends_for_another_reason_points_to_its_log(short_folder: Path) -> None:
    (short_folder / "WiredTiger").mkdir()
    sentence = _refusal(Embedded(short_folder))
    assert str(short_folder / "mongod.log") in sentence


def test_stopping_twice_and_before_starting_is_harmless(short_folder: Path) -> None:
    embedded = Embedded(short_folder)
    embedded.stop()
    embedded.start()
    embedded.stop()
    embedded.stop()

    assert not mongod.is_running_in(short_folder)
