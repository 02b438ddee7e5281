"""The one place in the tests where time passes: waiting for a condition, with a deadline."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any

POLL_SECONDS = 0.01


async def until(check: Callable[[], Any | Awaitable[Any]], deadline_seconds: float = 5.0) -> Any:
    """Ask ``check`` (plain or async) until its answer is true, and return that answer."""
    end = time.monotonic() + deadline_seconds
    while True:
        answer = check()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < end, f"not so within {deadline_seconds} s: {check}"
        await asyncio.sleep(POLL_SECONDS)
