"""A delivery: one SMS to one person about one event, from waiting to its end.

It is marked as sending before the gateway is called. Whatever ends without an answer, by a
time-out or with the process, is asked after and sent again only when the gateway does not know
it two minutes later: sending is not idempotent there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from server.core.clock import shanghai_day
from server.core.ids import derived_id
from server.messages.kinds import MessageKind

SETTLES_AFTER = timedelta(minutes=2)
ASKED_AFTER = timedelta(seconds=10)
GIVEN_UP_AFTER = timedelta(hours=24)
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=30)
# With the longest call that can be configured this stays within SETTLES_AFTER.
CLAIM_HOLDS = timedelta(seconds=15)


class DeliveryState(StrEnum):
    """``unknown``: the gateway may have it. ``sent``: the gateway has it, for certain."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Problem(StrEnum):
    """Why the last try did not end in ``sent``."""

    NO_PHONE = "no_phone"  # the account is gone or switched off
    LIMIT = "limit"
    NUMBER = "number"
    CONTENT = "content"
    ACCOUNT = "account"
    UNAVAILABLE = "unavailable"
    UNANSWERED = "unanswered"


_S = DeliveryState
MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    _S.WAITING: frozenset({_S.SENDING, _S.WAITING, _S.FAILED}),
    _S.SENDING: frozenset({_S.SENT, _S.WAITING, _S.FAILED, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({_S.SENT, _S.WAITING, _S.FAILED, _S.UNKNOWN}),
    _S.SENT: frozenset(),
    _S.FAILED: frozenset(),
}


class DeliveryEnded(Exception):
    """A fault of ours: a move that the table does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the carrier reported later, for information only: anybody with the address can send it."""

    delivery_id: str
    is_delivered: bool
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """``due_at``: when something is to be done next, None when nothing is any more.

    ``phone`` and ``sending_at`` are those of the last try. ``version`` counts the writes and
    guards each. ``params`` and ``phone`` are forgotten at the end.
    """

    id: str
    account_id: str
    kind: MessageKind
    params: Mapping[str, str] = field(repr=False)
    created_at: datetime
    due_at: datetime | None
    state: DeliveryState = DeliveryState.WAITING
    version: int = 0
    tries: int = 0
    phone: str | None = field(default=None, repr=False)
    sending_at: datetime | None = None
    problem: Problem | None = None
    ended_at: datetime | None = None
    is_delivered: bool | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.due_at is not None and self.due_at <= now

    @property
    def may_have_left(self) -> bool:
        """Whether the gateway is to be asked before anything else is done."""
        return self.state in (DeliveryState.SENDING, DeliveryState.UNKNOWN)

    def is_held(self, now: datetime) -> bool:
        """Whether the claim is so fresh that nobody else can have taken it for a crash."""
        return self.sending_at is not None and now - self.sending_at <= CLAIM_HOLDS

    def sending(self, *, phone: str, now: datetime) -> "Delivery":
        """Marked, before the gateway is called."""
        due_at = now + SETTLES_AFTER
        return replace(
            self._moved(DeliveryState.SENDING),
            phone=phone,
            sending_at=now,
            due_at=due_at,
            tries=self.tries + 1,
        )

    def sent(self, now: datetime) -> "Delivery":
        """The gateway has it."""
        return self._ended(DeliveryState.SENT, None, now)

    def failed(self, problem: Problem, now: datetime) -> "Delivery":
        """Not sent, and another try would change nothing."""
        return self._ended(DeliveryState.FAILED, problem, now)

    def later(self, problem: Problem, now: datetime, wait: timedelta | None = None) -> "Delivery":
        """Not sent for certain: wait and try again, for a day; then failed.

        Without a given wait it doubles from try to try.
        """
        if now >= self.given_up_at:
            return self.failed(problem, now)
        due_at = min(now + (self._back_off if wait is None else wait), self.given_up_at)
        return replace(self._moved(DeliveryState.WAITING), problem=problem, due_at=due_at)

    def unanswered(self, now: datetime) -> "Delivery":
        """It may have been sent: ask soon."""
        moved = self._moved(DeliveryState.UNKNOWN)
        return replace(moved, problem=Problem.UNANSWERED, due_at=now + ASKED_AFTER)

    def unseen(self, now: datetime) -> "Delivery":
        """The gateway does not know it: final two minutes after the try, and sent again then."""
        assert self.sending_at is not None
        settled_at = self.sending_at + SETTLES_AFTER
        if now >= settled_at:
            return self.later(Problem.UNANSWERED, now, timedelta())
        moved = self._moved(DeliveryState.UNKNOWN)
        return replace(moved, problem=Problem.UNANSWERED, due_at=settled_at)

    def unasked(self, now: datetime) -> "Delivery":
        """The gateway could not be asked: again later, for a day; then it stays unknown."""
        if now >= self.given_up_at:
            return self._ended(DeliveryState.UNKNOWN, Problem.UNANSWERED, now)
        moved = self._moved(DeliveryState.UNKNOWN)
        due_at = min(now + self._back_off, self.given_up_at)
        return replace(moved, problem=Problem.UNANSWERED, due_at=due_at, tries=self.tries + 1)

    def days(self) -> list[date]:
        """The days in China on which the gateway may have filed the last try."""
        assert self.sending_at is not None
        around = (self.sending_at, self.sending_at - SETTLES_AFTER, self.sending_at + SETTLES_AFTER)
        return list(dict.fromkeys(shanghai_day(moment) for moment in around))

    @property
    def given_up_at(self) -> datetime:
        """The time of the last try."""
        return self.created_at + GIVEN_UP_AFTER

    @property
    def _back_off(self) -> timedelta:
        doubled: timedelta = FIRST_WAIT * 2 ** min(max(self.tries - 1, 0), 20)
        return min(LONGEST_WAIT, doubled)

    def _moved(self, state: DeliveryState) -> "Delivery":
        if state not in MOVES[self.state]:
            raise DeliveryEnded()
        return replace(self, state=state)

    def _ended(self, state: DeliveryState, problem: Problem | None, now: datetime) -> "Delivery":
        moved = self._moved(state)
        return replace(moved, problem=problem, due_at=None, ended_at=now, params={}, phone=None)


def delivery_id(event_id: str, account_id: str) -> str:
    """One SMS for one event and one person; also the id by which the gateway is asked after it."""
    return derived_id("delivery", event_id, account_id, "sms")
