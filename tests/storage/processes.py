"""Other processes of ours for the tests: a program text run by the same Python."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

ROOT = Path(__file__).parents[2]

OWNER = """
import sys
from pathlib import Path
from server.storage.embedded import Embedded

embedded = Embedded(Path(sys.argv[1]))
embedded.start()
print(embedded.pid, flush=True)
sys.stdin.read()
embedded.stop()
"""


async def run(program: str, *arguments: str) -> Process:
    """Start it with pipes to its input and output."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, *arguments, cwd=ROOT, stdin=PIPE, stdout=PIPE
    )


async def line_of(process: Process) -> str:
    """Its next line; fails when it ends instead."""
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    assert line, "the process ended without a word"
    return line.decode().strip()
