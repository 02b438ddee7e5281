"""The review of certifications over the API, for staff."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from handlers.access import staff
from handlers.api.base import ApiHandler, page_request
from handlers.forms import Form
from handlers.once import once
from server.core.actor import Permission
from server.enterprises.certification import Certification, CertificationState
from server.enterprises.queue import QueueFilter
from server.enterprises.rounds import DecisionKind, shown

READ = staff(Permission.CERTIFICATIONS_READ)
REVIEW = staff(Permission.CERTIFICATIONS_REVIEW)
REVEAL = staff(Permission.CERTIFICATIONS_REVEAL)


class ReviewsQuery(Form):
    """``q``: the beginning of an enterprise's name or credit code."""

    filter: QueueFilter = QueueFilter.WAITING
    q: Annotated[str, Field(title="搜索词", max_length=64)] = ""
    size: Annotated[int, Field(title="每页条数", ge=1, le=50)] = 20
    cursor: Annotated[str, Field(title="翻页标记", max_length=200)] | None = None


class ReasonForm(Form):
    """Why; shown to the applicant, or kept in the audit trail."""

    reason: Annotated[str, Field(title="原因", max_length=1000)] = ""


class ReviewRow(BaseModel):
    """One case in the queue."""

    certification_id: str
    name: str
    uscc: str
    state: CertificationState
    round: int
    version: int
    submitted_at: datetime | None
    due_at: datetime | None
    is_overdue: bool
    claimed_by: str | None
    claimed_until: datetime | None


class ReviewsAnswer(BaseModel):
    """Newest submission first; no ``next_cursor`` on the last part."""

    items: list[ReviewRow]
    total: str
    next_cursor: str | None


class CountsAnswer(BaseModel):
    """Counted up to 10,001."""

    waiting: int
    mine: int
    overdue: int


class ChangeAnswer(BaseModel):
    """A field that differs from the round before; persons masked."""

    field: str
    label: str
    before: str
    after: str


class RoundAnswer(BaseModel):
    """One round and how it ended."""

    round: int
    at: datetime
    decision: DecisionKind | None
    reason: str
    decided_at: datetime | None


class ReviewAnswer(ReviewRow):
    """Everything a reviewer looks at; persons are masked."""

    profile: dict[str, str]
    edited: list[str]
    cautions: list[str]
    changes: list[ChangeAnswer]
    rounds: list[RoundAnswer]
    factors: str | None
    factors_request_id: str
    face_passed_at: datetime | None
    face_request_id: str | None
    licence_label: str


class IdNumberAnswer(BaseModel):
    """In clear; that it was shown is on record."""

    legal_rep_id_number: str


class ReviewCollection(ApiHandler):
    @READ
    async def get(self) -> None:
        query = self.read_query(ReviewsQuery)
        page = await self.services.reviews.page(
            self.actor, page_request(query.size, query.cursor), filter=query.filter, q=query.q
        )
        items = [ReviewRow.model_validate(row_of(self, case)) for case in page.items]
        self.reply(ReviewsAnswer(items=items, total=page.total_text, next_cursor=page.next_cursor))


class ReviewCounting(ApiHandler):
    @READ
    async def get(self) -> None:
        counts = await self.services.reviews.counts(self.actor)
        self.reply(CountsAnswer(waiting=counts.waiting, mine=counts.mine, overdue=counts.overdue))


class ReviewItem(ApiHandler):
    @READ
    async def get(self, certification_id: str) -> None:
        await reply_with(self, certification_id)


class ReviewLicence(ApiHandler):
    @READ
    async def get(self, certification_id: str) -> None:
        picture = await self.services.reviews.licence_picture(self.actor, certification_id)
        self.set_header("Content-Type", "image/jpeg")
        self.write(picture)


class ReviewClaim(ApiHandler):
    @REVIEW
    @once
    async def post(self, certification_id: str) -> None:
        await self.services.reviews.claim(self.actor, certification_id)
        await reply_with(self, certification_id)


class ReviewRelease(ApiHandler):
    @REVIEW
    @once
    async def post(self, certification_id: str) -> None:
        await self.services.reviews.release(self.actor, certification_id)
        await reply_with(self, certification_id)


class ReviewApproval(ApiHandler):
    @REVIEW
    @once
    async def post(self, certification_id: str) -> None:
        await self.services.reviews.approve(self.actor, certification_id)
        await reply_with(self, certification_id)


class ReviewRejection(ApiHandler):
    @REVIEW
    @once
    async def post(self, certification_id: str) -> None:
        form = self.read(ReasonForm)
        await self.services.reviews.reject(self.actor, certification_id, reason=form.reason)
        await reply_with(self, certification_id)


class ReviewReturn(ApiHandler):
    @REVIEW
    @once
    async def post(self, certification_id: str) -> None:
        form = self.read(ReasonForm)
        await self.services.reviews.return_(self.actor, certification_id, reason=form.reason)
        await reply_with(self, certification_id)


class IdNumberReveal(ApiHandler):
    """Not once-only: the answer is never kept."""

    @REVEAL
    async def post(self, certification_id: str) -> None:
        form = self.read(ReasonForm)
        number = await self.services.reviews.reveal_id_number(
            self.actor, certification_id, reason=form.reason
        )
        self.reply(IdNumberAnswer(legal_rep_id_number=number))


async def reply_with(handler: ApiHandler, certification_id: str) -> None:
    """The case as a reviewer sees it."""
    view = await handler.services.reviews.get(handler.actor, certification_id)
    case = view.case
    face = case.face if case.face and case.face.passed else None
    last = case.submissions[-1]
    handler.reply(
        ReviewAnswer.model_validate(
            {
                **row_of(handler, case),
                "profile": {n: shown(n, v) for n, v in last.profile.texts().items()},
                "edited": sorted(view.edited),
                "cautions": list(view.cautions),
                "changes": [
                    {"field": c.field, "label": c.label, "before": c.before, "after": c.after}
                    for c in view.changes
                ],
                "rounds": [_round(case, number) for number in range(case.round)],
                "factors": case.factors.outcome.value if case.factors else None,
                "factors_request_id": last.factors_request_id,
                "face_passed_at": face.ended_at if face else None,
                "face_request_id": face.request_id if face else None,
                "licence_label": view.licence_label,
            }
        )
    )


def row_of(handler: ApiHandler, case: Certification) -> dict[str, object]:
    """A case as a row of the queue."""
    submitted = case.submissions[-1].profile
    return {
        "certification_id": case.id,
        "name": submitted.name,
        "uscc": submitted.uscc,
        "state": case.state,
        "round": case.round,
        "version": case.version,
        "submitted_at": case.submitted_at,
        "due_at": case.due_at,
        "is_overdue": handler.services.reviews.is_overdue(case),
        "claimed_by": case.claim.account_id if case.claim else None,
        "claimed_until": case.claim.until if case.claim else None,
    }


def _round(case: Certification, number: int) -> dict[str, object]:
    submission = case.submissions[number]
    decision = submission.decision
    return {
        "round": submission.round,
        "at": submission.at,
        "decision": decision.kind if decision else None,
        "reason": decision.reason if decision else "",
        "decided_at": decision.at if decision else None,
    }
