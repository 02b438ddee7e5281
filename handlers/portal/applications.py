"""我的申请: applying to a product, following a case, correcting it and taking it back."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from handlers.access import certified, signed_in
from handlers.forms import Form
from handlers.once import once
from handlers.pages import PageHandler
from handlers.portal.application_form import (
    TICK,
    YES_NO,
    ApplyForm,
    FilledForm,
    filled,
    known,
    on_page,
)
from handlers.portal.application_views import (
    bounds,
    case_pairs,
    credit_pairs,
    enterprise_pairs,
    meaning,
    moments,
    product_view,
    state_tag,
)
from handlers.presenting import when
from server.applications.application import LoanApplication, newest_reason
from server.applications.form import PURPOSE_NAMES
from server.applications.state import MOVES, STATE_NAMES, ApplicationState, Deed
from server.consents.consent import ConsentKind
from server.core.errors import Refusal
from server.core.paging import Page, PageRequest
from server.institutions.institution import KIND_NAMES

PAGE_SIZE = 10
ENDED = frozenset({ApplicationState.DECLINED, ApplicationState.WITHDRAWN, ApplicationState.CLOSED})
TABS: Mapping[str, tuple[str, frozenset[ApplicationState]]] = {
    "": ("全部", frozenset()),
    **{
        state.value: (STATE_NAMES[state], frozenset({state}))
        for state in ApplicationState
        if state not in ENDED
    },
    "ended": ("已结束", ENDED),
}


class ListQuery(Form):
    """The page's address; an unknown ``state`` means all."""

    state: Annotated[str, Field(title="状态", max_length=20)] = ""
    q: Annotated[str, Field(title="关键词", max_length=60)] = ""
    page: Annotated[int, Field(title="页码", ge=1, le=1000)] = 1


class Application(PageHandler):
    """The form of one product, filled in by an enterprise that is certified."""

    @certified
    async def get(self, product_id: str) -> None:
        opening = await self.services.applications.opening(product_id, actor=self.actor)
        if opening.open_id is not None:
            self.go(f"/applications/{opening.open_id}?done=open")
            return
        await self._show(product_id)

    @certified
    @once
    async def post(self, product_id: str) -> None:
        is_ticked = bool(self.get_body_argument(TICK, ""))
        async with self.keeping(
            lambda refusal: self._show(product_id, on_page(refusal, is_ticked=is_ticked))
        ):
            form = self.read(ApplyForm)
            form.must_be_ticked()
            application = await self.services.applications.submit(
                self.created_id,
                product_id,
                form.branch_id,
                form.wanted(),
                consent_version=form.accept_application,
                actor=self.actor,
            )
            self.go(f"/applications/{application.id}?done=submitted")

    async def _show(self, product_id: str, refusal: Refusal | None = None) -> None:
        opening = await self.services.applications.opening(product_id, actor=self.actor)
        terms = opening.product.terms
        branches = [
            (branch.id, f"{branch.name}（{branch.address}）") for branch in opening.branches
        ]
        chosen = {"branch_id": branches[0][0]} if len(branches) == 1 else {}
        await self.show(
            "portal/applications/apply.html",
            refusal,
            case=None,
            product=product_view(terms),
            bounds=bounds(terms),
            enterprise=enterprise_pairs(opening.enterprise),
            branches=branches,
            values={**known(opening.enterprise), **chosen},
            open_href=f"/applications/{opening.open_id}" if opening.open_id else "",
            purposes=list(PURPOSE_NAMES.items()),
            yes_no=YES_NO,
            application_version=self.services.consents.version(ConsentKind.APPLICATION),
        )


class Correction(PageHandler):
    """The same form again, for a case that was referred back."""

    @certified
    async def get(self, application_id: str) -> None:
        case = await self.services.applications.get_own(application_id, actor=self.actor)
        if case.state not in MOVES[Deed.RESUBMITTED]:
            self.go(f"/applications/{case.id}")
            return
        await self._show(application_id)

    @certified
    @once
    async def post(self, application_id: str) -> None:
        async with self.keeping(lambda refusal: self._show(application_id, on_page(refusal))):
            form = self.read(FilledForm)
            await self.services.applications.resubmit(
                application_id, form.wanted(), actor=self.actor
            )
            self.go(f"/applications/{application_id}?done=resubmitted")

    async def _show(self, application_id: str, refusal: Refusal | None = None) -> None:
        case = await self.services.applications.get_own(application_id, actor=self.actor)
        enterprise = await self.services.enterprises.get_own(self.actor)
        await self.show(
            "portal/applications/apply.html",
            refusal,
            case=case,
            reason=newest_reason(case.steps),
            product=product_view(case.terms),
            bounds=bounds(case.terms),
            enterprise=enterprise_pairs(enterprise),
            branches=[],
            values=filled(case.form),
            open_href="",
            purposes=list(PURPOSE_NAMES.items()),
            yes_no=YES_NO,
            application_version="",
        )


