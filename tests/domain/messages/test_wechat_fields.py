"""The fields of every kind against the limits that WeChat has for them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.wechat.templates import load_templates
from server.messages.kinds import MessageKind
from server.messages.wechat_fields import FIELDS, STRING_LENGTH, THING_LENGTH, amount, string, thing
from tests.domain.messages.wechat_office import TEMPLATES

AT = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)
APPROVED = load_templates()


def rows(kind: MessageKind, **facts: str) -> tuple[str, ...]:
    """The values as they stand on the card; raises where WeChat would refuse one."""
    given_facts = {
        "case_no": "RQ20261120000001",
        "institution": "云桥农商行",
        "amount_fen": "150500000",
        "reason": "营业执照图片不清晰，请重新上传",
        **facts,
    }
    fields = FIELDS[kind](given_facts, AT)
    template = APPROVED[TEMPLATES[kind]]
    assert set(fields) == {key for key, _ in template.fields}
    filled = template.filled({key: {"value": value} for key, value in fields.items()})
    return tuple(value for _, value in filled)


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_fills_its_template(kind: MessageKind) -> None:
    assert "2026年11月20日 09:05" in rows(kind)


@given(text=st.text(max_size=300))
def test_no_fact_can_break_a_field(text: str) -> None:
    for kind in MessageKind:
        rows(kind, reason=text, institution=text, case_no=text)


def test_a_long_text_is_cut_to_the_character_and_says_so() -> None:
    reason = "请补充近三个月的银行流水与完税证明（加盖公章）后重新提交"
    cut = thing(reason)
    assert (len(cut), cut) == (THING_LENGTH, f"{reason[:19]}…")
    assert thing(reason[:20]) == reason[:20]
    assert thing("第一行\n第二行\u200b") == "第一行 第二行"
    assert thing("  ") == "—"


def test_a_string_is_ascii() -> None:
    assert string("编号RQ2026") == "RQ2026"
    assert len(string("a" * 40)) == STRING_LENGTH
    assert string("编号") == "-"


@pytest.mark.parametrize(
    ("fen", "written"),
    [(0, "0.00元"), (5, "0.05元"), (150_500_000, "1505000.00元"), (10**12 - 1, "9999999999.99元")],
)
def test_an_amount_is_in_yuan(fen: int, written: str) -> None:
    assert amount(fen) == written
    assert written in rows(MessageKind.APPLICATION_LENT, amount_fen=str(fen))
