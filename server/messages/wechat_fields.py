"""The fields of WeChat's template messages: one function a kind of message, from its facts.

The keys say which templates the official account must have (docs/messages.md); the word in a key
is WeChat's limit for the field (thing: 20 characters, and so on). One field beyond its limit
refuses the whole message, so every text is cut here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from server.core.clock import shanghai
from server.messages.kinds import MessageKind

THING_LENGTH = 20
STRING_LENGTH = 32

Facts = Mapping[str, str]
Fields = dict[str, str]
Build = Callable[[Facts, datetime], Fields]


def certification_approved(_: Facts, at: datetime) -> Fields:
    return _certification("已通过", "现在可以申请融资产品", at)


def certification_rejected(facts: Facts, at: datetime) -> Fields:
    return _certification("未通过", facts["reason"], at)


def certification_returned(facts: Facts, at: datetime) -> Fields:
    return _certification("需补充材料", facts["reason"], at)


def application_submitted(facts: Facts, at: datetime) -> Fields:
    return _progress(facts, "已提交", at)


def application_received(facts: Facts, at: datetime) -> Fields:
    return {"character_string1": string(facts["case_no"]), "time2": time(at)}


def application_accepted(facts: Facts, at: datetime) -> Fields:
    return _progress(facts, "已受理", at)


def application_referred_back(facts: Facts, at: datetime) -> Fields:
    return _progress(facts, "需补充材料", at)


def application_credited(facts: Facts, at: datetime) -> Fields:
    return _amount(facts, "已授信", at)


def application_lent(facts: Facts, at: datetime) -> Fields:
    return _amount(facts, "已放款", at)


def application_declined(facts: Facts, at: datetime) -> Fields:
    return _progress(facts, "未通过", at)


FIELDS: Mapping[MessageKind, Build] = {
    MessageKind.CERTIFICATION_APPROVED: certification_approved,
    MessageKind.CERTIFICATION_REJECTED: certification_rejected,
    MessageKind.CERTIFICATION_RETURNED: certification_returned,
    MessageKind.APPLICATION_SUBMITTED: application_submitted,
    MessageKind.APPLICATION_RECEIVED: application_received,
    MessageKind.APPLICATION_ACCEPTED: application_accepted,
    MessageKind.APPLICATION_REFERRED_BACK: application_referred_back,
    MessageKind.APPLICATION_CREDITED: application_credited,
    MessageKind.APPLICATION_LENT: application_lent,
    MessageKind.APPLICATION_DECLINED: application_declined,
}


def thing(text: str) -> str:
    """20 characters of anything that can be printed, in one line; never empty."""
    printable = "".join(one if one.isprintable() else " " for one in text)
    line = " ".join(printable.split()) or "—"
    return line if len(line) <= THING_LENGTH else f"{line[: THING_LENGTH - 1]}…"


def string(text: str) -> str:
    """32 letters, digits and signs of ASCII; never empty."""
    return "".join(one for one in text if " " <= one <= "~")[:STRING_LENGTH] or "-"


def time(at: datetime) -> str:
    """As people in China read it: 2026年11月20日 09:05."""
    local = shanghai(at)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def amount(fen: int) -> str:
    """Yuan without separators: 1505000.00元; WeChat takes ten digits before the point."""
    return f"{fen // 100}.{fen % 100:02d}元"


def _certification(result: str, opinion: str, at: datetime) -> Fields:
    return {"phrase1": result, "thing2": thing(opinion), "time3": time(at)}


def _progress(facts: Facts, progress: str, at: datetime) -> Fields:
    return {**_case(facts, progress), "time4": time(at)}


def _amount(facts: Facts, progress: str, at: datetime) -> Fields:
    return {
        **_case(facts, progress),
        "amount4": amount(int(facts["amount_fen"])),
        "time5": time(at),
    }


def _case(facts: Facts, progress: str) -> Fields:
    return {
        "character_string1": string(facts["case_no"]),
        "thing2": thing(facts["institution"]),
        "phrase3": progress,
    }