class Applications(PageHandler):
    """All of the enterprise's, newest first."""

    @signed_in
    async def get(self) -> None:
        query, _ = self.read_filters(ListQuery)
        returned = await self.services.applications.own_count(
            frozenset({ApplicationState.REFERRED_BACK}), actor=self.actor
        )
        counts = {ApplicationState.REFERRED_BACK.value: returned or None}
        page = await self._page(query)
        await self.show(
            "portal/applications/list.html",
            states=[(key, label, counts.get(key)) for key, (label, _) in TABS.items()],
            picked=query.state if query.state in TABS else "",
            q=query.q,
            page=page,
            first=(page.number - 1) * page.size + 1,
            purposes=PURPOSE_NAMES,
            kinds=KIND_NAMES,
            state_tag=state_tag,
            referred_back=ApplicationState.REFERRED_BACK,
        )

    async def _page(self, query: ListQuery) -> Page[LoanApplication]:
        _, states = TABS.get(query.state, TABS[""])

        async def numbered(number: int) -> Page[LoanApplication]:
            request = PageRequest(size=PAGE_SIZE, number=number)
            return await self.services.applications.own_page(
                request, actor=self.actor, states=states, text=query.q
            )

        page = await numbered(query.page)
        return page if page.number <= page.last else await numbered(page.last)


class ApplicationItem(PageHandler):
    """One case, from both sides."""

    @signed_in
    async def get(self, application_id: str) -> None:
        await show_case(self, application_id)


class Withdrawal(PageHandler):
    """Taking it back, as long as no credit was granted."""

    @signed_in
    @once
    async def post(self, application_id: str) -> None:
        async with self.keeping(lambda refusal: show_case(self, application_id, refusal)):
            await self.services.applications.withdraw(application_id, actor=self.actor)
            self.go(f"/applications/{application_id}?done=withdrawn")


async def show_case(page: PageHandler, application_id: str, refusal: Refusal | None = None) -> None:
    """The whole case, with what has just been done or why it could not be."""
    services, now = page.services, page.services.clock()
    case = await services.applications.get_own(application_id, actor=page.actor)
    enterprise = await services.enterprises.get_own(page.actor)
    is_referred_back = case.state is ApplicationState.REFERRED_BACK
    is_refused = is_referred_back or case.state is ApplicationState.DECLINED
    await page.show(
        "portal/applications/detail.html",
        refusal,
        case=case,
        tag=state_tag(case),
        notice="" if refusal else _notice(case, page.get_query_argument("done", "")),
        reason=newest_reason(case.steps) if is_refused else "",
        meaning=meaning(case),
        moments=moments(case, now),
        enterprise=enterprise_pairs(enterprise),
        facts=case_pairs(case),
        credit=credit_pairs(case, case.credit) if case.credit else None,
        correct_href=f"/applications/{case.id}/correct" if is_referred_back else "",
        can_withdraw=case.state in MOVES[Deed.WITHDRAWN],
    )


def _notice(case: LoanApplication, done: str) -> str:
    """What has just been done, while it is still so."""
    is_waiting = case.state is ApplicationState.SUBMITTED
    if done == "submitted" and is_waiting:
        return (
            f"申请已提交，案号 {case.case_no}。"
            f"{case.branch_name}预计 {when(case.due_at)} 前答复，有进展会通知您。"
        )
    if done == "resubmitted" and is_waiting:
        return f"已重新提交，{case.branch_name}预计 {when(case.due_at)} 前答复。"
    if done == "withdrawn" and case.state is ApplicationState.WITHDRAWN:
        return "已撤回，机构不再处理这笔申请。"
    if done == "open" and case.is_open:
        return "您对这款产品已有一笔正在办理的申请，就是这一笔。"
    return ""
