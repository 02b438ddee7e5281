"""Serving: the embedded mongod if configured, then the platform, until SIGTERM or SIGINT."""

import asyncio
import signal
import sys

from server.composition.ground import lay_ground, start_embedded
from server.config import Settings
from server.main import Platform, PortTaken
from server.storage.embedded import EmbeddedUnavailable


def run(settings: Settings) -> int:
    """Serve until told to stop; the exit code."""
    try:
        embedded = start_embedded(settings)
    except EmbeddedUnavailable as error:
        print(error, file=sys.stderr)
        return 3
    uri = embedded.uri if embedded else settings.storage.uri.get_secret_value()
    try:
        asyncio.run(_serve(settings, uri))
    except PortTaken as error:
        print(error, file=sys.stderr)
        return 4
    finally:
        if embedded is not None:
            embedded.stop()
    return 0


async def _serve(settings: Settings, uri: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    platform = Platform(lay_ground(settings, uri))
    try:
        await platform.start()
        await stopping.wait()
    finally:
        await platform.stop()
