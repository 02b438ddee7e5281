"""Reading values out of an answer: a missing or misshapen one is never taken for a good one."""

import re
from collections.abc import Mapping
from datetime import date

from server.providers.ports.register import OperatingStatus

Answer = Mapping[str, object]

_DAY = re.compile(r"(\d{4})[-年/.](\d{1,2})[-月/.](\d{1,2})日?")
_STATUSES = {
    "0": OperatingStatus.OTHER,
    "1": OperatingStatus.OPEN,
    "2": OperatingStatus.MOVED,
    "3": OperatingStatus.CANCELLED,
    "4": OperatingStatus.REVOKED,
    "5": OperatingStatus.WITHDRAWN,
    "6": OperatingStatus.SUSPENDED,
    "7": OperatingStatus.REGISTRATION_WITHDRAWN,
}


class AnswerUnreadable(Exception):
    """The vendor said nothing that we can take for an answer."""


def text(answer: Answer, name: str) -> str:
    """Empty when absent; the vendor writes / for what it can't find."""
    value = answer.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise AnswerUnreadable
    value = value.strip()
    return "" if value == "/" else value


def required_text(answer: Answer, name: str) -> str:
    value = text(answer, name)
    if not value:
        raise AnswerUnreadable
    return value


def required_number(answer: Answer, name: str) -> int:
    value = answer.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise AnswerUnreadable
    return value


def day(answer: Answer, name: str) -> date | None:
    """2018-03-05 or 2018年3月5日; None for anything that is no day, such as 长期."""
    found = _DAY.fullmatch(text(answer, name))
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def operating_status(answer: Answer) -> OperatingStatus:
    return _STATUSES.get(text(answer, "OperatingStatus"), OperatingStatus.UNKNOWN)
