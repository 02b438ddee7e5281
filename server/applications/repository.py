"""Loan applications in MongoDB: one document each, one atomic write per save, guarded by version."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from server.applications.application import (
    ApplicationChanged,
    ApplicationNotFound,
    ApplicationOpen,
    LoanApplication,
    Step,
)
from server.applications.form import ApplicationForm, LoanPurpose
from server.applications.query import CaseQuery
from server.applications.state import ApplicationState, Deed
from server.core.paging import Page, PageRequest
from server.core.search import grams, needed_grams, terms_of
from server.loans.credit import Credit
from server.loans.loan import Loan
from server.products.terms import ProductTerms
from server.storage.encryption import FieldCipher
from server.storage.mongo import Database, Document, DuplicateKeyError, duplicated_fields, insert
from server.storage.paging import fetch_page

CONTACT_NAME = "applications.contact_name"
CONTACT_PHONE = "applications.contact_phone"
NOTE = "applications.note"


class LoanApplicationRepository:
    """The collection ``applications``. Contacts and free text are sealed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._applications = database["applications"]
        self._cipher = cipher

    async def add(self, application: LoanApplication) -> None:
        """Insert; the same id again is the same application. Raises ApplicationOpen."""
        document = {"_id": application.id, **self._content(application), "version": 1}
        document["pending"] = [event.to_document() for event in application.pending]
        try:
            await insert(self._applications, document)
        except DuplicateKeyError as error:
            if duplicated_fields(error) != ("_id",):
                raise ApplicationOpen() from None

    async def get(self, application_id: str) -> LoanApplication:
        """The application, or ApplicationNotFound."""
        document = await self._applications.find_one({"_id": application_id})
        if document is None:
            raise ApplicationNotFound()
        return self._from_document(document)

    async def find(self, application_id: str) -> LoanApplication | None:
        """The application, if it is there."""
        document = await self._applications.find_one({"_id": application_id})
        return self._from_document(document) if document else None

    async def save(self, application: LoanApplication) -> None:
        """Write the change and its events in one operation; ApplicationChanged when it moved on."""
        unchanged = {"_id": application.id, "version": application.version}
        events = [event.to_document() for event in application.pending]
        try:
            result = await self._applications.update_one(
                unchanged,
                {
                    "$set": self._content(application),
                    "$push": {"pending": {"$each": events}},
                    "$inc": {"version": 1},
                },
            )
        except DuplicateKeyError:
            raise ApplicationOpen() from None
        if result.matched_count == 0:
            raise ApplicationChanged()

    async def page(self, query: CaseQuery, request: PageRequest) -> Page[LoanApplication]:
        """One page, newest first."""
        return await fetch_page(
            self._applications,
            _condition(query),
            request,
            self._from_document,
            newest_by="submitted_at",
        )

    async def count(self, query: CaseQuery) -> int:
        """How many, counted up to 10,001."""
        return await self._applications.count_documents(_condition(query), limit=10_001)

    def _content(self, application: LoanApplication) -> Document:
        seal = self._cipher.seal
        form = asdict(application.form)
        form["contact_name"] = seal(application.form.contact_name, CONTACT_NAME)
        form["contact_phone"] = seal(application.form.contact_phone, CONTACT_PHONE)
        form["note"] = seal(application.form.note, NOTE)
        return {
            "case_no": application.case_no,
            "enterprise_id": application.enterprise_id,
            "enterprise_name": application.enterprise_name,
            "uscc": application.uscc,
            "account_id": application.account_id,
            "institution_id": application.institution_id,
            "branch_id": application.branch_id,
            "branch_name": application.branch_name,
            "product_id": application.terms.product_id,
            "terms": application.terms.to_document(),
            "form": form,
            "state": application.state,
            "is_open": application.is_open,
            "submitted_at": application.submitted_at,
            "due_at": application.due_at,
            "updated_at": application.updated_at,
            "credit": self._credit(application.credit),
            "loans": [loan.to_document() for loan in application.loans],
            "steps": [
                {**asdict(step), "note": seal(step.note, NOTE)} for step in application.steps
            ],
            "grams": sorted(
                grams(f"{application.enterprise_name} {application.terms.name}")
                | {application.case_no}
            ),
        }

    def _credit(self, credit: Credit | None) -> Document | None:
        if credit is None:
            return None
        document = credit.to_document()
        document["reason"] = self._cipher.seal(credit.reason, NOTE)
        return document

    def _from_document(self, document: Mapping[str, Any]) -> LoanApplication:
        reveal = self._cipher.open
        form = dict(document["form"])
        form["contact_name"] = reveal(form["contact_name"], CONTACT_NAME)
        form["contact_phone"] = reveal(form["contact_phone"], CONTACT_PHONE)
        form["note"] = reveal(form["note"], NOTE)
        form["purpose"] = LoanPurpose(form["purpose"])
        credit = document["credit"]
        if credit is not None:
            credit = Credit.from_document({**credit, "reason": reveal(credit["reason"], NOTE)})
        plain = {name: document[name] for name in _PLAIN}
        return LoanApplication(
            id=document["_id"],
            **plain,
            terms=ProductTerms.from_document(document["terms"]),
            form=ApplicationForm(**form),
            state=ApplicationState(document["state"]),
            credit=credit,
            loans=tuple(Loan.from_document(loan) for loan in document["loans"]),
            steps=tuple(
                Step(
                    deed=Deed(step["deed"]),
                    at=step["at"],
                    account_id=step["account_id"],
                    note=reveal(step["note"], NOTE),
                    amount_fen=step["amount_fen"],
                )
                for step in document["steps"]
            ),
        )


_PLAIN = (
    "case_no",
    "enterprise_id",
    "enterprise_name",
    "uscc",
    "account_id",
    "institution_id",
    "branch_id",
    "branch_name",
    "submitted_at",
    "due_at",
    "updated_at",
    "version",
)


def _condition(query: CaseQuery) -> Document:
    condition: Document = {}
    for name in ("enterprise_id", "institution_id", "branch_id"):
        value = getattr(query, name)
        if value is not None:
            condition[name] = value
    if query.states:
        condition["state"] = {"$in": sorted(query.states)}
    if query.overdue_at is not None:
        condition["due_at"] = {"$lte": query.overdue_at}
    if query.text:
        wanted = [gram for term in terms_of(query.text) for gram in needed_grams(term)]
        is_case_no = query.text.upper().startswith("RQ")
        condition["grams"] = query.text.upper() if is_case_no else {"$all": wanted}
    return condition
