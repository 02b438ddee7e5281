"""A delivery: what one person is sent about one event, from waiting to its end.

By WeChat first where that is planned, then by SMS, once each: the channel is a part of the one
document, so that no crash and no second process can begin another. It is marked as sending before
a vendor is called. Whatever ends without an answer, by a time-out or with the process, is found
out about before it is sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from server.core.clock import shanghai_day
from server.core.ids import derived_id
from server.messages.delivery_states import MOVES, Channel, DeliveryState, Finish, Problem
from server.messages.kinds import MessageKind

SETTLES_AFTER = timedelta(minutes=2)
ASKED_AFTER = timedelta(seconds=10)
GIVEN_UP_AFTER = timedelta(hours=24)
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=30)
# With the longest call that can be configured this stays within SETTLES_AFTER.
CLAIM_HOLDS = timedelta(seconds=15)
# WeChat knows a repetition by its client_msg_id for ten minutes; the longest call has its place.
REPEATABLE_FOR = timedelta(minutes=8)
FINISHES_WITHIN = timedelta(minutes=10)


class DeliveryEnded(Exception):
    """A fault of ours: a move that the table does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the carrier reported later, for information only: anybody with the address can send it."""

    delivery_id: str
    is_delivered: bool
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A template message: its fields by WeChat's keys, and the address of ours that it opens."""

    fields: Mapping[str, str] = field(repr=False)
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """``due_at``: when something is to be done next, None when nothing is any more.

    ``params``: of the SMS; None: there is none. ``address`` (phone or openid) and ``sending_at``
    are those of the last try, ``first_try_at`` and ``tries`` of the channel. ``is_doubtful``: an
    earlier try over WeChat may have left. ``version`` counts the writes and guards each. Params,
    card and address are forgotten at the end. ``wechat_problem``: why it went on by SMS.
    """

    id: str
    account_id: str
    kind: MessageKind
    params: Mapping[str, str] | None = field(repr=False)
    card: Card | None = field(default=None, repr=False)
    channel: Channel = Channel.SMS
    created_at: datetime
    due_at: datetime | None
    state: DeliveryState = DeliveryState.WAITING
    version: int = 0
    tries: int = 0
    address: str | None = field(default=None, repr=False)
    first_try_at: datetime | None = None
    sending_at: datetime | None = None
    is_doubtful: bool = False
    msg_id: str | None = None
    finish: Finish | None = None
    problem: Problem | None = None
    wechat_problem: Problem | None = None
    ended_at: datetime | None = None
    is_delivered: bool | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.due_at is not None and self.due_at <= now

    @property
    def may_have_left(self) -> bool:
        """Whether the vendor may have it without our knowing."""
        return self.state in (DeliveryState.SENDING, DeliveryState.UNKNOWN)

    def is_held(self, now: datetime) -> bool:
        """Whether the claim is so fresh that nobody else can have taken it for a crash."""
        return self.sending_at is not None and now - self.sending_at <= CLAIM_HOLDS

    def sending(self, *, address: str, now: datetime) -> "Delivery":
        """Marked, before the vendor is called."""
        return replace(
            self._moved(DeliveryState.SENDING),
            address=address,
            first_try_at=self.first_try_at or now,
            sending_at=now,
            is_doubtful=self.may_have_left,
            due_at=now + SETTLES_AFTER,
            tries=self.tries + 1,
        )

    def failed(self, problem: Problem, now: datetime) -> "Delivery":
        """Not sent, and another try would change nothing."""
        return self._ended(DeliveryState.FAILED, problem, now)

    # By SMS.

    def sent(self, now: datetime) -> "Delivery":
        """The gateway has it."""
        return self._ended(DeliveryState.SENT, None, now)

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

    # By WeChat.

    def is_repeatable(self, now: datetime) -> bool:
        """Whether a call is (still) known to WeChat as the same one, however often it is made."""
        return self.first_try_at is None or now < self.first_try_at + REPEATABLE_FOR

    def again(self, problem: Problem, now: datetime, *, may_have_left: bool) -> "Delivery":
        """The same call once more, with a wait that doubles, while it is repeatable."""
        assert self.first_try_at is not None
        due_at = min(now + self._back_off, self.first_try_at + REPEATABLE_FOR)
        if may_have_left or self.is_doubtful:
            return replace(self._moved(DeliveryState.UNKNOWN), problem=problem, due_at=due_at)
        moved = self._moved(DeliveryState.WAITING)
        return replace(moved, problem=problem, due_at=due_at, address=None)

    def accepted(self, msg_id: str, now: datetime) -> "Delivery":
        """WeChat has it and will tell how it finished."""
        return replace(
            self._moved(DeliveryState.SENT),
            msg_id=msg_id,
            problem=None,
            due_at=now + FINISHES_WITHIN,
            card=None,
            address=None,
        )

    def finished(self, finish: Finish, now: datetime) -> "Delivery":
        """What WeChat told; once it went on by SMS it is noted and decides nothing."""
        noted = replace(self, finish=finish)
        if self.channel is not Channel.WECHAT or self.due_at is None:
            return noted
        if finish is Finish.DELIVERED:
            return noted._ended(DeliveryState.DELIVERED, None, now)
        is_blocked = finish is Finish.BLOCKED
        return noted.fell_back(Problem.BLOCKED if is_blocked else Problem.UNDELIVERED, now)

    def fell_back(self, problem: Problem, now: datetime) -> "Delivery":
        """On by SMS, at once, and never back; failed where there is no SMS."""
        if self.channel is not Channel.WECHAT or self.due_at is None:
            raise DeliveryEnded()
        if self.params is None:
            return replace(self.failed(problem, now), wechat_problem=problem)
        return replace(
            self,
            channel=Channel.SMS,
            state=DeliveryState.WAITING,
            due_at=now,
            card=None,
            tries=0,
            address=None,
            first_try_at=None,
            sending_at=None,
            is_doubtful=False,
            problem=None,
            wechat_problem=problem,
        )

    @property
    def _back_off(self) -> timedelta:
        doubled: timedelta = FIRST_WAIT * 2 ** min(max(self.tries - 1, 0), 20)
        return min(LONGEST_WAIT, doubled)

    def _moved(self, state: DeliveryState) -> "Delivery":
        if state not in MOVES[self.channel][self.state]:
            raise DeliveryEnded()
        return replace(self, state=state)

    def _ended(self, state: DeliveryState, problem: Problem | None, now: datetime) -> "Delivery":
        return replace(
            self._moved(state),
            problem=problem,
            due_at=None,
            ended_at=now,
            params={},
            card=None,
            address=None,
        )


def delivery_id(event_id: str, account_id: str) -> str:
    """One for an event and a person; also what both vendors know it by."""
    return derived_id("delivery", event_id, account_id)
