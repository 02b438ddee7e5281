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
    must_have_rules(settings)
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
    must_have_rules(settings)
    sys.exit(run(settings, world, SAMPLES))


@cli.command()
@CONFIG
@click.argument("deed", type=click.Choice(["push", "pull", "diff"]))
def menu(config: Path, deed: str) -> None:
    """Publish the official account's menu, print WeChat's, or compare both."""
    from server.cli.menu import run

    settings = load(config)
    must_have_rules(settings)
    sys.exit(run(settings, deed))


@cli.group()
def channel() -> None:
    """QR codes by which people come to the official account."""


@channel.command()
@CONFIG
@click.argument("name")
@click.argument("svg", type=click.Path(path_type=Path))
def code(config: Path, name: str, svg: Path) -> None:
    """Write the QR code of channel NAME into the file SVG."""
    from server.cli.channel import run_code

    settings = load(config)
    must_have_rules(settings)
    sys.exit(run_code(settings, name, svg))


@channel.command()
@CONFIG
def counts(config: Path) -> None:
    """Print how many people and accounts each channel brought."""
    from server.cli.channel import run_counts

    settings = load(config)
    must_have_rules(settings)
    sys.exit(run_counts(settings))


def must_have_rules(settings: Settings) -> None:
    """Whether wechat.yaml can be used; otherwise the sentences of what is wrong and exit 2."""
    from server.official_account.rules import RulesUnusable, read_rules

    try:
        read_rules(settings.wechat.rules_file)
    except RulesUnusable as error:
        click.echo(f"The official account's rules can't be used:\n{error}", err=True)
        sys.exit(2)


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
