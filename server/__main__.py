"""``python -m server``: see server/cli."""

from server.cli.commands import cli

if __name__ == "__main__":
    cli()
