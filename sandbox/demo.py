"""`python -m sandbox demo`: the sandbox and the server together, with sample data."""

from __future__ import annotations

from pathlib import Path


def run(*, port: int, var: Path, world: Path) -> int:
    raise NotImplementedError
