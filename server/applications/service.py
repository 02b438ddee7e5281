"""What an enterprise may do: apply, correct, withdraw, and follow its cases."""

from dataclasses import dataclass

from server.applications.answer_time import AnswerTime
from server.applications.application import (
    ApplicationNotFound,
    ApplicationOpen,
    LoanApplication,
    Step,
    newest_reason,
)
from server.applications.form import ApplicationForm
from server.applications.query import NOBODYS, CaseQuery
from server.applications.repository import LoanApplicationRepository
from server.applications.state import ApplicationState, Deed
from server.consents.consent import ConsentKind
from server.consents.service import Consents
from server.core.actor import Actor
from server.core.clock import Clock, shanghai_day
from server.core.paging import Page, PageRequest
from server.enterprises.enterprise import Enterprise
from server.enterprises.service import Enterprises
from server.institutions.institution import Branch
from server.institutions.service import Institutions
from server.products.product import Product
from server.products.service import Products
from server.storage.counters import Counters


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the form shows before it is filled in. ``open_id``: the application in the way, if any."""

    product: Product
    enterprise: Enterprise
    branches: tuple[Branch, ...]
    open_id: str | None


class LoanApplications:
    """The applicant's side."""

    def __init__(
        self,
        *,
        applications: LoanApplicationRepository,
        enterprises: Enterprises,
        institutions: Institutions,
        products: Products,
        consents: Consents,
        counters: Counters,
        answer_time: AnswerTime,
        clock: Clock,
    ) -> None:
        self._applications = applications
        self._enterprises = enterprises
        self._institutions = institutions
        self._products = products
        self._consents = consents
        self._counters = counters
        self._answer_time = answer_time
        self._clock = clock

    async def opening(self, product_id: str, *, actor: Actor) -> Opening:
        """The product, the certified enterprise and the branches that serve its region."""
        product = await self._products.get_published(product_id)
        enterprise = await self._enterprises.get_own(actor)
        branches = await self._institutions.branches_for(
            product.institution_id, enterprise.region_code
        )
        open_id = await self._applications.find_open(enterprise.id, product.id)
        return Opening(product=product, enterprise=enterprise, branches=branches, open_id=open_id)

    async def submit(
        self,
        application_id: str,
        product_id: str,
        branch_id: str,
        form: ApplicationForm,
        *,
        consent_version: str,
        actor: Actor,
    ) -> LoanApplication:
        """Hand the application to the branch. The same id again is the same application.

        Raises what the product, the branch, the form and the consent refuse, and ApplicationOpen.
        """
        known = await self._applications.find(application_id)
        if known is not None:
            return known
        enterprise = await self._enterprises.get_own(actor)
        product = await self._products.get_published(product_id)
        form.must_fit(product.terms)
        branch = await self._institutions.must_serve(
            product.institution_id, branch_id, region_code=enterprise.region_code
        )
        self._consents.must_be_current(ConsentKind.APPLICATION, consent_version)
        open_id = await self._applications.find_open(enterprise.id, product.id)
        if open_id is not None:
            raise ApplicationOpen(open_id)
        application = await self._new(application_id, product, branch, enterprise, form, actor)
        await self._consents.give(
            ConsentKind.APPLICATION,
            version=consent_version,
            account_id=actor.account_id,
            address=actor.address,
            subject_id=application_id,
        )
        await self._applications.add(application)
        return await self._applications.get(application_id)

    async def resubmit(
        self, application_id: str, form: ApplicationForm, *, actor: Actor
    ) -> LoanApplication:
        """Hand in the corrected form after it was referred back."""
        application = await self.get_own(application_id, actor=actor)
        now = self._clock()
        due_at = self._answer_time.due(now)
        changed = application.resubmitted(form, at=now, due_at=due_at, account_id=actor.account_id)
        return await self._applications.save(changed)

    async def withdraw(self, application_id: str, *, actor: Actor) -> LoanApplication:
        """Take it back before credit is granted."""
        application = await self.get_own(application_id, actor=actor)
        changed = application.moved(Deed.WITHDRAWN, at=self._clock(), account_id=actor.account_id)
        return await self._applications.save(changed)

    async def get_own(self, application_id: str, *, actor: Actor) -> LoanApplication:
        """One of the enterprise's applications; somebody else's is not found."""
        application = await self._applications.get(application_id)
        if application.enterprise_id != actor.enterprise_id:
            raise ApplicationNotFound()
        return application

    async def own_page(
        self,
        request: PageRequest,
        *,
        actor: Actor,
        states: frozenset[ApplicationState] = frozenset(),
        text: str = "",
    ) -> Page[LoanApplication]:
        """The enterprise's applications, newest first."""
        query = CaseQuery(enterprise_id=actor.enterprise_id or NOBODYS, states=states, text=text)
        return await self._applications.page(query, request)

    async def own_count(self, states: frozenset[ApplicationState], *, actor: Actor) -> int:
        """How many of the enterprise's are in one of the states; up to COUNT_CAP + 1."""
        query = CaseQuery(enterprise_id=actor.enterprise_id or NOBODYS, states=states)
        return await self._applications.count(query)

    async def reason_of(self, application_id: str) -> str:
        """Why it was declined or referred back last: for the message to its applicant."""
        return newest_reason((await self._applications.get(application_id)).steps)

    async def _new(
        self,
        application_id: str,
        product: Product,
        branch: Branch,
        enterprise: Enterprise,
        form: ApplicationForm,
        actor: Actor,
    ) -> LoanApplication:
        now = self._clock()
        step = Step(deed=Deed.SUBMITTED, at=now, account_id=actor.account_id)
        application = LoanApplication(
            id=application_id,
            case_no=await self._next_case_no(),
            enterprise_id=enterprise.id,
            enterprise_name=enterprise.name,
            uscc=enterprise.uscc,
            account_id=actor.account_id,
            institution_id=product.institution_id,
            institution_kind=product.institution_kind,
            branch_id=branch.id,
            branch_name=branch.name,
            terms=product.terms,
            form=form,
            state=ApplicationState.SUBMITTED,
            submitted_at=now,
            due_at=self._answer_time.due(now),
            updated_at=now,
            steps=(step,),
        )
        return application.with_event(Deed.SUBMITTED, at=now)

    async def _next_case_no(self) -> str:
        """``RQ`` + the day in China + six digits that start anew each day."""
        day = shanghai_day(self._clock()).strftime("%Y%m%d")
        number = await self._counters.next(f"cases-{day}")
        return f"RQ{day}{number:06d}"
