"""Template messages: which there are, and what a field of each kind may hold (WeChat's table of limits)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.wechat.errors import WeChatError

FILE = Path(__file__).with_name("templates.yaml")
_HAN = r"\u3400-\u9fff\U00020000-\U0003134f"
_DAY = r"\d{4}(年\d{1,2}月(\d{1,2}日)?|[-/.]\d{1,2}([-/.]\d{1,2})?)|\d{1,2}月\d{1,2}日"
_HOUR = r"\d{1,2}:\d{2}(:\d{2})?"
_TIME = rf"(({_DAY})\s*)?{_HOUR}"
_DATE = rf"({_DAY})(\s*{_HOUR})?"
# A kind that is not here may hold 20 characters of anything, as thing does.
RULES = {
    "number": re.compile(r"(?=.{1,32}$)-?\d+(\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(rf"[^\sA-Za-z0-9{_HAN}]{{1,5}}"),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "time": re.compile(rf"({_TIME})(\s*~\s*({_TIME}))?"),
    "date": re.compile(rf"({_DATE})(\s*~\s*({_DATE}))?"),
    "amount": re.compile(r"[^\d\s.,]?\d{1,10}(\.\d+)?元?"),
    "phone_number": re.compile(r"[\d+*#() -]{1,17}"),
    "car_number": re.compile(rf"[{_HAN}A-Za-z0-9][A-Za-z0-9]{{0,6}}[{_HAN}A-Za-z0-9]?"),
    "name": re.compile(rf"[{_HAN}·]{{1,10}}|[A-Za-z .'-]{{1,20}}"),
    "phrase": re.compile(rf"[{_HAN}]{{1,5}}"),
}
_ANYTHING = re.compile(r"[^\x00-\x1f\x7f]{1,20}")
_KEY = re.compile(r"([a-z_]+?)(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """`fields`: key such as thing1, and the label that stands before its value."""

    id: str
    title: str
    fields: tuple[tuple[str, str], ...]

    def filled(self, data: Any) -> tuple[tuple[str, str], ...]:
        """(label, value) in order; 47003 for a field that is missing or breaks its kind's limits."""
        if not isinstance(data, Mapping):
            raise WeChatError(47003, "data is invalid")
        return tuple((label, _value(data, key)) for key, label in self.fields)


def load_templates(path: Path = FILE) -> dict[str, Template]:
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["templates"]
    return {
        row["id"]: Template(
            id=row["id"],
            title=row["title"],
            fields=tuple((field["key"], field["label"]) for field in row["fields"]),
        )
        for row in rows
    }


def _value(data: Mapping[str, Any], key: str) -> str:
    cell = data.get(key)
    value = cell.get("value") if isinstance(cell, Mapping) else None
    kind = _KEY.fullmatch(key)
    rule = RULES.get(kind[1], _ANYTHING) if kind else _ANYTHING
    if not isinstance(value, str) or not rule.fullmatch(value):
        raise WeChatError(47003, f"data.{key}.value is invalid")
    return value
