"""The table in docs/applications.md is the one that the program works by."""

import re
from pathlib import Path

from server.applications.state import DEED_NAMES, MOVES, STATE_NAMES, ApplicationState, Deed

DOCUMENT = Path(__file__).parents[3] / "docs" / "applications.md"


def test_the_documented_table_is_the_programs() -> None:
    documented: dict[Deed, dict[ApplicationState, ApplicationState]] = {}
    lines = DOCUMENT.read_text("utf-8").splitlines()
    header = next(line for line in lines if line.startswith("| deed"))
    states = [ApplicationState(word) for word in re.findall(r"`(\w+)`", header)]
    for line in lines[lines.index(header) + 2 :]:
        if not line.startswith("|"):
            break
        first, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        deed = Deed(re.findall(r"`(\w+)`", first)[0])
        assert DEED_NAMES[deed] in first
        documented[deed] = {
            state: ApplicationState(cell.strip("`"))
            for state, cell in zip(states, cells, strict=True)
            if cell
        }
    assert documented == MOVES


def test_every_state_is_explained() -> None:
    text = DOCUMENT.read_text("utf-8")
    for state in ApplicationState:
        assert f"`{state}` {STATE_NAMES[state]}" in text
