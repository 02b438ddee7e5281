"""What the account answers by itself, written by operators in wechat.yaml.

Of the answers that fit, the first in this order counts: a keyword that is the whole message, a
keyword inside the message, the type of the message, the default.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from server.official_account.incoming import Incoming, IncomingKind
from server.official_account.menu import Address, Key, Menu, RulePart
from server.official_account.reply import ARTICLES, TEXT_BYTES, Article, Reply

Word = Annotated[str, StringConstraints(min_length=1, max_length=30)]
MediaType = Literal["image", "voice", "video", "location", "link", "file"]
_SITE_BYTES = 200


class RulesUnusable(Exception):
    """wechat.yaml can't be used; each line says where and what."""


class Card(RulePart):
    """One article."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    description: Annotated[str, StringConstraints(max_length=120)] = ""
    picture: Address | None = None
    url: Address


class Answer(RulePart):
    """A text, or articles. {site} stands for our public address."""

    text: str = ""
    articles: Annotated[tuple[Card, ...], Field(max_length=ARTICLES)] = ()

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if bool(self.text) == bool(self.articles):
            raise ValueError("an answer is either a text or articles")
        room = TEXT_BYTES - _SITE_BYTES * self.text.count("{site}")
        if len(self.text.encode()) > room:
            raise ValueError(f"a text has at most {TEXT_BYTES} bytes, addresses included")
        return self

    def reply(self, site: str) -> Reply:
        """With our address filled in."""
        return Reply(
            text=self.text.replace("{site}", site),
            articles=[
                Article(
                    title=card.title,
                    description=card.description,
                    picture=(card.picture or "").replace("{site}", site),
                    url=card.url.replace("{site}", site),
                )
                for card in self.articles
            ],
        )


class Keyword(RulePart):
    """``full``: the whole message is one of the words; ``half``: one of them is somewhere in it."""

    match: Literal["full", "half"]
    words: Annotated[tuple[Word, ...], Field(min_length=1)]
    answer: Answer


class Rules(RulePart):
    """The whole of wechat.yaml."""

    welcome: Answer
    menu: Menu = Menu()
    clicks: Mapping[Key, Answer] = {}
    keywords: tuple[Keyword, ...] = ()
    types: Mapping[MediaType, Answer] = {}
    default: Answer | None = None

    @model_validator(mode="after")
    def _every_key_is_answered(self) -> Self:
        silent = sorted(set(self.menu.keys()) - self.clicks.keys())
        if silent:
            raise ValueError(f"no answer in clicks for the menu's {', '.join(silent)}")
        return self

    def answer_to(self, incoming: Incoming) -> Answer | None:
        """The answer to a message, a tap or a follow; None: nothing is said."""
        match incoming.kind:
            case IncomingKind.FOLLOW:
                return self.welcome
            case IncomingKind.CLICK:
                return self.clicks.get(incoming.event_key)
            case IncomingKind.TEXT:
                return self._to_text(incoming.text)
            case IncomingKind.MEDIA:
                word = "video" if incoming.type == "shortvideo" else incoming.type
                by_type = (answer for name, answer in self.types.items() if name == word)
                return next(by_type, self.default)
        return None

    def _to_text(self, text: str) -> Answer | None:
        said = _folded(text)
        for keyword in self.keywords:
            if keyword.match == "full" and said in map(_folded, keyword.words):
                return keyword.answer
        for keyword in self.keywords:
            if keyword.match == "half" and any(_folded(word) in said for word in keyword.words):
                return keyword.answer
        return self.default


def _folded(text: str) -> str:
    """Case and spaces do not count, nor does a full stop at the end."""
    return "".join(text.split()).casefold().rstrip("。.!！?？")


def read_rules(path: Path) -> Rules:
    """The file, checked. Raises RulesUnusable."""
    try:
        document: Any = yaml.safe_load(path.read_text("utf-8"))
        return Rules.model_validate(document)
    except FileNotFoundError:
        raise RulesUnusable(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RulesUnusable(f"{path}: can't be read: {type(error).__name__}") from None
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        lines = [f"{path}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found]
        raise RulesUnusable("\n".join(lines)) from None
