"""Files and functions stay small enough to be read in one go."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import PRODUCT, ROOT, Source, sources

_OPENING = re.compile(
    r"(?P<indent>\s*)(?!\(|\s*(?:if|for|while|switch|catch|else|do|try)\b)"
    r"(?:.*\bfunction\b.*|.*=>\s*|(?:static |async |get |set )*[\w$#]+\(.*\)\s*)\{$"
)


def _limits(source: Source) -> tuple[int, int]:
    if source.place == "handlers/base.py":
        return 100, 40
    return (300, 40) if source.top in PRODUCT else (400, 60)


def test_no_python_file_is_too_long() -> None:
    lengths = {s.place: (len(s.text.splitlines()), _limits(s)[0]) for s in sources().values()}
    assert not {place: length for place, length in lengths.items() if length[0] > length[1]}


def test_no_python_function_is_too_long() -> None:
    long = [
        f"{source.place}:{function.lineno} {function.name}: {length} lines"
        for source in sources().values()
        for function in source.functions()
        if (length := (function.end_lineno or 0) - function.lineno + 1) > _limits(source)[1]
    ]
    assert not long


def _scripts() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.js", "*.mjs"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _script_functions(lines: list[str]) -> Iterator[tuple[int, int]]:
    """First line and length of each function, told by the indentation of its closing brace."""
    for start, line in enumerate(lines):
        opening = _OPENING.fullmatch(line)
        if opening:
            closing = opening["indent"] + "}"
            for length, later in enumerate(lines[start + 1 :], start=2):
                if later.startswith(closing):
                    yield start + 1, length
                    break


def test_no_script_and_no_function_in_it_is_too_long() -> None:
    long = []
    for path in _scripts():
        lines = path.read_text("utf-8").splitlines()
        place = path.relative_to(ROOT).as_posix()
        if len(lines) > 400:
            long.append(f"{place}: {len(lines)} lines")
        long += [f"{place}:{at}: {n} lines" for at, n in _script_functions(lines) if n > 60]
    assert not long


def test_the_length_of_a_script_function_is_measured() -> None:
    lines = ["function a() {", "  if (x) {", "  }", "}", "b.on('x', async (e) => {", "});"]
    assert list(_script_functions(lines)) == [(1, 4), (5, 2)]


def test_every_folder_of_python_files_is_a_package() -> None:
    folders = {source.path.parent for source in sources().values()}
    assert not [str(f.relative_to(ROOT)) for f in folders if not (f / "__init__.py").exists()]
