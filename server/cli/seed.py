"""Sample data from a world file: each capability's samples are one module, run in order.

Every id is derived from the file's keys, so that seeding twice changes nothing and seeding a
newer file adds what is new. Never in production.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from server.composition.ground import Ground, lay_ground, start_embedded
from server.config import Settings
from server.core.clock import SHANGHAI, utc_now
from server.core.errors import Refusal
from server.main import Platform
from server.services import Services
from server.storage import indexes
from server.storage.embedded import EmbeddedUnavailable

MORNING = time(9, 30)


class Part(BaseModel):
    """A slice of the world; keys that it doesn't know belong to the sandbox."""

    model_config = ConfigDict(frozen=True)


class HistoryClock:
    """The real clock, except while samples of an earlier day are made."""

    def __init__(self) -> None:
        self._moment: datetime | None = None

    def __call__(self) -> datetime:
        return self._moment or utc_now()

    @contextmanager
    def on(self, day: date) -> Iterator[None]:
        """That day's morning in China, for every service that was given this clock."""
        with self.at(datetime.combine(day, MORNING, SHANGHAI).astimezone(UTC)):
            yield

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """One moment of the past."""
        self._moment = moment
        try:
            yield
        finally:
            self._moment = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Soil:
    """What a module of samples works with. ``world`` is the file as read."""

    ground: Ground
    services: Services
    clock: HistoryClock
    world: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """``sow`` makes what is missing and returns how much that was."""

    name: str
    sow: Callable[[Soil], Awaitable[int]]


def run(settings: Settings, world_file: Path, samples: tuple[Samples, ...]) -> int:
    """Sow everything; the exit code. Works beside a running server that owns the database."""
    if settings.environment == "production":
        print("seed: refuses in production: sample data belong to a demo only.", file=sys.stderr)
        return 4
    try:
        world = yaml.safe_load(world_file.read_text("utf-8"))
        embedded = start_embedded(settings)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        print(f"seed: {world_file} can't be read: {type(error).__name__}", file=sys.stderr)
        return 2
    except EmbeddedUnavailable as error:
        print(error, file=sys.stderr)
        return 3
    uri = embedded.uri if embedded else settings.storage.uri.get_secret_value()
    try:
        asyncio.run(sow(settings, uri, world, samples))
    except ValidationError as error:
        print(f"seed: {world_file} isn't a world:", *_findings(error), sep="\n", file=sys.stderr)
        return 2
    except Refusal as refusal:
        print(f"seed: refused with {refusal.code}: {refusal.message}", file=sys.stderr)
        return 2
    finally:
        if embedded is not None:
            embedded.stop()
    return 0


def _findings(error: ValidationError) -> list[str]:
    """Where and what, never what stands there: it may be a person's."""
    return [
        f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
        for one in error.errors(include_input=False, include_url=False, include_context=False)
    ]


async def sow(
    settings: Settings, uri: str, world: dict[str, Any], samples: tuple[Samples, ...]
) -> None:
    """Everything in order, on a database that gets its indexes first."""
    clock = HistoryClock()
    ground = lay_ground(settings, uri, clock)
    platform = Platform(ground)
    try:
        await indexes.ensure(ground.database)
        soil = Soil(ground=ground, services=platform.services, clock=clock, world=world)
        for one in samples:
            print(f"seed: {one.name}: {await one.sow(soil)} new")
    finally:
        await platform.stop()
