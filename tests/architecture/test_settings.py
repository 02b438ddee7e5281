"""Every setting is explained where it is set and in the documentation."""

from collections.abc import Iterator

import pytest
import yaml

from server.config.settings import Part, Settings
from tests.architecture.sources import ROOT


def _keys(part: type[Part], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in part.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Part):
            yield from _keys(kind, (*path, name))
        else:
            yield (*path, name)


KEYS = [".".join(key) for key in _keys(Settings)]


def _lines(node: yaml.Node, path: tuple[str, ...] = ()) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield ".".join((*path, key.value)), key.start_mark.line
            yield from _lines(value, (*path, key.value))


@pytest.fixture(scope="module")
def config() -> tuple[list[str], dict[str, int]]:
    text = (ROOT / "config.yaml").read_text("utf-8")
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert node is not None
    return text.splitlines(), dict(_lines(node))


@pytest.mark.parametrize("key", KEYS)
def test_a_setting_is_explained_in_the_configuration_file(
    key: str, config: tuple[list[str], dict[str, int]]
) -> None:
    lines, where = config
    assert key in where
    section_comment = where[key] > 1 and lines[where[key] - 1].endswith(":")
    above = lines[where[key] - (2 if section_comment else 1)].strip()
    assert above.startswith("#")


def test_every_setting_stands_in_the_documentation() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert not [key for key in KEYS if f"`{key}`" not in text]
