"""Applying to a product over the API, and following one's applications. Amounts in fen, rates in 0.01 %."""

from typing import Annotated

from pydantic import Field

from handlers.access import certified, signed_in
from handlers.api.accounts import Version
from handlers.api.base import ApiHandler, page_request
from handlers.api.case_answers import detail, listed
from handlers.forms import Form, Id, Phone
from handlers.once import once
from server.applications.form import ApplicationForm, LoanPurpose
from server.applications.state import ApplicationState, Side
from server.core.money import MAX_FEN

Flag = Annotated[bool, Field(strict=True)]


class WantedForm(Form):
    """What the enterprise asks for and tells of itself. Numbers are whole: nothing is rounded."""

    amount_fen: Annotated[int, Field(title="融资金额", strict=True, ge=1, le=MAX_FEN)]
    term_months: Annotated[int, Field(title="融资期限", strict=True, ge=1, le=600)]
    expected_rate_bp: Annotated[int, Field(title="期望年化利率", strict=True, ge=0, le=10_000)]
    purpose: Annotated[LoanPurpose, Field(title="贷款用途")]
    contact_name: Annotated[str, Field(title="联系人姓名", min_length=1, max_length=50)]
    contact_phone: Annotated[Phone, Field(title="联系人手机号")]
    annual_revenue_fen: Annotated[int, Field(title="年营业收入", strict=True, ge=0, le=MAX_FEN)]
    total_loans_fen: Annotated[int, Field(title="目前贷款总额", strict=True, ge=0, le=MAX_FEN)]
    is_enforced: Annotated[Flag, Field(title="当前被执行")]
    was_overdue: Annotated[Flag, Field(title="近两年逾期")]
    note: Annotated[str, Field(title="补充说明", max_length=200)] = ""

    def wanted(self) -> ApplicationForm:
        """The same as the service takes it."""
        return ApplicationForm(**self.model_dump(include=set(WantedForm.model_fields)))


class ApplyForm(WantedForm):
    """``consent_version``: of 融资申请信息授权书, as the person read it."""

    branch_id: Annotated[Id, Field(title="经办网点")]
    consent_version: Version


class ApplicationsQuery(Form):
    """``q``: part of the product's or institution's name, or a case number."""

    state: Annotated[tuple[ApplicationState, ...], Field(title="状态")] = ()
    q: Annotated[str, Field(title="关键词", max_length=60)] = ""
    size: Annotated[int, Field(title="每页条数", ge=1, le=50)] = 20
    cursor: Annotated[str, Field(title="翻页标记", max_length=200)] | None = None


class ProductApplications(ApiHandler):
    @certified
    @once
    async def post(self, product_id: str) -> None:
        form = self.read(ApplyForm)
        application = await self.services.applications.submit(
            self.created_id,
            product_id,
            form.branch_id,
            form.wanted(),
            consent_version=form.consent_version,
            actor=self.actor,
        )
        self.reply(detail(application, Side.ENTERPRISE), 201)


class ApplicationCollection(ApiHandler):
    @signed_in
    async def get(self) -> None:
        query = self.read_query(ApplicationsQuery)
        page = await self.services.applications.own_page(
            page_request(query.size, query.cursor),
            actor=self.actor,
            states=frozenset(query.state),
            text=query.q,
        )
        self.reply(listed(page))


class ApplicationItem(ApiHandler):
    @signed_in
    async def get(self, application_id: str) -> None:
        application = await self.services.applications.get_own(application_id, actor=self.actor)
        self.reply(detail(application, Side.ENTERPRISE))


class ApplicationWithdrawal(ApiHandler):
    @signed_in
    @once
    async def post(self, application_id: str) -> None:
        application = await self.services.applications.withdraw(application_id, actor=self.actor)
        self.reply(detail(application, Side.ENTERPRISE))


class ApplicationResubmission(ApiHandler):
    @certified
    @once
    async def post(self, application_id: str) -> None:
        form = self.read(WantedForm)
        application = await self.services.applications.resubmit(
            application_id, form.wanted(), actor=self.actor
        )
        self.reply(detail(application, Side.ENTERPRISE))
