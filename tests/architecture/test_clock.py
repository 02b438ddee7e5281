"""Time is handed in: no rule, service or handler reads a clock."""

import ast

from tests.architecture.sources import Source, product

READERS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
}


def _readings(source: Source) -> list[str]:
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (name, node.attr) in READERS:
                found.append(f"{source.place}:{node.lineno} {name}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and any(a.name == "utc_now" for a in node.names):
            found.append(f"{source.place}:{node.lineno} imports utc_now")
    return found


def test_nobody_reads_a_clock_on_the_way() -> None:
    readings = [
        reading
        for source in product()
        if source.capability or source.top == "handlers"
        for reading in _readings(source)
    ]
    assert not readings
