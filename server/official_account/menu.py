"""The account's menu: at most three buttons with at most five under each (standard T30).

Written in wechat.yaml, published as WeChat wants it, and compared with what WeChat has.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

MAIN_NAME_BYTES = 16
SUB_NAME_BYTES = 60
MAIN_NAME_SHOWN = 4
SUB_NAME_SHOWN = 7
URL_BYTES = 1024

Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.-]{1,64}$")]
Address = Annotated[str, StringConstraints(pattern=r"^(https?://[^\s]+|\{site\}/[^\s]*)$")]


class RulePart(BaseModel):
    """A slice of wechat.yaml: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Leaf(RulePart):
    """A button that does something: opens an address, a mini-program, the scanner, or says a key."""

    name: str
    url: Address | None = None
    key: Key | None = None
    scan: Key | None = None
    app_id: Annotated[str, StringConstraints(pattern=r"^wx[0-9a-zA-Z]{1,32}$")] | None = None
    page: str | None = None

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        self._must_do_one_thing()
        _must_fit(self.name, SUB_NAME_BYTES, SUB_NAME_SHOWN)
        return self

    def _must_do_one_thing(self) -> None:
        deeds = [deed for deed in (self.key, self.scan, self.url) if deed is not None]
        if len(deeds) != 1:
            raise ValueError("a button has exactly one of url, key and scan")
        if (self.app_id is None) != (self.page is None) or (self.app_id and not self.url):
            raise ValueError(
                "a mini-program needs app_id, page, and url for old versions of WeChat"
            )
        if self.url and len(self.url.encode()) > URL_BYTES:
            raise ValueError(f"an address has at most {URL_BYTES} bytes")

    def published(self, site: str) -> dict[str, Any]:
        """As WeChat takes it."""
        if self.url is not None:
            address = self.url.replace("{site}", site)
            if self.app_id is None:
                return {"type": "view", "name": self.name, "url": address}
            return {
                "type": "miniprogram",
                "name": self.name,
                "url": address,
                "appid": self.app_id,
                "pagepath": self.page,
            }
        if self.scan is not None:
            return {"type": "scancode_push", "name": self.name, "key": self.scan}
        return {"type": "click", "name": self.name, "key": self.key}


class Button(Leaf):
    """One of the three: does something itself, or opens up to five."""

    buttons: Annotated[tuple[Leaf, ...], Field(max_length=5)] = ()

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.buttons:
            if any((self.url, self.key, self.scan, self.app_id, self.page)):
                raise ValueError("a button with buttons under it has nothing but its name")
        else:
            self._must_do_one_thing()
        _must_fit(self.name, MAIN_NAME_BYTES, MAIN_NAME_SHOWN)
        return self

    def published(self, site: str) -> dict[str, Any]:
        if not self.buttons:
            return super().published(site)
        return {"name": self.name, "sub_button": [one.published(site) for one in self.buttons]}


class Menu(RulePart):
    """The whole tree; empty is no menu."""

    buttons: Annotated[tuple[Button, ...], Field(max_length=3)] = ()

    def keys(self) -> Iterator[str]:
        """What a tap can say."""
        for button in self.buttons:
            yield from (one.key for one in (button, *button.buttons) if one.key is not None)

    def published(self, site: str) -> dict[str, Any]:
        """As WeChat takes it. ``site``: our public address, for {site}."""
        return {"button": [button.published(site) for button in self.buttons]}


Act = Literal["added", "changed", "removed"]
Difference = tuple[Act, str]


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> list[Difference]:
    """What publishing ours would change, by the path of names; [] when nothing."""
    before = _flat((theirs or {}).get("button") or ())
    after = _flat(ours.get("button") or ())
    found: list[Difference] = []
    for path in dict.fromkeys((*before, *after)):
        if path not in before:
            found.append(("added", path))
        elif path not in after:
            found.append(("removed", path))
        elif before[path] != after[path]:
            found.append(("changed", path))
    return found


def as_written(theirs: Mapping[str, Any], site: str) -> list[dict[str, Any]]:
    """WeChat's menu as it would stand in wechat.yaml."""
    return [_written(button, site) for button in theirs.get("button") or ()]


def _written(button: Mapping[str, Any], site: str) -> dict[str, Any]:
    if button.get("sub_button"):
        under = [_written(one, site) for one in button["sub_button"]]
        return {"name": button["name"], "buttons": under}
    written = {"name": button["name"]}
    if "url" in button:
        address = str(button["url"])
        ours = address.startswith(f"{site}/")
        written["url"] = "{site}" + address[len(site) :] if ours else address
    elif "key" in button:
        written["key" if button.get("type") == "click" else "scan"] = button["key"]
    if "appid" in button:
        written |= {"app_id": button["appid"], "page": button.get("pagepath", "")}
    return written


def _flat(buttons: Sequence[Mapping[str, Any]], above: str = "") -> dict[str, tuple[Any, ...]]:
    """Path to place and deed; WeChat gives empty lists back that nobody wrote."""
    found: dict[str, tuple[Any, ...]] = {}
    for place, button in enumerate(buttons):
        path = f"{above}{button.get('name', '')}"
        deed = sorted((n, str(v)) for n, v in button.items() if n != "sub_button")
        found[path] = (place, *deed)
        found |= _flat(button.get("sub_button") or (), f"{path} / ")
    return found


def _must_fit(name: str, size: int, shown: int) -> None:
    """A letter or digit takes half of a Chinese character's place."""
    width = sum(1 if character.isascii() else 2 for character in name)
    if not name or len(name.encode()) > size or width > 2 * shown:
        raise ValueError(f"the name {name!r} is empty or longer than {shown} Chinese characters")
