"""运营概览: what each role sees first. Queues are counted on indexes, the rest are sums of days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from server.applications.handling import CaseHandling
from server.applications.state import WAITING, ApplicationState
from server.core.actor import Actor, Permission, Role
from server.core.clock import Clock, shanghai_day
from server.core.events import Event
from server.core.paging import COUNT_CAP
from server.enterprises.queue import ReviewCounts
from server.enterprises.review import Reviews
from server.institutions.service import Institutions
from server.products.service import Products
from server.reports.figures import PLATFORM, Reach, Sums, entry_of
from server.reports.repository import FigureRepository, QueueRepository
from server.reports.work import WorkItem

DAYS = 30
MONTHS = 12
WORK_ROWS = 8
SUBMITTED = frozenset({ApplicationState.SUBMITTED})


class Period(StrEnum):
    """What the charts span."""

    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days of China, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDesk:
    """A reviewer's day."""

    counts: ReviewCounts
    today: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDesk:
    """An officer's branch. ``by_state``: up to 10,001 each."""

    by_state: Mapping[ApplicationState, int]
    overdue: int
    month: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformDesk:
    """The whole platform; counts up to 10,001. ``by_institution``: name to sums of the period."""

    enterprises: int
    products: int
    institutions: int
    by_institution: Mapping[str, Sums]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the page shows; a desk is None for those who don't sit there.

    ``trend``: (``2026-11-20`` or ``2026-11``, sums) for every day or month of the period.
    """

    at: datetime
    period: Period
    trend: Sequence[tuple[str, Sums]]
    total: Sums
    month: Sums
    month_before: Sums
    work: Sequence[WorkItem]
    reviews: ReviewDesk | None
    cases: CaseDesk | None
    platform: PlatformDesk | None


class Dashboard:
    """Counts events as they come, and answers from what was counted."""

    def __init__(
        self,
        *,
        figures: FigureRepository,
        queues: QueueRepository,
        cases: CaseHandling,
        institutions: Institutions,
        products: Products,
        reviews: Reviews,
        clock: Clock,
    ) -> None:
        self._figures = figures
        self._queues = queues
        self._cases = cases
        self._institutions = institutions
        self._products = products
        self._reviews = reviews
        self._clock = clock

    async def count(self, event: Event) -> None:
        """The reaction to each event of COUNTED; the same event again changes nothing."""
        await self._figures.add(entry_of(event), self._clock())

    async def overview(self, actor: Actor, period: Period = Period.DAYS) -> Overview:
        """The actor's page. Raises PermissionMissing."""
        actor.must_have(Permission.DASHBOARD_READ)
        now = self._clock()
        today = shanghai_day(now)
        reach = reach_of(actor)
        span = span_of(period, today)
        return Overview(
            at=now,
            period=period,
            trend=await self._trend(reach, period, span),
            total=await self._figures.total(reach, span.first, span.last),
            month=await self._figures.total(reach, today.replace(day=1), today),
            month_before=await self._month_before(reach, today),
            work=await self._work(actor, reach),
            reviews=await self._review_desk(actor, today),
            cases=await self._case_desk(actor, reach, today),
            platform=await self._platform_desk(actor, span),
        )

    async def _trend(self, reach: Reach, period: Period, span: Span) -> list[tuple[str, Sums]]:
        if period is Period.MONTHS:
            found = await self._figures.by_month(reach, span.first, span.last)
            return [(month, found.get(month, Sums())) for month in months_of(span)]
        found = await self._figures.by_day(reach, span.first, span.last)
        return [(day, found.get(day, Sums())) for day in days_of(span)]

    async def _month_before(self, reach: Reach, today: date) -> Sums:
        """The same days of the month before, to compare with."""
        last_of_before = today.replace(day=1) - timedelta(days=1)
        last = last_of_before.replace(day=min(today.day, last_of_before.day))
        return await self._figures.total(reach, last.replace(day=1), last)

    async def _work(self, actor: Actor, reach: Reach) -> list[WorkItem]:
        work: list[WorkItem] = []
        if actor.may(Permission.CERTIFICATIONS_READ):
            work += await self._queues.certifications(WORK_ROWS)
        if actor.may(Permission.APPLICATIONS_READ):
            work += await self._queues.applications(reach, sorted(WAITING), WORK_ROWS)
        latest = datetime.max.replace(tzinfo=self._clock().tzinfo)
        return sorted(work, key=lambda item: item.due_at or latest)[:WORK_ROWS]

    async def _review_desk(self, actor: Actor, today: date) -> ReviewDesk | None:
        if not actor.may(Permission.CERTIFICATIONS_READ):
            return None
        return ReviewDesk(
            counts=await self._reviews.counts(actor),
            today=await self._figures.total(Reach(institution_id=PLATFORM), today, today),
        )

    async def _case_desk(self, actor: Actor, reach: Reach, today: date) -> CaseDesk | None:
        if not actor.may(Permission.APPLICATIONS_READ):
            return None
        return CaseDesk(
            by_state={
                state: await self._cases.count(frozenset({state}), actor=actor)
                for state in ApplicationState
            },
            overdue=await self._cases.count(frozenset(), actor=actor, only_overdue=True),
            month=await self._figures.total(reach, today.replace(day=1), today),
        )

    async def _platform_desk(self, actor: Actor, span: Span) -> PlatformDesk | None:
        if not actor.may(Permission.STAFF_MANAGE):
            return None
        sums = await self._figures.by_institution(Reach(), span.first, span.last)
        names = {each: await self._institutions.name_of(each) for each in sums if each}
        return PlatformDesk(
            enterprises=await self._queues.certified(COUNT_CAP + 1),
            products=await self._products.count(),
            institutions=(await self._institutions.count()).institutions,
            by_institution={names[each]: sums[each] for each in names},
        )


def reach_of(actor: Actor) -> Reach:
    """An institution's staff see their own, administrators all, reviewers what no institution does."""
    if actor.institution_id is not None:
        return Reach(institution_id=actor.institution_id, branch_id=actor.branch_id)
    is_administrator = Role.ADMINISTRATOR in actor.roles
    return Reach() if is_administrator else Reach(institution_id=PLATFORM)


def span_of(period: Period, today: date) -> Span:
    """The last 30 days, or the last 12 months from a first day on; today included."""
    if period is Period.DAYS:
        return Span(first=today - timedelta(days=DAYS - 1), last=today)
    months = today.year * 12 + today.month - 1 - (MONTHS - 1)
    return Span(first=date(months // 12, months % 12 + 1, 1), last=today)


def days_of(span: Span) -> list[str]:
    """ISO days."""
    number = (span.last - span.first).days + 1
    return [(span.first + timedelta(days=n)).isoformat() for n in range(number)]


def months_of(span: Span) -> list[str]:
    """``2026-11``."""
    first = span.first.year * 12 + span.first.month - 1
    last = span.last.year * 12 + span.last.month - 1
    return [f"{n // 12}-{n % 12 + 1:02d}" for n in range(first, last + 1)]
