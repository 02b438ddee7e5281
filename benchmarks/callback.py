"""Pushes of WeChat answered: ours as it is served, beside wechatpy in Flask and in bare Tornado.

Every server gets the same pushes, gives the same answers (they are opened and compared before
anything is timed) and is driven in turn, in the opposite order every second round.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks import pushes, table
from benchmarks.load import Round, drive
from benchmarks.machine import Program, Unmeasurable, free_port
from benchmarks.product import AES_KEY, APP_ID, TOKEN, Running, place, running

KEYWORDS, EVENTS = 750, 300
WARM_UP = 300
FEWEST_ROUNDS, ENOUGH_SECONDS = 3, 110.0
OURS = "/wechat/callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contenders:
    """Three servers that run side by side; the two that are not driven are idle."""

    flask: Program
    flask_port: int
    tornado: Program
    tornado_port: int
    ours: Running


@dataclass(slots=True, kw_only=True)
class Entry:
    """One row: a kind of push to one server. ``cpu_us``: each round's CPU time of one push."""

    name: str
    program: Program
    port: int
    path: str
    make: Callable[[str], bytes]
    pushes: int
    rounds: list[Round] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return statistics.median(one.per_second for one in self.rounds)

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpu_us)

    async def play(self, count: int) -> Round:
        """Fresh pushes every time: nobody has seen them before."""
        requests = [self.make(self.path) for _ in range(count)]
        return await drive(self.port, requests)

    async def take_part(self) -> None:
        """One round."""
        requests = [self.make(self.path) for _ in range(self.pushes)]
        before = self.program.cpu_seconds()
        self.rounds.append(await drive(self.port, requests))
        self.cpu_us.append((self.program.cpu_seconds() - before) / self.pushes * 1e6)


@contextmanager
def contenders() -> Iterator[Contenders]:
    """The product first: the peers say what it says. Raises Unmeasurable."""
    with place() as where, running(where) as ours:
        answer, welcome = asyncio.run(_said(ours.port))
        environment = {
            "BENCH_TOKEN": TOKEN,
            "BENCH_AES_KEY": AES_KEY,
            "BENCH_APP_ID": APP_ID,
            "BENCH_KEYWORD": pushes.KEYWORD,
            "BENCH_ANSWER": answer,
            "BENCH_WELCOME": welcome,
            "BENCH_MONGODB_URI": where.mongodb_uri,
        }
        flask_port, tornado_port = free_port(), free_port()
        gunicorn = ("-m", "gunicorn", "-w", "1", "-b", f"127.0.0.1:{flask_port}")
        peers = [
            Program(
                (*gunicorn, "benchmarks.peers.flask_app:app"),
                log=where.folder / "flask.log",
                environment=environment,
            ),
            Program(
                ("-m", "benchmarks.peers.tornado_app", str(tornado_port)),
                log=where.folder / "tornado.log",
                environment=environment,
            ),
        ]
        try:
            for peer, port in zip(peers, (flask_port, tornado_port), strict=True):
                peer.must_listen(port)
            yield Contenders(
                flask=peers[0],
                flask_port=flask_port,
                tornado=peers[1],
                tornado_port=tornado_port,
                ours=ours,
            )
        finally:
            for peer in peers:
                peer.stop()


async def _said(port: int) -> tuple[str, str]:
    """What ours answers to the keyword and to a new follower."""
    answers = [await drive(port, [make(OURS)]) for make in (pushes.keyword, pushes.follow)]
    return pushes.opened(answers[0].answer), pushes.opened(answers[1].answer)


async def measure(servers: Contenders, *, rounds: int) -> None:
    """Print the table."""
    keywords, events = _entries(servers)
    for group in (keywords, events):
        said = {pushes.opened((await one.play(WARM_UP)).answer) for one in group}
        if len(said) > 1:
            raise Unmeasurable(f"The servers don't say the same: {said}")
    begun = time.monotonic()
    for number in range(rounds):
        if number >= FEWEST_ROUNDS and time.monotonic() - begun > ENOUGH_SECONDS:
            break
        for group in (keywords, events):
            for one in group if number % 2 == 0 else group[::-1]:
                await one.take_part()
    print(_table(keywords, events))


