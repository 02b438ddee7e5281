"""Two phones, two PCs, time and restarts in any order: nobody is let in who should not be."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from server.accounts.qr_login import OpenedQrLogin, QrState
from server.core.actor import Actor
from server.core.errors import Refusal
from server.storage.embedded import Embedded
from server.storage.mongo import connect
from tests.domain.accounts.desk import CHROME, Desk
from tests.platforms import MovableClock

DATABASE = "rongqiao_qr_logins"
LIFE, GRACE = timedelta(seconds=120), timedelta(seconds=10)
MARGIN = timedelta(seconds=5)
"""Real time runs on beside the moved one: judgements this near to the end are not made."""
Given = TypeVar("Given")
PICK = st.integers(0, 3)
TWO = st.integers(0, 1)


@dataclass(slots=True, kw_only=True)
class Expected:
    """What a ticket must be, by the rules on paper."""

    pc: int
    made: OpenedQrLogin
    ends_at: datetime
    state: QrState = QrState.WAITING
    owner: str | None = None
    entered: int = 0


class Interleavings(RuleBasedStateMachine):
    """The service beside a model of it; the service is made anew now and then."""

    runner: asyncio.Runner
    uri: str

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovableClock()
        self.desk = Desk(database=connect(self.uri, DATABASE), clock=self.clock)
        self.logins = self.desk.process()
        self.tickets: list[Expected] = []
        self.people: list[Actor] = []

    def teardown(self) -> None:
        self.desk.database.close()

    def run(self, work: Awaitable[Given]) -> Given | Refusal:
        async def attempt() -> Given | Refusal:
            try:
                return await work
            except Refusal as refusal:
                return refusal

        return self.runner.run(attempt())

    def alive(self, one: Expected) -> bool:
        return self.clock() < one.ends_at

    def ticket(self, pick: int) -> Expected:
        """The newest first: what happens to the old ones is soon told."""
        return self.tickets[-1 - pick % len(self.tickets)]

    def is_there_room(self) -> bool:
        return sum(map(self.alive, self.tickets)) < 3

    @initialize()
    def people_come(self) -> None:
        async def come() -> list[Actor]:
            await self.desk.database["qr_logins"].delete_many({})
            await self.desk.database["rate_limits"].delete_many({})
            return [await self.desk.person() for _ in range(2)]

        self.people = self.runner.run(come())

    @precondition(is_there_room)
    @rule(pc=TWO)
    def show_a_code(self, pc: int) -> None:
        made = self.run(self.logins.make(address=f"203.0.113.{pc}", user_agent=CHROME))
        assert isinstance(made, OpenedQrLogin)
        self.tickets.append(Expected(pc=pc, made=made, ends_at=self.clock() + LIFE))

    @rule(seconds=st.sampled_from([1, 20, 55, 119]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)
        while any(timedelta() < one.ends_at - self.clock() < MARGIN for one in self.tickets):
            self.clock.advance(seconds=MARGIN.total_seconds())

    @rule()
    def restart(self) -> None:
        self.logins = self.desk.process()

    @precondition(lambda self: self.tickets)
    @rule(pick=PICK, who=TWO)
    def scan(self, pick: int, who: int) -> None:
        one, person = self.ticket(pick), self.people[who]
        got = self.run(self.logins.scan(one.made.ticket, person.account_id))
        allowed = self.alive(one) and one.owner in (None, person.account_id)
        assert isinstance(got, Refusal) is not allowed, got
        if allowed and one.owner is None:
            one.owner, one.state = person.account_id, QrState.SCANNED

    @precondition(lambda self: self.tickets)
    @rule(pick=PICK, who=TWO)
    def confirm(self, pick: int, who: int) -> None:
        self.answer(self.ticket(pick), self.people[who], self.logins.confirm, QrState.CONFIRMED)

    @precondition(lambda self: self.tickets)
    @rule(pick=PICK, who=TWO)
    def refuse(self, pick: int, who: int) -> None:
        self.answer(self.ticket(pick), self.people[who], self.logins.refuse, QrState.REFUSED)

    def answer(
        self,
        one: Expected,
        person: Actor,
        deed: Callable[[str, Actor], Awaitable[Any]],
        wanted: QrState,
    ) -> None:
        got = self.run(deed(one.made.ticket, person))
        is_his = self.alive(one) and one.owner == person.account_id
        allowed = is_his and one.state in (QrState.SCANNED, wanted)
        assert isinstance(got, Refusal) is not allowed, got
        if allowed and one.state is QrState.SCANNED:
            self.became(one, wanted)

    def became(self, one: Expected, state: QrState) -> None:
        one.state = state
        if state is QrState.CONFIRMED:
            one.ends_at = max(one.ends_at, self.clock() + GRACE)

    @precondition(lambda self: self.tickets)
    @rule(pick=PICK, who=TWO)
    def yes_and_no_at_once(self, pick: int, who: int) -> None:
        one, person = self.ticket(pick), self.people[who]

        async def both() -> list[Any]:
            ticket = one.made.ticket
            yes = self.logins.confirm(ticket, person)
            no = self.desk.process().refuse(ticket, person)
            return list(await asyncio.gather(yes, no, return_exceptions=True))

        results = self.runner.run(both())
        done = [got.state for got in results if not isinstance(got, Exception)]
        is_his = self.alive(one) and one.owner == person.account_id
        assert len(done) == (1 if is_his else 0), results
        if is_his and one.state is QrState.SCANNED:
            self.became(one, done[0])

    @precondition(lambda self: self.tickets)
    @rule(pick=PICK, secret_of=PICK, times=st.integers(1, 3))
    def enter(self, pick: int, secret_of: int, times: int) -> None:
        """By any browser with any of the secrets, several times at once; best a confirmed one."""
        inviting = [one for one in self.tickets if one.state is QrState.CONFIRMED]
        one = inviting[pick % len(inviting)] if inviting else self.ticket(pick)
        secret = self.ticket(secret_of).made.secret

        async def all_at_once() -> list[Any]:
            return await asyncio.gather(
                *(self.logins.redeem(one.made.ticket, secret, address="") for _ in range(times)),
                return_exceptions=True,
            )

        results = self.runner.run(all_at_once())
        let_in = [got.id for got in results if not isinstance(got, Exception)]
        assert all(isinstance(got, Refusal) for got in results if isinstance(got, Exception))
        is_own = secret == one.made.secret
        allowed = self.alive(one) and is_own and one.state is QrState.CONFIRMED and not one.entered
        assert let_in == ([one.owner] if allowed else [])
        one.entered += len(let_in)
        assert one.entered <= 1

    @precondition(lambda self: self.tickets)
    @rule(pick=PICK, secret_of=PICK)
    def the_pc_is_told(self, pick: int, secret_of: int) -> None:
        one, secret = self.ticket(pick), self.ticket(secret_of).made.secret
        told = self.run(self.logins.state_of(one.made.ticket, secret))
        is_known = self.alive(one) and secret == one.made.secret
        assert told is (one.state if is_known else QrState.EXPIRED)


@pytest.mark.shows("F033")
def test_in_any_order_only_the_right_browser_enters_and_only_once(mongod: Embedded) -> None:
    with asyncio.Runner() as runner:
        Interleavings.runner, Interleavings.uri = runner, mongod.uri

        async def drop() -> None:
            database = connect(mongod.uri, DATABASE)
            await database.drop()
            database.close()

        try:
            run_state_machine_as_test(
                Interleavings,
                settings=settings(
                    max_examples=60,
                    stateful_step_count=40,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(drop())
