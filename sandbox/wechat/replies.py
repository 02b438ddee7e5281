"""What a server answers to a push: nothing, or a sealed text, image or news for the chat."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from sandbox.wechat.account import Article, ChatKind, ChatMessage
from sandbox.wechat.crypto import NotGenuine, parsed

TEXT_BYTES = 2048
ARTICLES = 8
NOTHING = ("", "success")


def read_reply(xml: str, *, openid: str, original_id: str, to_message: bool) -> list[ChatMessage]:
    """The messages of an opened reply; NotGenuine when it is addressed or built wrongly.

    `to_message`: an answer to something the person said, to which only one article is shown.
    """
    root = parsed(xml)
    if _text(root, "ToUserName") != openid or _text(root, "FromUserName") != original_id:
        raise NotGenuine("the reply is addressed wrongly")
    if not _text(root, "CreateTime").isdigit():
        raise NotGenuine("the reply has no time")
    kind = _text(root, "MsgType")
    if kind == "text":
        return [_spoken(root)]
    if kind == "news":
        articles = _articles(root)
        return [ChatMessage(kind=ChatKind.NEWS, articles=articles[:1] if to_message else articles)]
    if kind == "image" and root.findtext("Image/MediaId"):
        return [ChatMessage(kind=ChatKind.IMAGE, text=root.findtext("Image/MediaId") or "")]
    if kind == "transfer_customer_service":
        return []
    raise NotGenuine("the reply is of no known type")


def _spoken(root: ElementTree.Element) -> ChatMessage:
    content = _text(root, "Content")
    if not content or len(content.encode()) > TEXT_BYTES:
        raise NotGenuine(f"a text has 1 to {TEXT_BYTES} bytes")
    return ChatMessage(kind=ChatKind.TEXT, text=content)


def _articles(root: ElementTree.Element) -> tuple[Article, ...]:
    items = root.findall("Articles/item")
    if not 1 <= len(items) <= ARTICLES or _text(root, "ArticleCount") != str(len(items)):
        raise NotGenuine(f"news hold 1 to {ARTICLES} articles, as many as ArticleCount says")
    return tuple(
        Article(
            title=_text(item, "Title"),
            description=_text(item, "Description"),
            picture=_text(item, "PicUrl"),
            url=_text(item, "Url"),
        )
        for item in items
    )


def _text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(name) or ""
