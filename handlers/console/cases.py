"""融资申请: the queue of an institution's branch, and the page of one case."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from handlers.access import staff
from handlers.console.base import ConsolePage
from handlers.console.case_view import case_row, case_view
from handlers.console.reasons import DECLINE_REASONS, REFER_REASONS
from handlers.errors import problems_of
from handlers.forms import Form
from server.applications.application import LoanApplication
from server.applications.state import STATE_NAMES, ApplicationState, Side, side_of
from server.core.actor import Permission
from server.core.errors import Refusal
from server.core.paging import COUNT_CAP, PageRequest, mapped

QUEUE = "/console/applications"
State = ApplicationState


class QueueTab(StrEnum):
    """The tabs of the list: the states, and those that no single state is."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    CREDITED = "credited"
    LENT = "lent"
    OVERDUE = "overdue"
    REFERRED_BACK = "referred_back"
    DECLINED = "declined"
    ENDED = "ended"
    ALL = "all"


TAB_NAMES = {
    QueueTab.OVERDUE: "逾期未答复",
    QueueTab.ENDED: "已撤回、已关闭",
    QueueTab.ALL: "全部",
}


class CasesQuery(Form):
    """Without a tab: what waits, or everything when something is searched for."""

    state: Annotated[QueueTab, Field(title="状态")] | None = None
    q: Annotated[str, Field(title="关键词", max_length=64)] = ""
    page: Annotated[int, Field(title="页码", ge=1, le=10_000)] = 1


class CaseQueue(ConsolePage):
    """The list by tab; htmx gets the table alone."""

    @staff(Permission.APPLICATIONS_READ)
    async def get(self) -> None:
        query, _ = self.read_filters(CasesQuery)
        tab = query.state or (QueueTab.ALL if query.q else QueueTab.SUBMITTED)
        page = await self.services.cases.page(
            PageRequest(size=20, number=query.page),
            actor=self.actor,
            states=states_of(tab),
            text=query.q,
            only_overdue=tab is QueueTab.OVERDUE,
        )
        now, may_handle = self.services.clock(), self.actor.may(Permission.APPLICATIONS_HANDLE)
        await self.show(
            f"console/applications/{'_table' if self.is_partial else 'list'}.html",
            states=[await self._tab(tab) for tab in QueueTab],
            state=tab,
            q=query.q,
            page=mapped(page, lambda case: case_row(case, now, may_handle=may_handle)),
        )

    async def _tab(self, tab: QueueTab) -> tuple[str, str, str, int | str | None]:
        label = TAB_NAMES.get(tab) or STATE_NAMES[State(tab)]
        return tab, label, self._query_string(state=tab, page=None), await self._count(tab)

    async def _count(self, tab: QueueTab) -> int | str | None:
        if tab is QueueTab.ALL:
            return None
        is_overdue = tab is QueueTab.OVERDUE
        count = await self.services.cases.count(
            states_of(tab), actor=self.actor, only_overdue=is_overdue
        )
        return f"{COUNT_CAP}+" if count > COUNT_CAP else count


class CasePage(ConsolePage):
    """One case; that it was looked at is on record."""

    @staff(Permission.APPLICATIONS_READ)
    async def get(self, application_id: str) -> None:
        await show_case(
            self, await self.services.cases.open(application_id, actor=self.actor), None
        )


def states_of(tab: QueueTab) -> frozenset[State]:
    """What a tab holds; empty for any."""
    match tab:
        case QueueTab.OVERDUE | QueueTab.ALL:
            return frozenset()
        case QueueTab.ENDED:
            return frozenset({State.WITHDRAWN, State.CLOSED})
        case _:
            return frozenset({State(tab)})


async def show_case(
    page: ConsolePage,
    case: LoanApplication,
    refusal: Refusal | None,
    fields: dict[str, str] | None = None,
) -> None:
    """The page of a case, with a refused form on it when there is one."""
    deciders = {step.account_id for step in case.steps if side_of(step.deed) is Side.INSTITUTION}
    names = {each: (await page.services.accounts.get(each)).name or "" for each in deciders}
    problems = problems_of(refusal) if refusal is not None else {}
    await page.show(
        "console/applications/case.html",
        case=case_view(
            case,
            page.services.clock(),
            may_handle=page.actor.may(Permission.APPLICATIONS_HANDLE),
            names=names,
        ),
        problems={(fields or {}).get(field, field): said for field, said in problems.items()},
        refer_reasons=list(REFER_REASONS.items()),
        decline_reasons=list(DECLINE_REASONS.items()),
        today=page.services.clock(),
    )
