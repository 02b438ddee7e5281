"""The institution's side of applications over the API: its queue and what it decides."""

from datetime import date
from typing import Annotated

from pydantic import Field

from handlers.access import staff
from handlers.api.applications import ApplicationsQuery
from handlers.api.base import ApiHandler, page_request
from handlers.api.case_answers import detail, listed
from handlers.forms import Form
from handlers.once import once
from server.applications.handling import CreditGrant, LoanRecord
from server.applications.state import Side
from server.core.actor import Permission
from server.core.money import MAX_FEN

Amount = Annotated[int, Field(strict=True, ge=1, le=MAX_FEN)]
Rate = Annotated[int, Field(strict=True, ge=0, le=10_000)]


class CasesQuery(ApplicationsQuery):
    """``q``: part of the enterprise's or product's name, a case number or a credit code."""

    overdue: Annotated[bool, Field(title="超时未答复")] = False


class ReasonForm(Form):
    """Why; the applicant reads it."""

    reason: Annotated[str, Field(title="原因", max_length=500)]


class CreditForm(Form):
    """``reason`` is needed above the product's maximum only."""

    amount_fen: Annotated[Amount, Field(title="授信金额")]
    annual_rate_bp: Annotated[Rate, Field(title="授信年化利率")]
    term_months: Annotated[int, Field(title="授信期限", strict=True, ge=1, le=600)]
    reason: Annotated[str, Field(title="超额原因", max_length=500)] = ""


class LoanForm(Form):
    """One loan; days are those of China."""

    contract_no: Annotated[str, Field(title="放款合同编号", min_length=1, max_length=60)]
    amount_fen: Annotated[Amount, Field(title="实际放款金额")]
    annual_rate_bp: Annotated[Rate, Field(title="实际年化利率")]
    lent_on: Annotated[date, Field(title="放款日")]
    due_on: Annotated[date, Field(title="到期日")]


class CaseCollection(ApiHandler):
    @staff(Permission.APPLICATIONS_READ)
    async def get(self) -> None:
        query = self.read_query(CasesQuery)
        page = await self.services.cases.page(
            page_request(query.size, query.cursor),
            actor=self.actor,
            states=frozenset(query.state),
            text=query.q,
            only_overdue=query.overdue,
        )
        self.reply(listed(page))


class CaseItem(ApiHandler):
    @staff(Permission.APPLICATIONS_READ)
    async def get(self, application_id: str) -> None:
        case = await self.services.cases.open(application_id, actor=self.actor)
        self.reply(detail(case, Side.INSTITUTION))


class CaseAcceptance(ApiHandler):
    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        case = await self.services.cases.accept(application_id, actor=self.actor)
        self.reply(detail(case, Side.INSTITUTION))


class CaseReferral(ApiHandler):
    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        form = self.read(ReasonForm)
        case = await self.services.cases.refer_back(application_id, form.reason, actor=self.actor)
        self.reply(detail(case, Side.INSTITUTION))


class CaseDecline(ApiHandler):
    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        form = self.read(ReasonForm)
        case = await self.services.cases.decline(application_id, form.reason, actor=self.actor)
        self.reply(detail(case, Side.INSTITUTION))


class CaseCredit(ApiHandler):
    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        grant = CreditGrant(**self.read(CreditForm).model_dump())
        case = await self.services.cases.grant(application_id, grant, actor=self.actor)
        self.reply(detail(case, Side.INSTITUTION))


class CaseLoans(ApiHandler):
    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        record = LoanRecord(**self.read(LoanForm).model_dump())
        case = await self.services.cases.lend(
            application_id, self.created_id, record, actor=self.actor
        )
        self.reply(detail(case, Side.INSTITUTION), 201)


class CaseClosing(ApiHandler):
    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        case = await self.services.cases.close(application_id, actor=self.actor)
        self.reply(detail(case, Side.INSTITUTION))
