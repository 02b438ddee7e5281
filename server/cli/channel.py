"""QR codes of channels (parks, branches, posters), and what each has brought."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from handlers.qr import qr_svg
from server.composition.ground import lay_ground, start_embedded
from server.config import Settings
from server.core.errors import Refusal
from server.main import Platform
from server.official_account.service import Followers
from server.storage.embedded import EmbeddedUnavailable

Deed = Callable[[Followers], Awaitable[None]]


def run_code(settings: Settings, channel: str, svg: Path) -> int:
    """Write the channel's QR code as a picture that scales to a poster."""

    async def write(followers: Followers) -> None:
        code = await followers.channel_code(channel)
        svg.write_text(qr_svg(code.url), "utf-8")
        print(f"channel: {channel}: {svg}")

    return _run(settings, write)


def run_counts(settings: Settings) -> int:
    """Print what each channel has brought."""

    async def tell(followers: Followers) -> None:
        print("channel\tfollowed\tfollowing\taccounts")
        for one in await followers.channels():
            print(f"{one.channel}\t{one.followed}\t{one.following}\t{one.accounts}")

    return _run(settings, tell)


def _run(settings: Settings, deed: Deed) -> int:
    try:
        embedded = start_embedded(settings)
    except EmbeddedUnavailable as error:
        print(error, file=sys.stderr)
        return 3
    uri = embedded.uri if embedded else settings.storage.uri.get_secret_value()
    try:
        return asyncio.run(_do(settings, uri, deed))
    finally:
        if embedded is not None:
            embedded.stop()


async def _do(settings: Settings, uri: str, deed: Deed) -> int:
    platform = Platform(lay_ground(settings, uri))
    try:
        await deed(platform.services.followers)
    except Refusal as refusal:
        print(f"channel: {refusal.code}: {refusal.message}", file=sys.stderr)
        return 4
    finally:
        await platform.stop()
    return 0
