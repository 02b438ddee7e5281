"""The pages that only wait, in a program of their own, so that whoever is let in is timed undisturbed.

``python -m benchmarks.crowd PORT FILE``: FILE holds a request a line, as JSON. Each word on the
standard input is answered by one line of JSON: ``open``, ``beat``, ``all``, ``lost``.
"""

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import Program, Unmeasurable, raise_open_files
from benchmarks.pages import Hall

QUIET_SECONDS = 1.0


class Crowd:
    """The crowd as seen by whoever measures."""

    def __init__(self, port: int, requests: Sequence[bytes], folder: Path) -> None:
        wanted = folder / "crowd.json"
        wanted.write_text(json.dumps([request.decode() for request in requests]), "ascii")
        self._program = Program(
            ("-m", "benchmarks.crowd", str(port), str(wanted)),
            log=folder / "crowd.log",
            environment={},
            is_measured=False,
            is_told=True,
        )

    async def say(self, word: str) -> float:
        """What the crowd answers: seconds, or a number of pages. Raises Unmeasurable."""
        answer = await asyncio.to_thread(self._program.say, word)
        if not answer:
            said = self._program.log.read_text("utf-8", "replace")[-2000:]
            raise Unmeasurable(f"The crowd went home:\n{said}")
        return float(json.loads(answer))

    def stop(self) -> None:
        """Everybody closes his browser."""
        self._program.stop()


async def _live(port: int, requests: Sequence[bytes]) -> None:
    hall = Hall(port)
    words = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(words), sys.stdin
    )
    while word := (await words.readline()).decode().strip():
        print(json.dumps(await _do(hall, word, requests)), flush=True)


async def _do(hall: Hall, word: str, requests: Sequence[bytes]) -> float:
    if word == "open":
        begun = time.monotonic()
        await hall.open(requests)
        seconds = time.monotonic() - begun
        await hall.quiet(QUIET_SECONDS)
        gc.collect()
        gc.freeze()
        return seconds
    if word == "beat":
        return await hall.beat()
    if word == "all":
        return await hall.all_told_at()
    return float(hall.lost)


if __name__ == "__main__":
    raise_open_files()
    os.nice(5)  # the phone, the probe and mongod go first
    asyncio.run(
        _live(int(sys.argv[1]), [one.encode() for one in json.loads(Path(sys.argv[2]).read_text())])
    )
