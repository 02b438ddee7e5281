"""No template lies about unused, and none that is asked for is missing."""

import ast
import posixpath
import re
from fnmatch import fnmatchcase

from tests.architecture.sources import ROOT, product

TEMPLATES = ROOT / "templates"
_REFERENCE = re.compile(
    r"""\{%\s*(?:extends|include)\s+["']?([^"'\s%]+)["']?\s*%\}|["']([\w/.\-]+\.html)["']"""
)


def _templates() -> dict[str, str]:
    return {
        path.relative_to(TEMPLATES).as_posix(): path.read_text("utf-8")
        for path in TEMPLATES.rglob("*.html")
        if "static" not in path.parts
    }


def _asked_for() -> set[str]:
    """Names of templates in the code; a part that is filled in is a *."""
    names = set()
    for source in product():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (str(p.value) if isinstance(p, ast.Constant) else "*" for p in node.values)
                names.add("".join(parts))
    return {name for name in names if re.fullmatch(r"[\w/*.\-]+\.html", name) and name != ".html"}


def _referred(name: str, text: str, templates: dict[str, str]) -> set[str]:
    """What a template names: relative to itself, as Tornado resolves it, or from the top."""
    found = set()
    for match in _REFERENCE.finditer(text):
        written = match[1] or match[2]
        near = posixpath.normpath(posixpath.join(posixpath.dirname(name), written)).lstrip("/")
        found.add(near if near in templates else written.lstrip("/"))
    return found


def test_every_template_is_reachable_and_none_is_missing() -> None:
    templates = _templates()
    asked = _asked_for()
    missing = {name for name in asked if "*" not in name and name not in templates}
    reached: set[str] = set()
    waiting = {t for t in templates if any(fnmatchcase(t, name) for name in asked)}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        referred = _referred(name, templates[name], templates)
        missing |= referred - templates.keys()
        waiting |= (referred & templates.keys()) - reached
    assert not missing
    assert not templates.keys() - reached
