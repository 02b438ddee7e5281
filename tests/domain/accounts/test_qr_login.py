"""A QR log-in from its making to its one use."""

import asyncio
from collections.abc import Awaitable

import pytest

from server.accounts.account import AccountDisabled
from server.accounts.qr_login import (
    OpenedQrLogin,
    QrLoginConfirmed,
    QrLoginDead,
    QrLoginNotConfirmed,
    QrLoginNotScanned,
    QrLoginRefused,
    QrLoginTaken,
    QrLoginTooOften,
    QrState,
)
from server.accounts.qr_logins import QrLogins
from server.core.errors import Refusal
from server.core.ids import new_secret, new_ticket
from server.storage.mongo import Database
from tests.domain.accounts.desk import CHROME, PC_ADDRESS, PHONE_ADDRESS, Desk
from tests.platforms import MovableClock


@pytest.fixture
def desk(clean_database: Database, clock: MovableClock) -> Desk:
    return Desk(database=clean_database, clock=clock)


async def make(logins: QrLogins) -> OpenedQrLogin:
    return await logins.make(address=PC_ADDRESS, user_agent=CHROME)


async def state(logins: QrLogins, pc: OpenedQrLogin) -> QrState:
    return await logins.state_of(pc.ticket, pc.secret)


async def refused(deed: Awaitable[object]) -> type[Refusal]:
    with pytest.raises(Refusal) as caught:
        await deed
    return caught.type


@pytest.mark.shows("F033")
async def test_scanned_confirmed_and_redeemed_once_by_the_pc_that_made_it(desk: Desk) -> None:
    logins, person = desk.process(), await desk.person()
    pc = await make(logins)
    assert pc.address == f"https://rongqiao.example/q/{pc.ticket}" and len(pc.ticket) == 22
    assert await state(logins, pc) is QrState.WAITING
    seen = await logins.scan(pc.ticket, person.account_id)
    assert (seen.address, seen.agent) == (PC_ADDRESS, "Chrome 浏览器")
    assert await state(logins, pc) is QrState.SCANNED
    await logins.confirm(pc.ticket, person)
    assert await state(logins, pc) is QrState.CONFIRMED
    account = await logins.redeem(pc.ticket, pc.secret, address=PC_ADDRESS)
    assert account.id == person.account_id
    assert await refused(logins.redeem(pc.ticket, pc.secret, address=PC_ADDRESS)) is QrLoginDead


async def test_what_the_database_holds_lets_nobody_in(desk: Desk) -> None:
    pc = await make(desk.process())
    document = await desk.database["qr_logins"].find_one({})
    assert document is not None
    assert pc.ticket not in str(document) and pc.secret not in str(document)


@pytest.mark.shows("F033")
async def test_another_browser_is_never_let_in(desk: Desk) -> None:
    logins, person = desk.process(), await desk.person()
    pc, other = await make(logins), await make(logins)
    await logins.scan(pc.ticket, person.account_id)
    await logins.confirm(pc.ticket, person)
    for secret in (other.secret, new_secret(), ""):
        assert await refused(logins.redeem(pc.ticket, secret, address="")) is QrLoginDead
        assert await logins.state_of(pc.ticket, secret) is QrState.EXPIRED
    assert (await logins.redeem(pc.ticket, pc.secret, address="")).id == person.account_id


async def test_the_phone_that_scans_second_is_turned_away_and_changes_nothing(desk: Desk) -> None:
    logins, first, second = desk.process(), await desk.person(), await desk.person()
    pc = await make(logins)
    await logins.scan(pc.ticket, first.account_id)
    assert await refused(logins.scan(pc.ticket, second.account_id)) is QrLoginTaken
    assert await refused(logins.confirm(pc.ticket, second)) is QrLoginTaken
    assert await refused(logins.refuse(pc.ticket, second)) is QrLoginTaken
    assert await refused(logins.get(pc.ticket, second)) is QrLoginTaken
    assert await state(logins, pc) is QrState.SCANNED
    assert await desk.deeds() == []


async def test_nothing_is_confirmed_that_was_not_scanned(desk: Desk) -> None:
    logins, person = desk.process(), await desk.person()
    pc = await make(logins)
    assert await refused(logins.confirm(pc.ticket, person)) is QrLoginNotScanned
    assert await refused(logins.refuse(pc.ticket, person)) is QrLoginNotScanned
    assert await refused(logins.redeem(pc.ticket, pc.secret, address="")) is QrLoginNotConfirmed
    assert await state(logins, pc) is QrState.WAITING


async def test_a_refusal_is_final(desk: Desk) -> None:
    logins, person = desk.process(), await desk.person()
    pc = await make(logins)
    await logins.scan(pc.ticket, person.account_id)
    await logins.refuse(pc.ticket, person)
    assert await refused(logins.confirm(pc.ticket, person)) is QrLoginRefused
    assert await refused(logins.redeem(pc.ticket, pc.secret, address="")) is QrLoginRefused
    assert await state(logins, pc) is QrState.REFUSED


