"""What `menu/create` accepts: 1-3 buttons with 1-5 sub-buttons each, and its lengths in bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.wechat.errors import WeChatError

BUTTONS, SUB_BUTTONS = 3, 5
KEY_BYTES, URL_BYTES = 128, 1024
KEYED = {
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}
LINKED = {"view", "miniprogram"}
STORED = {"media_id": "media_id", "view_limited": "media_id"}
STORED |= {"article_id": "article_id", "article_view_limited": "article_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """The same mistakes have other numbers on sub-buttons."""

    name_bytes: int
    kind: int
    name: int
    key: int
    url: int
    domain: int


_MAIN = _Level(name_bytes=16, kind=40017, name=40018, key=40019, url=40020, domain=40055)
_SUB = _Level(name_bytes=60, kind=40024, name=40025, key=40026, url=40027, domain=40054)


def checked_menu(document: Mapping[str, Any]) -> dict[str, Any]:
    """The menu as `menu/get` gives it back: every button with a `sub_button` list."""
    buttons = document.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS:
        raise WeChatError(40016)
    return {"button": [_button(one) for one in buttons]}


def _button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise WeChatError(40016)
    subs = button.get("sub_button") or []
    if not isinstance(subs, list) or len(subs) > SUB_BUTTONS:
        raise WeChatError(40023)
    if not subs:
        return {**_leaf(button, _MAIN), "sub_button": []}
    leaves = [{**_leaf(one, _SUB), "sub_button": []} for one in subs]
    return {"name": _name(button, _MAIN), "sub_button": leaves}


def _leaf(button: Any, level: _Level) -> dict[str, Any]:
    if not isinstance(button, dict) or (level is _SUB and button.get("sub_button")):
        raise WeChatError(40023)
    kept = {"type": button.get("type"), "name": _name(button, level)}
    if kept["type"] in KEYED:
        kept["key"] = _text(button, "key", KEY_BYTES, level.key)
    elif kept["type"] in LINKED:
        kept["url"] = _text(button, "url", URL_BYTES, level.url)
        parts = urlsplit(kept["url"])
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise WeChatError(level.domain)
        if kept["type"] == "miniprogram":
            kept["appid"] = _text(button, "appid", 64, level.kind)
            kept["pagepath"] = _text(button, "pagepath", URL_BYTES, level.kind)
    elif kept["type"] in STORED:
        name = STORED[kept["type"]]
        kept[name] = _text(button, name, KEY_BYTES, level.kind)
    else:
        raise WeChatError(level.kind)
    return kept


def _name(button: Mapping[str, Any], level: _Level) -> str:
    return _text(button, "name", level.name_bytes, level.name)


def _text(button: Mapping[str, Any], name: str, limit: int, errcode: int) -> str:
    value = button.get(name)
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= limit:
        raise WeChatError(errcode)
    return value
