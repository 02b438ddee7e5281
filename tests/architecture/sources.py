"""The repository as the fences see it: its own Python files, parsed once, and what they import."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
PRODUCT = ("server", "handlers")
ASIDE = ("sandbox", "tests", "benchmarks")
FLOORS_WITHOUT_RULES = ("core", "config", "storage", "providers", "composition", "cli")


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    target: str  # a module of ours, as deep as it can be told, or a package of others
    line: int
    hidden: bool  # inside a function


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]

    @property
    def capability(self) -> str | None:
        """The capability that the module is part of: `accounts` for server.accounts.session."""
        parts = self.name.split(".")
        is_inside = parts[0] == "server" and self.path.parent.parent == ROOT / "server"
        return parts[1] if is_inside and parts[1] not in FLOORS_WITHOUT_RULES else None

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def sources() -> dict[str, Source]:
    """Module name to source, for everything of ours."""
    found = {}
    for top in PRODUCT + ASIDE:
        for path in sorted((ROOT / top).rglob("*.py")):
            if "node_modules" not in path.parts:
                text = path.read_text("utf-8")
                parts = path.relative_to(ROOT).with_suffix("").parts
                name = ".".join(parts).removesuffix(".__init__")
                found[name] = Source(name=name, path=path, text=text, tree=ast.parse(text))
    return found


def product() -> list[Source]:
    return [source for source in sources().values() if source.top in PRODUCT]


@cache
def imports(name: str) -> tuple[Import, ...]:
    source = sources()[name]
    hidden = {id(n) for function in source.functions() for n in ast.walk(function)}
    return tuple(
        Import(target=target, line=node.lineno, hidden=id(node) in hidden)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for target in _targets(source, node)
    )


def _targets(source: Source, node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        package = source.name.split(".")
        up = node.level - (source.path.name == "__init__.py")
        base = ".".join(package[: len(package) - up] + ([base] if base else []))
    names = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name in sources() else base for name in names]


def is_within(target: str, *packages: str) -> bool:
    return any(target == package or target.startswith(package + ".") for package in packages)


@cache
def loaded() -> tuple[ModuleType, ...]:
    """Every module of the product, imported."""
    modules = []
    for top in PRODUCT:
        if (ROOT / top).is_dir():
            package = importlib.import_module(top)
            modules.append(package)
            for found in pkgutil.walk_packages(package.__path__, f"{top}."):
                if not found.name.endswith("__main__"):
                    modules.append(importlib.import_module(found.name))
    return tuple(modules)
