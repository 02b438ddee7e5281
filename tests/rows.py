"""Which test shows which row of docs/features.md: `python -m tests.rows`.

Read from the source, so that it needs neither a database nor a browser.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_ROW = re.compile(r"^- \*\*([FT]\d{2,3})\*\* (.+)$", re.MULTILINE)


def documented() -> dict[str, str]:
    """Row number to its sentence."""
    return dict(_ROW.findall((ROOT / "docs" / "features.md").read_text("utf-8")))


def shown() -> dict[str, list[str]]:
    """Row number to the tests that carry `@pytest.mark.shows(row)`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        place = path.relative_to(ROOT).as_posix()
        for test, row in _marks(ast.parse(path.read_text("utf-8"))):
            found[row].append(f"{place}::{test}")
    return found


def _marks(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.shows":
                    for row in mark.args:
                        yield node.name, str(ast.literal_eval(row))


def main() -> None:
    tests = shown()
    rows = documented()
    for row, sentence in rows.items():
        print(f"{row} {sentence}")
        for test in tests.get(row, ["none"]):
            print(f"     {test}")
    print(f"\n{sum(row in tests for row in rows)} of {len(rows)} rows are shown by a test")


if __name__ == "__main__":
    main()
