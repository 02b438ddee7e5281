"""Who may import whom. The order of the floors itself stands in setup.cfg, for import-linter."""

import configparser
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.sources import (
    ASIDE,
    PRODUCT,
    ROOT,
    Import,
    Source,
    imports,
    is_within,
    product,
    sources,
)

DRIVERS = ("motor", "pymongo", "gridfs", "bson")
WEB = ("tornado", "handlers", "aiohttp", "http")


def _found(source: Source, one: Import) -> str:
    return f"{source.place}:{one.line} imports {one.target}"


def test_each_floor_imports_only_floors_below() -> None:
    # In a process of its own: the tool sets up logging for itself and switches ours off.
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    words = ["--config", str(ROOT / "setup.cfg"), "--no-cache"]
    done = subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_of_the_server_stands_on_a_floor() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    layers = config["importlinter:contract:floors"]["layers"]
    floors = {word.strip("()") for word in layers.replace("|", " ").split()}
    parts = {".".join(name.split(".")[:2]) for name in sources() if name.startswith("server.")}
    missing = parts - floors
    assert not missing


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {
        name: {one.target for one in imports(name) if one.target in sources()} - {name}
        for name in sources()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_imports_stand_at_the_top_of_a_file() -> None:
    hidden = [
        _found(source, one)
        for source in sources().values()
        if source.top != "tests" and not is_within(source.name, "server.cli")
        for one in imports(source.name)
        if one.hidden and not _is_vendor_sdk(source, one)
    ]
    assert not hidden


def _is_vendor_sdk(source: Source, one: Import) -> bool:
    root = one.target.partition(".")[0]
    is_foreign = root not in PRODUCT + ASIDE and root not in sys.stdlib_module_names
    return is_within(source.name, "server.providers") and is_foreign


def _is_deed(source: Source) -> bool:
    """A service, whole or split by deed: it reaches its own repository or a lower service."""
    own = f"server.{source.capability}"
    return source.path.stem == "service" or any(
        (is_within(one.target, own) and _is_repository(one.target)) or _is_service(one.target)
        for one in imports(source.name)
    )


def _is_repository(name: str) -> bool:
    """`repository`, or `<part>_repository` where a capability has several."""
    parts = name.split(".")
    return len(parts) > 2 and (parts[2] == "repository" or parts[2].endswith("_repository"))


def _is_service(target: str) -> bool:
    parts = target.split(".")
    return parts[0] == "server" and len(parts) > 2 and parts[2] == "service"


def _forbidden(source: Source) -> tuple[str, ...]:
    """What a module never imports although the order of the floors would let it."""
    inside = source.name.partition(".")[2].partition(".")[0]
    own = f"server.{source.capability}"
    by_floor = {
        "core": (*DRIVERS, *WEB),
        "storage": WEB,
        "providers": (*DRIVERS, "tornado"),
    }
    if source.top == "handlers":
        return (*DRIVERS, "server.storage", *_repositories(), *_clients())
    if source.capability is None:
        return by_floor.get(inside, ())
    others = tuple(name for name in _repositories() if not is_within(name, own))
    if _is_repository(source.name):
        return (*DRIVERS, *WEB, *others, *_deeds(), "server.providers")
    if _is_deed(source):
        return (*DRIVERS, *WEB, *others, *_clients())
    return (*DRIVERS, *WEB, *_repositories(), *_deeds(), "server.storage")


def _repositories() -> tuple[str, ...]:
    return tuple(s.name for s in product() if s.capability and _is_repository(s.name))


def _deeds() -> tuple[str, ...]:
    return tuple(s.name for s in product() if s.capability and _is_deed(s))


def _clients() -> tuple[str, ...]:
    names = (name for name in sources() if name.startswith("server.providers."))
    return tuple(name for name in names if not is_within(name, "server.providers.ports"))


def test_nothing_imports_what_its_floor_never_touches() -> None:
    broken = [
        _found(source, one)
        for source in product()
        for one in imports(source.name)
        if is_within(one.target, *_forbidden(source))
    ]
    assert not broken


def test_only_storage_talks_to_the_driver() -> None:
    broken = [
        _found(source, one)
        for source in product()
        if not is_within(source.name, "server.storage")
        for one in imports(source.name)
        if is_within(one.target, *DRIVERS)
    ]
    assert not broken


def _between(tops: tuple[str, ...], others: tuple[str, ...]) -> Iterator[str]:
    for source in sources().values():
        if source.top in tops:
            for one in imports(source.name):
                if is_within(one.target, *others):
                    yield _found(source, one)


def test_the_sandbox_and_the_product_know_nothing_of_each_other() -> None:
    assert not list(_between(("sandbox",), (*PRODUCT, "tests", "benchmarks")))
    assert not list(_between(PRODUCT, ASIDE))
