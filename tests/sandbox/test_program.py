"""The sandbox as a program of its own: it starts, answers and ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from sandbox.demo import ROOT
from sandbox.pictures import read_licence
from sandbox.world import World


def test_it_listens_on_a_free_port_and_ends_on_sigterm() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stdout is not None
            address = running.stdout.readline().split()[-1]
            direct = build_opener(ProxyHandler({}))
            with direct.open(f"{address}/healthz", timeout=10) as response:
                assert response.status == 200
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
        finally:
            running.kill()


def test_it_draws_a_licence_for_every_firm(tmp_path: Path, world: World) -> None:
    drawn = subprocess.run(
        [sys.executable, "-m", "sandbox", "pictures", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert drawn.returncode == 0
    for enterprise in world.enterprises:
        truth = read_licence((tmp_path / f"{enterprise.name}.png").read_bytes())
        assert truth is not None and truth.fields["RegNum"] == enterprise.uscc
    odd = [read_licence(path.read_bytes()) for path in tmp_path.glob("*-*.png")]
    assert len(odd) == 4 and odd.count(None) == 1
