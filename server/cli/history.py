"""Samples of the past: what happened on an earlier day is told on that day, and in the site only.

Samples may be made beside a running server, whose relay would send the news of three months at
once, by SMS too. So nothing is left pending for it: the events of what is made here are reacted to
at once, by the server's own table, save that no SMS is planned.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from server.applications.answer_time import AnswerTime
from server.applications.application import LoanApplication
from server.applications.handling import CaseHandling
from server.applications.repository import LoanApplicationRepository
from server.applications.service import LoanApplications
from server.cli.seed import Soil
from server.core.actor import Actor, Surface
from server.core.clock import SHANGHAI, Clock, shanghai_day
from server.core.events import Event
from server.core.ids import digest
from server.core.working_days import WorkingCalendar
from server.main import build_reactions
from server.messages.delivery import Delivery
from server.messages.repository import DeliveryRepository, MessageRepository
from server.messages.service import Messages
from server.services import Services
from server.storage.counters import Counters
from server.subscriptions import Subscriptions

OFFICE_OPENS, OFFICE_MINUTES = time(9, 0), 480
PAUSE = timedelta(minutes=35)


class NoSms(DeliveryRepository):
    """What is past is not sent to anybody's phone."""

    async def add(self, delivery: Delivery) -> None:
        return


class ToldApplications(LoanApplicationRepository):
    """Tells what a write would leave pending, and then writes it without.

    Told first: after a crash in between, the same deed is done and told again, and both the
    messages and the figures know its events by their ids.
    """

    def __init__(self, soil: Soil) -> None:
        super().__init__(soil.ground.database, soil.ground.cipher)
        self._about: LoanApplication | None = None
        self._reactions = Subscriptions(build_reactions(_quiet(soil, _applications(soil, self))))

    async def add(self, application: LoanApplication) -> None:
        await self._tell(application)
        await super().add(replace(application, pending=()))

    async def save(self, application: LoanApplication) -> LoanApplication:
        await self._tell(application)
        return await super().save(replace(application, pending=()))

    async def get(self, application_id: str) -> LoanApplication:
        """While its news is told, the application as it is about to be written."""
        if self._about is not None and self._about.id == application_id:
            return self._about
        return await super().get(application_id)

    async def _tell(self, application: LoanApplication) -> None:
        self._about = application
        try:
            for event in application.pending:
                await self._reactions.react(event)
        finally:
            self._about = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """Both sides of an application, as the platform has them, but for the news."""

    applications: LoanApplications
    cases: CaseHandling
    repository: LoanApplicationRepository


def business_of(soil: Soil) -> Business:
    """Services on a repository that tells its own news."""
    repository = ToldApplications(soil)
    return Business(
        applications=_applications(soil, repository),
        cases=CaseHandling(
            applications=repository,
            audit=soil.services.audit,
            answer_time=_answer_time(soil),
            clock=soil.clock,
        ),
        repository=repository,
    )


async def tell(soil: Soil, events: Iterable[Event]) -> None:
    """React to each event at its own moment."""
    reactions = Subscriptions(build_reactions(_quiet(soil, soil.services.applications)))
    for event in events:
        with soil.clock.at(event.at):
            await reactions.react(event)


def calendar_of(soil: Soil) -> WorkingCalendar:
    """Days on which offices are open."""
    return WorkingCalendar(soil.ground.settings.working_days.overrides)


async def actor_of(soil: Soil, account_id: str) -> Actor:
    """The account as if it were there."""
    account = await soil.services.accounts.get(account_id)
    return Actor(
        account_id=account.id,
        surface=Surface.SYSTEM,
        session_id="",
        address="",
        roles=account.roles,
        enterprise_id=account.enterprise_id,
        institution_id=account.institution_id,
        branch_id=account.branch_id,
        privacy_version=account.privacy_version,
    )


class Days:
    """Moments of the past: in office hours, one after the other, and never in the future.

    ``left``: how many are asked for at most, so that those of today find place before now.
    """

    def __init__(self, now: datetime, key: str, *, left: int) -> None:
        self._now = now
        self._key = key
        self._left = left
        self._last: datetime | None = None

    def next(self, day: date) -> datetime:
        """A moment of that day, or as soon after the one before as can be."""
        minute = int(digest(f"{self._key}:{self._left}")[:6], 16) % OFFICE_MINUTES
        moment = datetime.combine(day, OFFICE_OPENS, SHANGHAI) + timedelta(minutes=minute)
        if self._last is not None:
            moment = max(moment, self._last + PAUSE)
        moment = min(moment, self._now - timedelta(minutes=2 * self._left))
        if self._last is not None:
            moment = max(moment, self._last)
        self._left -= 1
        self._last = moment.astimezone(self._now.tzinfo)
        return self._last


def office_day(soil: Soil, days_ago: int) -> date:
    """So many days ago; where that is a free day, the next on which offices were open."""
    day = days_before(soil.clock, days_ago)
    return min(calendar_of(soil).add(day - timedelta(days=1), 1), days_before(soil.clock, 0))


def days_before(clock: Clock, days_ago: int) -> date:
    """The day in China so many days ago."""
    return shanghai_day(clock()) - timedelta(days=days_ago)


def _quiet(soil: Soil, applications: LoanApplications) -> Services:
    """The services with an inbox for everybody, but no SMS."""
    ground = soil.ground
    messages = Messages(
        messages=MessageRepository(ground.database, ground.cipher),
        deliveries=NoSms(ground.database, ground.cipher),
        clock=soil.clock,
    )
    return replace(soil.services, messages=messages, applications=applications)


def _applications(soil: Soil, repository: LoanApplicationRepository) -> LoanApplications:
    services = soil.services
    return LoanApplications(
        applications=repository,
        enterprises=services.enterprises,
        institutions=services.institutions,
        products=services.products,
        consents=services.consents,
        counters=Counters(soil.ground.database),
        answer_time=_answer_time(soil),
        clock=soil.clock,
    )


def _answer_time(soil: Soil) -> AnswerTime:
    days = soil.ground.settings.applications.answer_working_days
    return AnswerTime(calendar=calendar_of(soil), working_days=days)
