"""wechat.yaml: what is accepted, what is refused with a place and a sentence, and which answer counts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from server.official_account.incoming import Incoming, IncomingKind
from server.official_account.menu import Menu, as_written, differences
from server.official_account.rules import Rules, RulesUnusable, read_rules
from tests.platforms import ROOT

SITE = "https://rongqiao.example.cn"


def rules(**more: Any) -> Rules:
    return Rules.model_validate({"welcome": {"text": "好"}, **more})


def said(text: str) -> Incoming:
    return _incoming(IncomingKind.TEXT, "text", text=text)


def _incoming(kind: IncomingKind, word: str, text: str = "", key: str = "") -> Incoming:
    return Incoming(
        key="m:1",
        openid="o1",
        account="gh_1",
        at=datetime(2026, 11, 20, tzinfo=UTC),
        kind=kind,
        type=word,
        text=text,
        event_key=key,
    )


def test_the_delivered_file_can_be_used_and_its_menu_fits() -> None:
    delivered = read_rules(ROOT / "wechat.yaml")
    assert 1 <= len(delivered.menu.buttons) <= 3
    assert delivered.answer_to(said("随便什么")) == delivered.default


@pytest.mark.shows("F167")
def test_a_whole_word_counts_before_a_part_a_part_before_the_default() -> None:
    asked = rules(
        keywords=[
            {"match": "half", "words": ["贷"], "answer": {"text": "part"}},
            {"match": "full", "words": ["贷款", "LOAN"], "answer": {"text": "whole"}},
        ],
        types={"image": {"text": "picture"}},
        default={"text": "default"},
    )
    answers = {
        "贷款": "whole",
        " 贷 款！": "whole",
        "loan": "whole",
        "我要贷款": "part",
        "你好": "default",
        "": "default",
    }
    for text, expected in answers.items():
        answer = asked.answer_to(said(text))
        assert answer is not None and answer.text == expected, text
    for word, expected in {"image": "picture", "voice": "default"}.items():
        answer = asked.answer_to(_incoming(IncomingKind.MEDIA, word))
        assert answer is not None and answer.text == expected


def test_without_a_rule_nothing_is_said() -> None:
    assert rules().answer_to(said("你好")) is None
    assert rules().answer_to(_incoming(IncomingKind.CLICK, "click", key="nothing")) is None
    assert rules().answer_to(_incoming(IncomingKind.VIEW, "view", key="x")) is None


def test_our_address_is_filled_in() -> None:
    asked = rules(
        welcome={"articles": [{"title": "办理", "url": "{site}/certification"}]},
        default={"text": '<a href="{site}/me">我</a>'},
    )
    assert asked.welcome.reply(SITE).articles[0].url == f"{SITE}/certification"
    assert asked.default is not None
    assert asked.default.reply(SITE).text == f'<a href="{SITE}/me">我</a>'


@pytest.mark.parametrize(
    "wrong",
    [
        {"welcome": {}},
        {"welcome": {"text": "a", "articles": [{"title": "t", "url": "{site}/"}]}},
        {"welcome": {"text": "字" * 700}},
        {"welcome": {"text": "字" * 600 + "{site}" * 3}},
        {"welcome": {"articles": [{"title": "t", "url": "{site}/"}] * 9}},
        {"welcome": {"articles": [{"title": "t", "url": "javascript:alert(1)"}]}},
        {"keywords": [{"match": "half", "words": [], "answer": {"text": "a"}}]},
        {"keywords": [{"match": "half", "words": [""], "answer": {"text": "a"}}]},
        {"keywords": [{"match": "part", "words": ["a"], "answer": {"text": "a"}}]},
        {"types": {"hologram": {"text": "a"}}},
        {"surprise": 1},
        {"menu": {"buttons": [{"name": "客服", "key": "nobody_answers"}]}},
    ],
)
def test_what_can_not_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rules(**wrong)


@pytest.mark.parametrize("text", ["", "welcome: [", "welcome: {text: 好, more: 1}", "- a"])
def test_a_file_that_can_not_be_used_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wechat.yaml"
    with pytest.raises(RulesUnusable, match="no such file"):
        read_rules(file)
    file.write_text(text, "utf-8")
    with pytest.raises(RulesUnusable, match="wechat.yaml"):
        read_rules(file)


@pytest.mark.shows("T30")
@pytest.mark.parametrize(
    "buttons",
    [
        [{"name": f"钮{n}", "url": "{site}/"} for n in range(4)],
        [{"name": "多", "buttons": [{"name": f"钮{n}", "url": "{site}/"} for n in range(6)]}],
        [{"name": "一二三四五", "url": "{site}/"}],
        [{"name": "多", "buttons": [{"name": "一二三四五六七八", "url": "{site}/"}]}],
        [{"name": "", "url": "{site}/"}],
        [{"name": "空"}],
        [{"name": "双", "url": "{site}/", "key": "a"}],
        [{"name": "双", "url": "{site}/", "buttons": [{"name": "一", "url": "{site}/"}]}],
        [{"name": "深", "buttons": [{"name": "一", "buttons": []}]}],
        [{"name": "小程序", "app_id": "wx1", "url": "{site}/"}],
        [{"name": "长", "url": "{site}/" + "a" * 1024}],
    ],
)
def test_a_menu_that_wechat_would_cut_or_refuse_is_refused(buttons: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        Menu.model_validate({"buttons": buttons})


def test_a_menu_is_published_and_read_back_as_it_was_written() -> None:
    written = [
        {
            "name": "业务办理",
            "buttons": [
                {"name": "扫码办理", "scan": "scan"},
                {"name": "小程序", "url": "{site}/", "app_id": "wx12", "page": "pages/home"},
                {"name": "别处", "url": "https://other.example/"},
            ],
        },
        {"name": "客服", "key": "service"},
    ]
    menu = Menu.model_validate({"buttons": written})
    published = menu.published(SITE)
    assert as_written(published, SITE) == written
    assert differences(published, published) == []
    assert yaml.safe_load(yaml.safe_dump(published)) == published


def test_a_difference_is_told_by_names() -> None:
    ours = Menu.model_validate(
        {"buttons": [{"name": "甲", "url": "{site}/a"}, {"name": "乙", "key": "b"}]}
    ).published(SITE)
    theirs = {
        "button": [
            {"type": "view", "name": "甲", "url": f"{SITE}/old", "sub_button": []},
            {"name": "丙", "sub_button": [{"type": "click", "name": "丁", "key": "d"}]},
        ]
    }
    assert set(differences(ours, theirs)) == {
        ("changed", "甲"),
        ("added", "乙"),
        ("removed", "丙"),
        ("removed", "丙 / 丁"),
    }
    assert differences(ours, None) == [("added", "甲"), ("added", "乙")]
