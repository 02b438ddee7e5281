"""What we answer in the conversation: one text, or up to eight articles, safe to stand in XML."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wechatpy.replies import ArticlesReply, TextReply

from server.official_account.incoming import Incoming

TEXT_BYTES = 2048
ARTICLES = 8
# What XML 1.0 has no place for, and halves of characters that no encoding has.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A card that opens ``url``; ``picture`` is an address, or "" for none."""

    title: str
    description: str = ""
    picture: str = ""
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Either a text or articles. To a message of the person WeChat shows the first article only."""

    text: str = ""
    articles: Sequence[Article] = ()

    def __post_init__(self) -> None:
        if bool(self.text) == bool(self.articles) or len(self.articles) > ARTICLES:
            raise ValueError("a reply is a text, or one to eight articles")


def as_xml(reply: Reply, incoming: Incoming, now: datetime) -> str:
    """The reply addressed back to the person, not sealed yet."""
    addressed = {
        "source": incoming.account,
        "target": incoming.openid,
        "time": int(now.timestamp()),
    }
    if reply.text:
        xml: str = TextReply(content=_safe(shortened(reply.text)), **addressed).render()
        return xml
    articles = [
        {
            "title": _safe(one.title),
            "description": _safe(one.description),
            "image": _safe(one.picture),
            "url": _safe(one.url),
        }
        for one in reply.articles
    ]
    xml = ArticlesReply(articles=articles, **addressed).render()
    return xml


def shortened(text: str) -> str:
    """As much of the text as WeChat takes: 2048 bytes, no character cut in half."""
    encoded = _FORBIDDEN.sub("", text).encode()
    return encoded[:TEXT_BYTES].decode(errors="ignore")


def _safe(text: str) -> str:
    """wechatpy writes CDATA around it and escapes nothing."""
    return _FORBIDDEN.sub("", text).replace("]]>", "]]]]><![CDATA[>")
