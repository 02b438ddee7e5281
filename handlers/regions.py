"""Names of regions, from the same file that the region fields use in the browser."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from handlers.assets import Assets

AREA = "area.json"


def region_names(codes: Sequence[str], assets: Assets, own: Mapping[str, str]) -> list[str]:
    """What the regions are called, as the file says or ``own`` knows better; the code when nobody does."""
    names = _names(assets.folder / Path(assets.address(AREA)).name)
    return [own.get(code) or names.get(code, code) for code in codes]


@cache
def _names(area_file: Path) -> dict[str, str]:
    """Code to name, of provinces, cities and counties alike."""
    lists: dict[str, Any] = orjson.loads(area_file.read_bytes())
    return {code: name for names in lists.values() for code, name in names.items()}
