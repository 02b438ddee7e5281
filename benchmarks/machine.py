"""The machine: who runs on which core, free ports, open files, and programs that end with us."""

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 15.0
_PR_SET_PDEATHSIG = 1


class Unmeasurable(Exception):
    """Nothing can be measured here; the text is a sentence for whoever asked."""


def _cores() -> list[int]:
    """Those that we may use, where they can be chosen at all."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


CORES = _cores()
"""As they were at the start: afterwards we sit on one of them."""


def sit_beside_the_servers() -> None:
    """The server that is measured has the first core to itself; we, and mongod, take the second."""
    if len(CORES) > 1:
        os.sched_setaffinity(0, {CORES[1]})
    raise_open_files()


def raise_open_files() -> None:
    """As many sockets as the machine lets us have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A running program and its children, seen from outside."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        is_measured: bool = True,
        is_told: bool = False,
    ) -> None:
        """``words``: what follows the name of the interpreter. ``is_told``: it answers ``say``."""
        core = CORES[0] if is_measured and len(CORES) > 1 else None
        kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self.log = log
        with open(log, "wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env={**kept, **environment},
                stdin=subprocess.PIPE if is_told else subprocess.DEVNULL,
                stdout=subprocess.PIPE if is_told else output,
                stderr=output,
                text=True,
                start_new_session=True,
                preexec_fn=_beginning(core),
            )

    def must_listen(self, port: int) -> None:
        """Return when it does. Raises Unmeasurable."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        said = self.log.read_text("utf-8", "replace")[-2000:]
        raise Unmeasurable(f"A program does not answer:\n{said}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def say(self, word: str) -> str:
        """The line that it answers; "" when it has ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(f"{word}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._process.stdout.readline()

    def cpu_seconds(self) -> float:
        """What it and its children have used so far."""
        total = 0.0
        for one in self._family():
            times = one.cpu_times()
            total += float(times.user) + float(times.system)
        return total

    def resident_bytes(self) -> int:
        """Memory of it and its children that is really there."""
        return sum(int(one.memory_info().rss) for one in self._family())

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _family(self) -> "list[psutil.Process]":
        try:
            parent = psutil.Process(self._process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            said = self.log.read_text("utf-8", "replace")[-2000:]
            raise Unmeasurable(f"A program ended by itself:\n{said}") from None


def _beginning(core: int | None) -> Callable[[], None]:
    """What the child does before it begins: its core, and (Linux) to end when we are killed."""
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def begin() -> None:
        if core is not None:
            os.sched_setaffinity(0, {core})
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return begin