def _entries(servers: Contenders) -> tuple[list[Entry], list[Entry]]:
    flask, bare = (servers.flask, servers.flask_port), (servers.tornado, servers.tornado_port)
    ours = (servers.ours.program, servers.ours.port)
    keyword: _Kind = ("keyword", pushes.keyword, KEYWORDS)
    event: _Kind = ("event", pushes.follow, EVENTS)
    keywords = [
        _entry(keyword, "wechatpy in Flask, gunicorn", flask, "/plain"),
        _entry(keyword, "wechatpy in bare Tornado", bare, "/plain"),
        _entry(keyword, "ours", ours, OURS),
    ]
    events = [
        _entry(event, "wechatpy in Flask, keeping", flask, "/keeping"),
        _entry(event, "wechatpy in Flask, keeping nothing", flask, "/plain"),
        _entry(event, "ours, once", ours, OURS),
    ]
    return keywords, events


_Kind = tuple[str, Callable[[str], bytes], int]


def _entry(kind: _Kind, name: str, server: tuple[Program, int], path: str) -> Entry:
    word, make, count = kind
    return Entry(
        name=f"{word}: {name}",
        program=server[0],
        port=server[1],
        path=path,
        make=make,
        pushes=count,
    )


def _table(keywords: Sequence[Entry], events: Sequence[Entry]) -> str:
    rows = [_row(one, group) for group in (keywords, events) for one in group]
    header = ("", "req/s", "min-max", "p50/p99 ms", "CPU µs")
    ratios = ("× 1st", "× 1st, CPU", "× 2nd", "× 2nd, CPU")
    aims = [
        _aim("a keyword, beside Flask", keywords[2], keywords[0], 1.4),
        _aim("a keyword, beside bare Tornado", keywords[2], keywords[1], 0.95),
        _aim("an event, beside Flask that keeps as much", events[2], events[0], 1.0),
        _aim("an event, beside Flask that keeps nothing", events[2], events[1], 1.0),
    ]
    return "\n".join(
        (
            table.render((*header, *ratios), rows),
            "",
            *aims,
            f"Medians of {len(events[0].rounds)} rounds.",
        )
    )


def _row(one: Entry, group: Sequence[Entry]) -> list[str]:
    speeds = [round.per_second for round in one.rounds]
    middle, worst = (
        statistics.median(round.percentile(percent) for round in one.rounds) for percent in (50, 99)
    )
    ratios = [f"{ratio:.2f}" for peer in group[:2] for ratio in _beside(one, peer)]
    return [
        one.name,
        f"{one.per_second:,.0f}",
        f"{min(speeds):,.0f}-{max(speeds):,.0f}",
        f"{middle:.1f}/{worst:.1f}",
        f"{one.cpu:.0f}",
        *ratios,
    ]


def _beside(one: Entry, peer: Entry) -> tuple[float, float]:
    """How many times the peer's req/s, and how many of ours fit into the CPU time of its one.

    Compared round by round: whatever else the machine did then, it did to both.
    """
    rounds = zip(one.rounds, peer.rounds, one.cpu_us, peer.cpu_us, strict=True)
    pairs = [(a.per_second / b.per_second, theirs / ours) for a, b, ours, theirs in rounds]
    return statistics.median(pair[0] for pair in pairs), statistics.median(p[1] for p in pairs)


def _aim(name: str, ours: Entry, peer: Entry, least: float) -> str:
    speed, cpu = _beside(ours, peer)
    return (
        f"Aim ≥ {least:.2f}×, {name}: {speed:.2f}× by req/s ({table.verdict(speed >= least)}), "
        f"{cpu:.2f}× by CPU ({table.verdict(cpu >= least)})."
    )
