"""Replies stand in XML whatever is put into them."""

import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.official_account.incoming import Incoming, IncomingKind
from server.official_account.reply import TEXT_BYTES, Article, Reply, as_xml

NOW = datetime(2026, 11, 20, tzinfo=UTC)
INCOMING = Incoming(
    key="m:1", openid="o1", account="gh_1", at=NOW, kind=IncomingKind.TEXT, type="text"
)


def read(reply: Reply) -> ElementTree.Element:
    return ElementTree.fromstring(as_xml(reply, INCOMING, NOW))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("您好", "您好"),
        ("a]]></Content><Evil>1</Evil><Content><![CDATA[b",) * 2,
        ("]]]]>>", "]]]]>>"),
        ("a\x00\x08\x1fb", "ab"),
        ("半\ud800个", "半个"),
        ("\ufffe\uffff!", "!"),
        ("<a href='x'>&amp;</a>",) * 2,
    ],
)
def test_text_comes_out_as_it_was_meant(text: str, shown: str) -> None:
    root = read(Reply(text=text))
    assert root.findtext("Content") == shown
    assert [one.tag for one in root if one.tag == "Evil"] == []
    assert (root.findtext("ToUserName"), root.findtext("FromUserName")) == ("o1", "gh_1")


@given(st.text(min_size=1, max_size=1500))
def test_any_text_makes_one_sound_document(text: str) -> None:
    root = read(Reply(text=text))
    assert len(root.findall("Content")) == 1
    assert len((root.findtext("Content") or "").encode()) <= TEXT_BYTES


def test_articles_are_as_safe() -> None:
    evil = "]]></Title><Evil/>"
    article = Article(title=evil, description=evil, picture=evil, url=evil)
    root = read(Reply(articles=[article, article]))
    assert root.findtext("ArticleCount") == "2"
    assert [one.findtext("Url") for one in root.iter("item")] == [evil, evil]
    assert not list(root.iter("Evil"))


def test_a_reply_says_one_thing() -> None:
    card = Article(title="t", url="u")
    for wrong in ({}, {"text": "a", "articles": [card]}, {"articles": [card] * 9}):
        with pytest.raises(ValueError, match="a text, or one to eight"):
            Reply(**wrong)