async def test_doing_it_again_is_the_same_and_recorded_once(desk: Desk) -> None:
    logins, person = desk.process(), await desk.person()
    pc = await make(logins)
    for _ in range(2):
        await logins.scan(pc.ticket, person.account_id)
    for _ in range(2):
        assert (await logins.confirm(pc.ticket, person)).state is QrState.CONFIRMED
    assert (await logins.scan(pc.ticket, person.account_id)).state is QrState.CONFIRMED
    assert await refused(logins.refuse(pc.ticket, person)) is QrLoginConfirmed
    await logins.redeem(pc.ticket, pc.secret, address=PC_ADDRESS)
    assert await desk.deeds() == ["accounts.qr_login_confirmed", "accounts.qr_logged_in"]
    row = await desk.database["audit"].find_one({"deed": "accounts.qr_login_confirmed"})
    assert row is not None
    assert (row["address"], row["facts"]) == (PHONE_ADDRESS, {"requested_from": PC_ADDRESS})


@pytest.mark.shows("F033")
async def test_a_ticket_is_dead_after_two_minutes_whatever_its_state(desk: Desk) -> None:
    logins, person = desk.process(), await desk.person()
    waiting, scanned, confirmed = await make(logins), await make(logins), await make(logins)
    for pc in (scanned, confirmed):
        await logins.scan(pc.ticket, person.account_id)
    await logins.confirm(confirmed.ticket, person)
    desk.clock.advance(seconds=121)
    assert await refused(logins.scan(waiting.ticket, person.account_id)) is QrLoginDead
    assert await refused(logins.confirm(scanned.ticket, person)) is QrLoginDead
    assert await refused(logins.redeem(confirmed.ticket, confirmed.secret, address="")) is (
        QrLoginDead
    )
    for pc in (waiting, scanned, confirmed):
        assert await state(logins, pc) is QrState.EXPIRED


async def test_a_yes_in_the_last_second_still_leaves_the_pc_time_to_enter(desk: Desk) -> None:
    logins, person = desk.process(), await desk.person()
    pc, late = await make(logins), await make(logins)
    for one in (pc, late):
        await logins.scan(one.ticket, person.account_id)
    desk.clock.advance(seconds=119)
    for one in (pc, late):
        await logins.confirm(one.ticket, person)
    desk.clock.advance(seconds=8)
    assert (await logins.redeem(pc.ticket, pc.secret, address="")).id == person.account_id
    desk.clock.advance(seconds=3)
    assert await refused(logins.redeem(late.ticket, late.secret, address="")) is QrLoginDead


async def test_an_account_that_was_switched_off_is_not_let_in(desk: Desk) -> None:
    logins, person = desk.process(), await desk.person()
    pc, other = await make(logins), await make(logins)
    await logins.scan(pc.ticket, person.account_id)
    await logins.confirm(pc.ticket, person)
    await desk.switch_off(person)
    assert await refused(logins.redeem(pc.ticket, pc.secret, address="")) is AccountDisabled
    assert await refused(logins.scan(other.ticket, person.account_id)) is AccountDisabled
    assert await state(logins, other) is QrState.WAITING


async def test_a_ticket_of_nobody_is_dead(desk: Desk) -> None:
    logins, person = desk.process(), await desk.person()
    assert await refused(logins.scan(new_ticket(), person.account_id)) is QrLoginDead
    assert await desk.database["qr_logins"].count_documents({}) == 0


async def test_one_address_gets_only_so_many_codes(desk: Desk) -> None:
    logins = desk.process()
    for _ in range(60):
        await make(logins)
    assert await refused(make(logins)) is QrLoginTooOften
    assert await desk.database["qr_logins"].count_documents({}) == 60
    await logins.make(address="203.0.113.8", user_agent=CHROME)
    desk.clock.advance(seconds=61)
    await make(logins)


async def test_of_many_at_once_one_wins(desk: Desk) -> None:
    processes = [desk.process() for _ in range(4)]
    people = [await desk.person() for _ in range(4)]
    pc = await make(processes[0])
    tries = await asyncio.gather(
        *(one.scan(pc.ticket, who.account_id) for one, who in zip(processes, people, strict=True)),
        return_exceptions=True,
    )
    winners = [who for who, got in zip(people, tries, strict=True) if not isinstance(got, Refusal)]
    assert len(winners) == 1
    await processes[1].confirm(pc.ticket, winners[0])
    entries = await asyncio.gather(
        *(one.redeem(pc.ticket, pc.secret, address="") for one in processes * 3),
        return_exceptions=True,
    )
    let_in = [got for got in entries if not isinstance(got, Exception)]
    assert len(let_in) == 1
    assert (await desk.deeds()).count("accounts.qr_logged_in") == 1
