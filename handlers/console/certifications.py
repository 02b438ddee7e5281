"""企业认证审核: the queue, and the page on which a reviewer compares, claims and decides.

The page works alone and as a drawer over the list: the drawer's answers are fragments, and events
tell the list around it to load anew.
"""

from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from handlers.access import staff
from handlers.console.base import ConsolePage
from handlers.console.reasons import REVIEW_REASONS, reason_text
from handlers.console.review_view import (
    checks_of,
    compared,
    held_by,
    history_of,
    review_row,
)
from handlers.errors import problems_of
from handlers.forms import Form
from handlers.once import once
from handlers.regions import region_names
from server.core.actor import Permission
from server.core.errors import Refusal
from server.core.paging import COUNT_CAP, PageRequest, mapped
from server.enterprises.certification import CertificationState
from server.enterprises.queue import QueueFilter
from server.enterprises.rounds import DecisionKind

QUEUE = "/console/certifications"
TABS = {
    QueueFilter.WAITING: "待审核",
    QueueFilter.MINE: "我认领的",
    QueueFilter.OVERDUE: "已超时",
    QueueFilter.APPROVED: "已通过",
    QueueFilter.RETURNED: "已退回",
    QueueFilter.REJECTED: "已驳回",
    QueueFilter.ALL: "全部",
}
CLOSING = ("rq:close-drawer", "rq:queue")


class ReviewsQuery(Form):
    """Without a tab: what waits, or everything when something is searched for."""

    state: Annotated[QueueFilter, Field(title="状态")] | None = None
    q: Annotated[str, Field(title="关键词", max_length=64)] = ""
    page: Annotated[int, Field(title="页码", ge=1, le=10_000)] = 1


class VerdictForm(Form):
    """``reason``: one of the frequent ones; ``opinion``: own words."""

    verdict: Annotated[DecisionKind, Field(title="审核结论")]
    reason: Annotated[str, Field(title="常用原因", max_length=20)] = ""
    opinion: Annotated[str, Field(title="意见", max_length=200)] = ""


class RevealForm(Form):
    """Why the number is needed; kept in the audit trail."""

    why: Annotated[str, Field(title="查看原因", max_length=200)] = ""


class ReviewQueue(ConsolePage):
    """The list by tab; htmx gets the table alone."""

    @staff(Permission.CERTIFICATIONS_READ)
    async def get(self) -> None:
        query, _ = self.read_filters(ReviewsQuery)
        tab = query.state or (QueueFilter.ALL if query.q else QueueFilter.WAITING)
        page = await self.services.reviews.page(
            self.actor, PageRequest(size=20, number=query.page), filter=tab, q=query.q
        )
        now = self.services.clock()
        may_review = self.actor.may(Permission.CERTIFICATIONS_REVIEW)
        holders = {held_by(case, now) for case in page.items} - {None}
        names = await names_of(self, holders)
        await self.show(
            f"console/certifications/{'_table' if self.is_partial else 'list'}.html",
            states=await self._tabs(),
            state=tab,
            q=query.q,
            page=mapped(page, lambda case: review_row(case, now, names, may_review=may_review)),
        )

    async def _tabs(self) -> list[tuple[str, str, str, int | str | None]]:
        counts = await self.services.reviews.counts(self.actor)
        known = {
            QueueFilter.WAITING: counts.waiting,
            QueueFilter.MINE: counts.mine,
            QueueFilter.OVERDUE: counts.overdue,
        }
        may_review = self.actor.may(Permission.CERTIFICATIONS_REVIEW)
        return [
            (tab, label, self._query_string(state=tab, page=None), _capped(known.get(tab)))
            for tab, label in TABS.items()
            if may_review or tab is not QueueFilter.MINE
        ]


class ReviewPage(ConsolePage):
    """One case; the verdict is posted to the same address."""

    @staff(Permission.CERTIFICATIONS_READ)
    async def get(self, case_id: str) -> None:
        await show_review(self, case_id)

    @staff(Permission.CERTIFICATIONS_REVIEW)
    @once
    async def post(self, case_id: str) -> None:
        async with self.keeping(lambda refusal: show_review(self, case_id, refusal)):
            form = self.read(VerdictForm)
            await self._decide(case_id, form)
            if self.is_partial:
                self.say(form.verdict, *CLOSING)
                self.set_status(HTTPStatus.NO_CONTENT)
            else:
                self.done(form.verdict, QUEUE)

    async def _decide(self, case_id: str, form: VerdictForm) -> None:
        reviews = self.services.reviews
        reason = reason_text(REVIEW_REASONS, form.reason, form.opinion)
        match form.verdict:
            case DecisionKind.APPROVE:
                await reviews.approve(self.actor, case_id)
            case DecisionKind.REJECT:
                await reviews.reject(self.actor, case_id, reason=reason)
            case DecisionKind.RETURN:
                await reviews.return_(self.actor, case_id, reason=reason)


