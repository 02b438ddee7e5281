"""How long the server's loop stands still, seen from outside: its health is asked for every 5 ms.

A program of its own, so that nothing else delays it. What the machine did to it and to the
server, keeping them off their cores for others, is told apart by the kernel's own account.
``python -m benchmarks.probe PORT PID`` prints what it saw, as JSON, when it is told to end.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from benchmarks.machine import Program, Unmeasurable

EVERY_SECONDS = 0.005
_ASK = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One answer: when it was asked for (monotonic clock), and how long it took.

    ``net_ms``: without the time in which the server or the probe was ready and had no core.
    """

    at: float
    raw_ms: float
    net_ms: float


def stops_of(program: Program) -> list[Stop]:
    """What a probe that has ended saw. Raises Unmeasurable."""
    said = program.log.read_text("utf-8")
    try:
        return [Stop(at=at, raw_ms=raw, net_ms=net) for at, raw, net in json.loads(said)]
    except ValueError:
        raise Unmeasurable(f"The probe did not come to its end:\n{said[-2000:]}") from None


class _Over(Exception):
    """Told to end."""


def _watch(port: int, pid: int) -> list[tuple[float, float, float]]:
    seen: list[tuple[float, float, float]] = []
    with contextlib.suppress(_Over), socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            delayed, begun = _delay_ms(pid), time.monotonic()
            line.sendall(_ASK)
            answer = line.recv(65536)
            while b"\r\n\r\n" not in answer:
                answer += line.recv(65536)
            raw = (time.monotonic() - begun) * 1000
            seen.append((begun, raw, max(0.0, raw - (_delay_ms(pid) - delayed))))
            time.sleep(max(0.0, begun + EVERY_SECONDS - time.monotonic()))
    return seen


def _delay_ms(pid: int) -> float:
    """How long the server's first thread and we have been ready without a core, so far."""
    total = 0
    for path in (Path(f"/proc/{pid}/task/{pid}/schedstat"), Path("/proc/self/schedstat")):
        with contextlib.suppress(OSError, IndexError):
            total += int(path.read_text("ascii").split()[1])
    return total / 1e6


def _end(number: int, frame: FrameType | None) -> None:
    raise _Over


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    print(json.dumps(_watch(int(sys.argv[1]), int(sys.argv[2]))))
