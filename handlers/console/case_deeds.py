"""What an officer does to a case: accept, refer back, decline, credit, lend, close.

A form says which version of the case it was shown with: what was decided about an older one is
refused, and the page comes back as the case is now.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from handlers.access import staff
from handlers.console.base import ConsolePage
from handlers.console.cases import QUEUE, show_case
from handlers.console.reasons import DECLINE_REASONS, REFER_REASONS, reason_text
from handlers.forms import BpFromPercent, FenFromWan, Form
from handlers.once import once
from server.applications.application import ApplicationChanged, LoanApplication
from server.applications.handling import CreditGrant, LoanRecord
from server.core.actor import Permission
from server.core.errors import Refusal


class SeenForm(Form):
    """``version``: of the case as the page showed it."""

    version: Annotated[int, Field(title="页面版本", ge=0)]


class ReferForm(SeenForm):
    refer_reason: Annotated[str, Field(title="原因", max_length=20)] = ""
    refer_note: Annotated[str, Field(title="说明", max_length=200)] = ""


class DeclineForm(SeenForm):
    decline_reason: Annotated[str, Field(title="原因", max_length=20)] = ""
    decline_note: Annotated[str, Field(title="说明", max_length=200)] = ""


class CreditForm(SeenForm):
    """万元, %, months."""

    credit_amount: Annotated[FenFromWan, Field(title="授信金额")]
    credit_rate: Annotated[BpFromPercent, Field(title="授信年利率", le=10_000)]
    credit_term: Annotated[int, Field(title="授信期限", ge=1, le=600)]
    credit_reason: Annotated[str, Field(title="超额原因", max_length=200)] = ""


class LoanForm(Form):
    """万元, %, days of China. No version: several loans may be recorded at a time."""

    contract_no: Annotated[str, Field(title="放款合同编号", max_length=60)]
    loan_amount: Annotated[FenFromWan, Field(title="实际放款金额")]
    loan_rate: Annotated[BpFromPercent, Field(title="实际年利率", le=10_000)]
    lent_on: Annotated[date, Field(title="放款日")]
    due_on: Annotated[date, Field(title="到期日")]


CREDIT_FIELDS = {
    "amount_fen": "credit_amount",
    "annual_rate_bp": "credit_rate",
    "term_months": "credit_term",
    "reason": "credit_reason",
}
LOAN_FIELDS = {"amount_fen": "loan_amount", "annual_rate_bp": "loan_rate"}


class CaseDeed(ConsolePage):
    """A deed's form: done leads to the case, refused shows the case as it is now."""

    fields: ClassVar[dict[str, str]] = {}

    async def do(
        self, application_id: str, word: str, deed: Callable[[], Awaitable[LoanApplication]]
    ) -> None:
        """Do it, or show the page again with what was typed."""

        async def again(refusal: Refusal) -> None:
            case = await self.services.cases.get(application_id, actor=self.actor)
            await show_case(self, case, refusal, self.fields)

        async with self.keeping(again):
            await deed()
            self.done(word, f"{QUEUE}/{application_id}")

    async def must_be_seen(self, application_id: str, form: SeenForm) -> None:
        """Refuse with ApplicationChanged what was decided about an older version."""
        case = await self.services.cases.get(application_id, actor=self.actor)
        if case.version != form.version:
            raise ApplicationChanged()


class CaseAcceptance(CaseDeed):
    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        async def deed() -> LoanApplication:
            await self.must_be_seen(application_id, self.read(SeenForm))
            return await self.services.cases.accept(application_id, actor=self.actor)

        await self.do(application_id, "accepted", deed)


class CaseReferral(CaseDeed):
    fields = {"reason": "refer_note"}

    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        async def deed() -> LoanApplication:
            form = self.read(ReferForm)
            await self.must_be_seen(application_id, form)
            reason = reason_text(REFER_REASONS, form.refer_reason, form.refer_note)
            return await self.services.cases.refer_back(application_id, reason, actor=self.actor)

        await self.do(application_id, "referred_back", deed)


class CaseDecline(CaseDeed):
    fields = {"reason": "decline_note"}

    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        async def deed() -> LoanApplication:
            form = self.read(DeclineForm)
            await self.must_be_seen(application_id, form)
            reason = reason_text(DECLINE_REASONS, form.decline_reason, form.decline_note)
            return await self.services.cases.decline(application_id, reason, actor=self.actor)

        await self.do(application_id, "declined", deed)


class CaseCredit(CaseDeed):
    fields = CREDIT_FIELDS

    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        async def deed() -> LoanApplication:
            form = self.read(CreditForm)
            await self.must_be_seen(application_id, form)
            grant = CreditGrant(
                amount_fen=form.credit_amount,
                annual_rate_bp=form.credit_rate,
                term_months=form.credit_term,
                reason=form.credit_reason,
            )
            return await self.services.cases.grant(application_id, grant, actor=self.actor)

        await self.do(application_id, "credited", deed)


class CaseLoan(CaseDeed):
    fields = LOAN_FIELDS

    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        async def deed() -> LoanApplication:
            form = self.read(LoanForm)
            record = LoanRecord(
                contract_no=form.contract_no,
                amount_fen=form.loan_amount,
                annual_rate_bp=form.loan_rate,
                lent_on=form.lent_on,
                due_on=form.due_on,
            )
            return await self.services.cases.lend(
                application_id, self.created_id, record, actor=self.actor
            )

        await self.do(application_id, "lent", deed)


class CaseClosing(CaseDeed):
    @staff(Permission.APPLICATIONS_HANDLE)
    @once
    async def post(self, application_id: str) -> None:
        async def deed() -> LoanApplication:
            await self.must_be_seen(application_id, self.read(SeenForm))
            return await self.services.cases.close(application_id, actor=self.actor)

        await self.do(application_id, "closed", deed)
