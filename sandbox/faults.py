"""Faults on demand: which remote misbehaves, how, and how often. Applied by web.py.

A target is a vendor's part ("tencent.ocr"), one action ("tencent.GetEidToken") or a whole vendor
("aliyun").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    TIMEOUT = "timeout"
    STATUS = "status"
    GARBAGE = "garbage"
    SLOW = "slow"
    REFUSE = "refuse"
    CUT = "cut"


class BadFault(ValueError):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`seconds`: how long a slow body takes. `after`: do the deed first, then spoil the answer."""

    target: str
    kind: FaultKind
    times: int = 1
    status: int = 503
    code: str = ""
    seconds: float = 5.0
    after: bool = False


def read_fault(document: Mapping[str, Any]) -> Fault:
    known = {"target", "kind", "times", "status", "code", "seconds", "after"}
    if extra := set(document) - known:
        raise BadFault(f"unknown keys: {', '.join(sorted(extra))}")
    try:
        fault = Fault(**{**document, "kind": FaultKind(document["kind"])})
    except (KeyError, TypeError, ValueError) as problem:
        raise BadFault(f"not a fault: {problem}") from problem
    if not isinstance(fault.target, str) or not fault.target:
        raise BadFault("target is the name of a remote, such as tencent.ocr")
    if not isinstance(fault.times, int) or fault.times < 1:
        raise BadFault("times is a whole number from 1")
    if fault.kind is FaultKind.REFUSE and not fault.code:
        raise BadFault("refuse needs the vendor's error code")
    return fault


class Faults:
    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def take(self, names: Iterable[str]) -> Fault | None:
        """The oldest fault whose target is among the names, counted down."""
        wanted = set(names)
        for place, fault in enumerate(self._waiting):
            if fault.target in wanted:
                if fault.times > 1:
                    self._waiting[place] = replace(fault, times=fault.times - 1)
                else:
                    del self._waiting[place]
                return fault
        return None

    def waiting(self) -> list[Fault]:
        return list(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()
