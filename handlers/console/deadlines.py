"""How much time is left, in words: one wording for every queue of the console."""

from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def due_text(due_at: datetime | None, now: datetime) -> str:
    """``剩 5 小时``, ``已超时 2 天``; a dash when nothing is owed."""
    if due_at is None:
        return "—"
    left = due_at - now
    return f"剩 {_span(left)}" if left > timedelta() else f"已超时 {_span(-left)}"


def is_late(due_at: datetime | None, now: datetime) -> bool:
    """Whether the time is over."""
    return due_at is not None and due_at <= now


def _span(length: timedelta) -> str:
    if length >= _DAY * 2:
        return f"{length // _DAY} 天"
    if length >= _HOUR:
        return f"{length // _HOUR} 小时"
    return f"{max(1, length // timedelta(minutes=1))} 分钟"
