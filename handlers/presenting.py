"""How values look to people: amounts in 万元, rates in %, times in China's zone."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from server.core.clock import shanghai
from server.core.masking import mask_id_number, mask_name, mask_phone, mask_uscc
from server.core.money import wan


def when(moment: datetime | None) -> str:
    """``2026-11-20 08:55``, or a dash."""
    return shanghai(moment).strftime("%Y-%m-%d %H:%M") if moment else "—"


def day(value: date | None) -> str:
    """``2026-11-20``, or a dash."""
    return value.isoformat() if value else "—"


def wan_text(fen: int | None) -> str:
    """The amount in 万元 with thousands separators, without the unit; a dash for None."""
    if fen is None:
        return "—"
    whole, dot, rest = wan(fen).partition(".")
    return f"{int(whole):,}{dot}{rest}"


def rate_text(bp: int | None) -> str:
    """The annual rate in %, two decimals, without the sign; a dash for None."""
    return "—" if bp is None else f"{bp // 100}.{bp % 100:02d}"


def months(number: int | None) -> str:
    """``12 个月``, or a dash."""
    return "—" if number is None else f"{number} 个月"


FORMATS: dict[str, Callable[..., Any]] = {
    "when": when,
    "day": day,
    "wan": wan_text,
    "rate": rate_text,
    "months": months,
    "mask_name": mask_name,
    "mask_phone": mask_phone,
    "mask_id_number": mask_id_number,
    "mask_uscc": mask_uscc,
}
