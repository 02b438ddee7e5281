"""What `make run` prepares: ports, a configuration the server accepts, secrets that stay."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.demo import ROOT, Children, Ended, run, welcome
from sandbox.demo_files import (
    DemoProblem,
    configuration,
    free_pair,
    kept_secrets,
    take_folder,
    write_config,
)
from sandbox.world import WORLD_FILE, World
from server.config import read_settings


def taken_socket() -> socket.socket:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken


def test_the_server_accepts_the_configuration(tmp_path: Path) -> None:
    document = configuration(port=8800, sandbox_port=8801, data_dir=tmp_path / "mongo")
    secrets = kept_secrets(tmp_path / "secrets.env", document)
    write_config(tmp_path / "config.yaml", document)
    settings = read_settings(tmp_path / "config.yaml", secrets)
    assert settings.environment == "demo"
    assert (settings.tencent.protocol, settings.tencent.endpoint) == ("http", "127.0.0.1:8801")
    assert (settings.aliyun.domain, settings.aliyun.port) == ("127.0.0.1", 8801)
    assert settings.tencent.secret_id.get_secret_value() == "AKIDsandbox"
    assert settings.storage.uri.get_secret_value() == "embedded"


def test_secrets_are_private_and_kept_between_runs(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    document = configuration(port=8800, sandbox_port=8801, data_dir=tmp_path)
    first = kept_secrets(path, document)
    again = kept_secrets(path, configuration(port=9000, sandbox_port=9001, data_dir=tmp_path))
    assert first == again
    assert len(first["RQ_INDEX_KEY"]) == 64
    assert first["RQ_INDEX_KEY"] != first["RQ_FIELD_KEY_1"]
    write_config(tmp_path / "config.yaml", document)
    for file in (path, tmp_path / "config.yaml"):
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_new_secret_is_added_to_those_that_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    before = kept_secrets(path, {"key": "${RQ_ONE}"})
    after = kept_secrets(path, {"key": "${RQ_ONE}", "other": "${RQ_TWO}"})
    assert after["RQ_ONE"] == before["RQ_ONE"]
    assert "RQ_TWO" not in before and after["RQ_TWO"]


@pytest.mark.parametrize("which", [0, 1])
def test_a_taken_port_means_the_next_free_pair(which: int) -> None:
    with taken_socket() as taken:
        wanted = taken.getsockname()[1] - which
        port, sandbox_port = free_pair(wanted)
    assert sandbox_port == port + 1
    assert port >= wanted + 2
    assert (port - wanted) % 2 == 0


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with take_folder(tmp_path):
        with pytest.raises(DemoProblem, match="already runs"):
            take_folder(tmp_path)
        ended = subprocess.run(
            [sys.executable, "-m", "sandbox", "demo", "--var", str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ended.returncode == 1
        assert "already runs" in ended.stderr
        assert not (tmp_path / "config.yaml").exists()
    take_folder(tmp_path).close()


def test_a_path_too_long_for_a_socket_is_refused_with_a_sentence_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    var = tmp_path / ("x" * 100)
    assert run(port=8800, var=var, world=WORLD_FILE) == 1
    assert "shorter" in capsys.readouterr().err
    assert not var.exists()


def test_the_welcome_names_every_way_in(world: World) -> None:
    text = welcome(world, 8800, 8801)
    assert "http://127.0.0.1:8800/console/login" in text
    assert "http://127.0.0.1:8801/phone" in text
    for member in world.staff:
        assert member.login in text and member.password in text
    for key in ("zhou", "ayinuer", "lin"):
        person = world.person(key)
        assert person is not None and f"{person.phone}  {person.name}" in text


FOREVER = "import signal; signal.pause()"


async def test_a_dead_child_ends_the_rest_with_a_sentence() -> None:
    children = Children(asyncio.Event(), dict(os.environ))
    steady = await children.start("sandbox", "-c", FOREVER)
    await children.start("server", "-c", "raise SystemExit(7)")
    with pytest.raises(DemoProblem, match=r"server ended by itself \(exit code 7\)"):
        await children.watch(asyncio.Event().wait())
    assert steady.returncode is None
    await children.end()
    assert steady.returncode == -signal.SIGTERM


async def test_the_end_that_was_asked_for_ends_every_child() -> None:
    stop = asyncio.Event()
    children = Children(stop, dict(os.environ))
    running = [await children.start(name, "-c", FOREVER) for name in ("sandbox", "server")]
    stop.set()
    with pytest.raises(Ended):
        await children.watch(asyncio.Event().wait())
    await children.end()
    assert [one.returncode for one in running] == [-signal.SIGTERM] * 2
