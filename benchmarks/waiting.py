"""PCs that wait to be let in: what one costs, how soon it is told, and whether the loop stands still.

The server and its addresses are the product's own; who waits, who taps, and who watches the
server are programs of their own, so that none of them delays another's clock.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import table
from benchmarks.crowd import Crowd
from benchmarks.load import percentile
from benchmarks.machine import Program
from benchmarks.pages import Hall, Page
from benchmarks.phone import Beside, Phone, page
from benchmarks.probe import Stop, stops_of
from benchmarks.product import Running, place, running
from server.accounts.qr_login import OpenedQrLogin

PAGE_KIB, ONE_MS, ALL_MS, STOP_MS = 5.0, 5.0, 200.0, 50.0
WARM_PAGES = 200
AT_ONCE = 16
BETWEEN_TAPS_SECONDS = 0.05
PHASES = ("while they open", "while they wait, one let in at a time", "while all are told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Times in milliseconds. ``beat_ms``: from the first to the last page of one heartbeat."""

    pages: int
    page_kib: float
    opened_per_second: float
    one_ms: Sequence[float]
    one_after_answer_ms: Sequence[float]
    all_ms: float
    beat_ms: float
    lost: float
    phases: Sequence[tuple[str, float, float]]


@contextmanager
def platform() -> Iterator[Running]:
    """Raises Unmeasurable."""
    with place() as where, running(where) as ours:
        yield ours


async def measure(ours: Running, *, pages: int, taps: int) -> None:
    """Print the table."""
    beside = Beside(ours)
    account_id, token = await beside.log_in()
    await _warm(ours, beside, token)
    wanted = [page(ticket) for ticket in await _tickets(beside, pages)]
    crowd = Crowd(ours.port, wanted, ours.place.folder)
    probe = Program(
        ("-m", "benchmarks.probe", str(ours.port), str(ours.program.pid)),
        log=ours.place.folder / "probe.log",
        environment={},
        is_measured=False,
    )
    try:
        opened_at, opening, page_kib = await _open(ours, crowd, pages)
        tapping_at = time.monotonic()
        pairs = await _taps(ours, beside, token, taps)
        beat_seconds = await crowd.say("beat")
        telling_at = time.monotonic()
        await beside.scan_all(account_id)
        told_at = await crowd.say("all")
        lost = await crowd.say("lost")
    finally:
        probe.stop()
        crowd.stop()
        await beside.close()
    marks = (opened_at, tapping_at, telling_at, time.monotonic())
    measured = Measured(
        pages=pages,
        page_kib=page_kib,
        opened_per_second=pages / opening,
        one_ms=sorted(pair[0] for pair in pairs),
        one_after_answer_ms=sorted(pair[1] for pair in pairs),
        all_ms=(told_at - telling_at) * 1000,
        beat_ms=beat_seconds * 1000,
        lost=lost,
        phases=list(zip(PHASES, marks, marks[1:], strict=False)),
    )
    print(_table(measured, stops_of(probe)))


async def _warm(ours: Running, beside: Beside, token: str) -> None:
    """What the first pages and the first taps need once is none of the others' cost."""
    tickets = await _tickets(beside, WARM_PAGES)
    hall, phone = Hall(ours.port), await Phone.connected(ours, token)
    await hall.open([page(ticket) for ticket in tickets])
    await hall.quiet(0.5)
    for one, ticket in zip(hall.pages[:10], tickets, strict=False):
        await _tap(hall, one, phone, ticket)
    phone.close()
    hall.leave()
    while hall.lost < len(tickets):
        await asyncio.sleep(0.05)


async def _tickets(beside: Beside, number: int) -> list[OpenedQrLogin]:
    numbers = iter(range(number))
    made: list[OpenedQrLogin] = []

    async def some() -> None:
        for _ in numbers:
            made.append(await beside.ticket())

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return made


async def _open(ours: Running, crowd: Crowd, pages: int) -> tuple[float, float, float]:
    """When it began, the seconds that it took, and the KiB of the server's that a page takes."""
    before, begun = ours.program.resident_bytes(), time.monotonic()
    opening = await crowd.say("open")
    return begun, opening, (ours.program.resident_bytes() - before) / pages / 1024


async def _taps(ours: Running, beside: Beside, token: str, taps: int) -> list[tuple[float, float]]:
    """Some more pages, of which one after the other is let in."""
    tickets, hall = await _tickets(beside, taps), Hall(ours.port)
    await hall.open([page(ticket) for ticket in tickets])
    await hall.quiet(0.5)
    phone = await Phone.connected(ours, token)
    try:
        return [
            await _tap(hall, one, phone, ticket)
            for one, ticket in zip(hall.pages, tickets, strict=True)
        ]
    finally:
        phone.close()
        hall.leave()


async def _tap(
    hall: Hall, waiting: Page, phone: Phone, ticket: OpenedQrLogin
) -> tuple[float, float]:
    """Milliseconds until the page knows, from the tap and from the phone's answer to it."""
    scanned = asyncio.ensure_future(hall.told(waiting))
    await phone.scan(ticket)
    await scanned
    await asyncio.sleep(BETWEEN_TAPS_SECONDS)
    confirmed = asyncio.ensure_future(hall.told(waiting))
    tapped_at = time.monotonic()
    await phone.confirm(ticket)
    answered_at = time.monotonic()
    await confirmed
    return (waiting.told_at - tapped_at) * 1000, max(0.0, waiting.told_at - answered_at) * 1000


def _table(measured: Measured, stops: Sequence[Stop]) -> str:
    one, after = measured.one_ms, measured.one_after_answer_ms
    p99 = percentile(one, 99)
    rows = [
        _row("memory of a waiting page, KiB", measured.page_kib, PAGE_KIB),
        _row("one told after the tap, p50, ms", percentile(one, 50)),
        _row("one told after the tap, p99, ms", p99, ONE_MS),
        _row("  after the phone has its answer, p50, ms", percentile(after, 50)),
        _row("  after the phone has its answer, p99, ms", percentile(after, 99)),
        _row("all told after one write, ms", measured.all_ms, ALL_MS),
        _row("one heartbeat, first page to last, ms", measured.beat_ms),
        *(_stop_row(stops, *phase) for phase in measured.phases),
        _row("pages opened, each second", measured.opened_per_second),
        _row("pages lost", measured.lost, 0),
    ]
    header = (f"{measured.pages:,} PCs wait, {len(one)} others are let in", "", "aim", "")
    return table.render(header, rows)


def _row(name: str, value: float, most: float | None = None) -> list[str]:
    if most is None:
        return [name, f"{value:,.1f}", "", ""]
    return [name, f"{value:,.1f}", f"≤ {most:g}", table.verdict(value <= most)]


def _stop_row(stops: Sequence[Stop], name: str, start: float, end: float) -> list[str]:
    seen = [stop for stop in stops if start <= stop.at < end]
    net, raw = max(one.net_ms for one in seen), max(one.raw_ms for one in seen)
    row = _row(f"longest stop {name}, ms", net, STOP_MS)
    return [*row[:1], f"{net:,.1f} (raw {raw:,.1f})", *row[2:]]
