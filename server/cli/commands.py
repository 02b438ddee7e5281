"""The verbs of ``python -m server``. Each imports its own parts, so that a short one starts fast."""

import logging
import sys
from pathlib import Path

import click

from server.config import ConfigurationError, Settings, read_settings

CONFIG = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    show_default=True,
    help="The configuration file.",
)


@click.group()
def cli() -> None:
    """RongQiao (融桥): the financing platform."""


@cli.command()
@CONFIG
def serve(config: Path) -> None:
    """Serve the platform until stopped."""
    from server.cli.serve import run

    settings = load(config)
    sys.exit(run(settings))


@cli.command()
@CONFIG
@click.option(
    "--world",
    "world",
    type=click.Path(path_type=Path),
    default=Path("sandbox/world.yaml"),
    show_default=True,
    help="The file with the sample people, firms, institutions and products.",
)
def seed(config: Path, world: Path) -> None:
    """Fill a demo with sample data; what is there already is left alone."""
    from server.cli.samples import SAMPLES
    from server.cli.seed import run

    settings = load(config)
    sys.exit(run(settings, world, SAMPLES))


def load(config: Path) -> Settings:
    """The settings, or the sentences of what is wrong and exit 2. Also sets up logging."""
    try:
        settings = read_settings(config)
    except ConfigurationError as error:
        click.echo(f"The configuration can't be used:\n{error}", err=True)
        sys.exit(2)
    logging.basicConfig(
        level=settings.logging.level,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    for noisy in ("tornado.access", "pymongo", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return settings