class ReviewClaim(ConsolePage):
    """Keep the others off for a while."""

    @staff(Permission.CERTIFICATIONS_REVIEW)
    @once
    async def post(self, case_id: str) -> None:
        async with self.keeping(lambda refusal: show_review(self, case_id, refusal)):
            await self.services.reviews.claim(self.actor, case_id)
            await answer_with(self, case_id, "claimed")


class ReviewRelease(ConsolePage):
    """Let the others have it."""

    @staff(Permission.CERTIFICATIONS_REVIEW)
    @once
    async def post(self, case_id: str) -> None:
        async with self.keeping(lambda refusal: show_review(self, case_id, refusal)):
            await self.services.reviews.release(self.actor, case_id)
            await answer_with(self, case_id, "released")


class ReviewReveal(ConsolePage):
    """The ID number in clear. Not once-only: the answer is never kept, and each look is on record."""

    @staff(Permission.CERTIFICATIONS_REVEAL)
    async def post(self, case_id: str) -> None:
        async with self.keeping(lambda refusal: show_review(self, case_id, refusal)):
            form = self.read(RevealForm)
            number = await self.services.reviews.reveal_id_number(
                self.actor, case_id, reason=form.why
            )
            await show_review(self, case_id, id_number=number)


class ReviewLicence(ConsolePage):
    """The picture of the licence, of a PDF its first page; the view is on record."""

    @staff(Permission.CERTIFICATIONS_READ)
    async def get(self, case_id: str) -> None:
        picture = await self.services.reviews.licence_picture(self.actor, case_id)
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Content-Disposition", "inline")
        self.write(picture)


async def answer_with(page: ConsolePage, case_id: str, word: str) -> None:
    """The case again: in the drawer at once, as a page of its own by a redirect."""
    if page.is_partial:
        page.say(word, "rq:queue")
        await show_review(page, case_id)
    else:
        page.done(word, f"{QUEUE}/{case_id}")


async def show_review(
    page: ConsolePage, case_id: str, refusal: Refusal | None = None, *, id_number: str = ""
) -> None:
    """The page or the drawer's fragment; with a refused form what was typed stays."""
    view = await page.services.reviews.get(page.actor, case_id)
    case, now = view.case, page.services.clock()
    holder = held_by(case, now)
    deciders = {one.decision.account_id for one in case.submissions if one.decision is not None}
    names = await names_of(page, deciders | ({holder} if holder else set()))
    is_mine = holder == page.actor.account_id
    may_review = page.actor.may(Permission.CERTIFICATIONS_REVIEW)
    fields = compared(view, lambda code: _region(page, code), in_clear=is_mine)
    await page.show(
        f"console/certifications/{'_review' if page.is_partial else 'review'}.html",
        case=case,
        row=review_row(case, now, names, may_review=may_review),
        fields=fields,
        checks=checks_of(view, fields),
        changes=view.changes,
        licence_label=view.licence_label,
        history=history_of(case, names),
        is_waiting=case.state is CertificationState.REVIEWING,
        is_mine=is_mine,
        holder=names.get(holder or "", ""),
        may_review=may_review,
        may_reveal=page.actor.may(Permission.CERTIFICATIONS_REVEAL),
        id_number=id_number,
        reasons=list(REVIEW_REASONS.items()),
        problems=_problems(page, refusal),
    )


async def names_of(page: ConsolePage, account_ids: Collection[str | None]) -> dict[str, str]:
    """What members of staff are called."""
    accounts = page.services.accounts
    return {each: (await accounts.get(each)).name or "" for each in account_ids if each}


def _problems(page: ConsolePage, refusal: Refusal | None) -> dict[str, str]:
    """Field of the form to sentence: a reason belongs to the form that was posted."""
    field = "why" if "why" in page.typed() else "opinion"
    found = problems_of(refusal) if refusal is not None else {}
    return {field if name == "reason" else name: said for name, said in found.items()}


def _region(page: ConsolePage, code: str) -> str:
    platform = page.application.configuration.platform
    return region_names([code], page.application.assets, {platform.region_code: platform.city})[0]


def _capped(count: int | None) -> int | str | None:
    return f"{COUNT_CAP}+" if count is not None and count > COUNT_CAP else count
