"""Access marks: each method of a handler carries exactly one; ``base.prepare`` alone decides.

A mark only marks. A method without one is refused at run time and by a test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from server.core.actor import Permission

Method = TypeVar("Method", bound=Callable[..., Any])


class Door(StrEnum):
    """Who gets through."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    CERTIFIED = "certified"
    STAFF = "staff"
    PARTNER = "partner"


class Scheme(StrEnum):
    """How a partner proves himself."""

    METRICS_NETWORK = "metrics_network"
    SMS_RECEIPT = "sms_receipt"
    WECHAT = "wechat"


@dataclass(frozen=True, slots=True)
class Access:
    """One mark. ``before_privacy``: the few addresses that work before the guideline is accepted."""

    door: Door
    permission: Permission | None = None
    scheme: Scheme | None = None
    before_privacy: bool = False


def public(method: Method) -> Method:
    """Everybody; a session is looked at when there is one."""
    return _mark(method, Access(Door.PUBLIC))


def signed_in(method: Method) -> Method:
    """An applicant who has accepted the current privacy guideline."""
    return _mark(method, Access(Door.SIGNED_IN))


def signed_in_before_privacy(method: Method) -> Method:
    """Anybody with a session: staff too, and an applicant before he has accepted the guideline."""
    return _mark(method, Access(Door.SIGNED_IN, before_privacy=True))


def certified(method: Method) -> Method:
    """An applicant acting for a certified enterprise."""
    return _mark(method, Access(Door.CERTIFIED))


def staff(permission: Permission) -> Callable[[Method], Method]:
    """A member of staff whose role grants the permission."""
    return lambda method: _mark(method, Access(Door.STAFF, permission=permission))


def partner(scheme: Scheme) -> Callable[[Method], Method]:
    """A machine that proves itself by the scheme."""
    return lambda method: _mark(method, Access(Door.PARTNER, scheme=scheme))


def access_of(method: Callable[..., Any]) -> Access | None:
    """The method's mark, if it has one."""
    return getattr(method, "access", None)


def _mark(method: Method, access: Access) -> Method:
    if access_of(method) is not None:
        raise TypeError(f"{method.__qualname__} has two access marks")
    method.access = access  # type: ignore[attr-defined]
    return method
