"""运营概览: today's queue, the month in figures, two charts, by the role of whoever looks."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from handlers.access import staff
from handlers.console.base import HOME, ConsolePage
from handlers.console.charts import DECIDED, PERIODS, shares_of, trend_of
from handlers.console.deadlines import due_text, is_late
from handlers.console.states import APPLICATION_TONES
from handlers.forms import Form
from handlers.presenting import wan_text
from server.applications.state import STATE_NAMES, ApplicationState
from server.core.actor import Permission
from server.core.paging import COUNT_CAP
from server.reports.dashboard import CaseDesk, Overview, Period, PlatformDesk, ReviewDesk
from server.reports.figures import Figure
from server.reports.work import WorkItem, WorkKind

YI_FEN = 10_000_000_000


class DashboardQuery(Form):
    """What the charts span."""

    period: Annotated[Period, Field(title="统计周期")] = Period.DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """One figure, see StatCard."""

    label: str
    value: str
    unit: str
    more: str = ""
    trend: str = ""
    good: bool = True
    href: str = ""
    hot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """One line of the worklist."""

    id: str
    title: str
    text: str
    due: str
    is_late: bool
    state_label: str
    state_tone: str
    href: str


class DashboardPage(ConsolePage):
    """The first page after log-in."""

    @staff(Permission.DASHBOARD_READ)
    async def get(self) -> None:
        period = self.read_filters(DashboardQuery)[0].period
        overview = await self.services.dashboard.overview(self.actor, period)
        may_handle = self.actor.may(Permission.APPLICATIONS_HANDLE)
        await self.show(
            "console/dashboard.html",
            updated_at=overview.at,
            period=period,
            periods=[(one, label, f"{HOME}?period={one}") for one, label in PERIODS.items()],
            stats=stats_of(overview, may_handle),
            trend=trend_of(overview),
            shares=shares_of(overview),
            work=[work_row(item, overview) for item in overview.work],
        )


def stats_of(overview: Overview, may_handle: bool) -> list[Stat]:
    """The cards: the platform's for administrators, a branch's for officers, a queue's for reviewers."""
    if overview.platform is not None:
        return _platform(overview.platform, overview)
    if overview.cases is not None and may_handle:
        return _cases(overview.cases, overview)
    return _reviews(overview.reviews) if overview.reviews is not None else []


def _reviews(desk: ReviewDesk) -> list[Stat]:
    queue, counts = "/console/certifications", desk.counts
    decided = sum(desk.today[figure] for figure in DECIDED)
    return [
        Stat(label="待审核", value=_capped(counts.waiting), unit="件", href=queue),
        Stat(label="我认领的", value=_capped(counts.mine), unit="件", href=f"{queue}?state=mine"),
        Stat(
            label="已超时",
            value=_capped(counts.overdue),
            unit="件",
            href=f"{queue}?state=overdue",
            hot=counts.overdue > 0,
        ),
        Stat(
            label="今日新提交",
            value=_capped(desk.today[Figure.CERTIFICATIONS_SUBMITTED]),
            unit="件",
        ),
        Stat(label="今日办结", value=_capped(decided), unit="件"),
    ]


def _cases(desk: CaseDesk, overview: Overview) -> list[Stat]:
    queue = "/console/applications"
    state = ApplicationState
    waiting, accepted = desk.by_state[state.SUBMITTED], desk.by_state[state.ACCEPTED]
    return [
        Stat(label="待受理", value=_capped(waiting), unit="笔", href=queue),
        Stat(label="已受理", value=_capped(accepted), unit="笔", href=f"{queue}?state=accepted"),
        Stat(
            label="逾期未答复",
            value=_capped(desk.overdue),
            unit="笔",
            href=f"{queue}?state=overdue",
            hot=desk.overdue > 0,
        ),
        _amount("本月授信", Figure.CREDITED_FEN, overview),
        _amount("本月放款", Figure.LENT_FEN, overview),
    ]


def _platform(desk: PlatformDesk, overview: Overview) -> list[Stat]:
    now = overview.month[Figure.SUBMITTED]
    before = overview.month_before[Figure.SUBMITTED]
    return [
        Stat(label="已认证企业", value=_capped(desk.enterprises), unit="家"),
        Stat(label="在架产品", value=_capped(desk.products), unit="款", href="/products"),
        Stat(
            label="本月申请",
            value=_capped(now),
            unit="笔",
            href="/console/applications",
            **_compared(now, before),
        ),
        _amount("本月授信", Figure.CREDITED_FEN, overview),
        _amount("本月放款", Figure.LENT_FEN, overview),
    ]


def _amount(label: str, figure: Figure, overview: Overview) -> Stat:
    value, unit = money_text(overview.month[figure])
    compared = _compared(overview.month[figure], overview.month_before[figure])
    return Stat(label=label, value=value, unit=unit, **compared)


def _compared(now: int, before: int) -> dict[str, Any]:
    if before == 0:
        return {"more": "上月同期无"} if now else {}
    change = 100 * (now - before) / before
    return {"more": "较上月同期", "trend": f"{change:+.1f}%", "good": change >= 0}


def work_row(item: WorkItem, overview: Overview) -> WorkRow:
    """A line, whichever capability it is from."""
    href = f"/console/{item.kind}s/{item.id}"
    due, late = due_text(item.due_at, overview.at), is_late(item.due_at, overview.at)
    if item.kind is WorkKind.CERTIFICATION:
        is_held = item.claimed_until is not None and item.claimed_until > overview.at
        label, tone, text = (
            "审核中" if is_held else "待审核",
            "info" if is_held else "warn",
            "企业认证",
        )
    else:
        state = ApplicationState(item.state)
        label, tone = STATE_NAMES[state], APPLICATION_TONES[state]
        text = f"{item.product} · {wan_text(item.amount_fen)} 万元 · {item.number}"
    return WorkRow(
        id=item.id,
        title=item.title,
        text=text,
        due=due,
        is_late=late,
        state_label=label,
        state_tone=tone,
        href=href,
    )


def money_text(fen: int) -> tuple[str, str]:
    """Number and unit: 万元, from 1 亿元 on 亿元 with two decimals."""
    if fen < YI_FEN:
        return wan_text(fen), "万元"
    return f"{fen // (YI_FEN // 100) / 100:,.2f}", "亿元"


def _capped(number: int) -> str:
    return f"{COUNT_CAP:,}+" if number > COUNT_CAP else f"{number:,}"
