"""``python -m benchmarks callback|waiting``: one table each; see docs/benchmarks.md."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from types import FrameType
from typing import Any

from benchmarks import callback, waiting
from benchmarks.machine import Unmeasurable, sit_beside_the_servers

LONGEST_SECONDS = 180


def main() -> int:
    """The exit code: 0 with a table, whatever it says; 1 with a sentence."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _leave)
    sit_beside_the_servers()
    try:
        if arguments.command == "callback":
            with callback.contenders() as contenders:
                asyncio.run(_in_time(callback.measure(contenders, rounds=arguments.rounds)))
        else:
            with waiting.platform() as platform:
                asyncio.run(
                    _in_time(waiting.measure(platform, pages=arguments.pages, taps=arguments.taps))
                )
    except Unmeasurable as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("callback", help="pushes of WeChat, answered by ours and by peers")
    first.add_argument("--rounds", type=int, default=10, help="rounds that medians are taken of")
    second = commands.add_parser("waiting", help="PCs that wait for a phone to let them in")
    second.add_argument("--pages", type=int, default=10_000, help="pages that wait")
    second.add_argument("--taps", type=int, default=50, help="how often one of them is let in")
    return parser.parse_args()


async def _in_time(measuring: Coroutine[Any, Any, None]) -> None:
    limit = asyncio.timeout(LONGEST_SECONDS)
    try:
        async with limit:
            await measuring
    except TimeoutError:
        if not limit.expired():
            raise Unmeasurable("What was waited for did not come: the machine is busy.") from None
        raise Unmeasurable(
            f"Not done within {LONGEST_SECONDS} s: the machine is busy, or give smaller numbers."
        ) from None
    except (OSError, EOFError) as error:
        raise Unmeasurable(f"A connection was lost ({type(error).__name__}).") from None


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
