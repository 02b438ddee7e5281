"""Loan applications in MongoDB: one document each, one atomic write per save, guarded by version."""

import re
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
from server.applications.state import WAITING, ApplicationState, Deed
from server.core.paging import COUNT_CAP, Page, PageRequest
from server.core.search import grams, needed_grams, normalise, terms_of
from server.institutions.institution import InstitutionKind
from server.loans.credit import Credit
from server.loans.loan import Loan
from server.products.terms import ProductTerms
from server.storage.encryption import FieldCipher
from server.storage.mongo import (
    AFTER,
    Database,
    Document,
    DuplicateKeyError,
    duplicated_fields,
    insert,
)
from server.storage.paging import fetch_page

CONTACT_NAME = "applications.contact_name"
CONTACT_PHONE = "applications.contact_phone"
NOTE = "applications.note"
_CODE = re.compile(r"rq[0-9]{14}|[0-9a-z]{18}")  # a case number, a credit code: normalised


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
            if duplicated_fields(error) == ("_id",) or await self.find(application.id):
                return
            if "product_id" not in duplicated_fields(error):
                raise
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

    async def find_open(self, enterprise_id: str, product_id: str) -> str | None:
        """The id of the enterprise's application that keeps it from applying to the product."""
        query = {"enterprise_id": enterprise_id, "product_id": product_id, "is_open": True}
        document = await self._applications.find_one(query, {"_id": 1})
        return str(document["_id"]) if document else None

    async def save(self, application: LoanApplication) -> LoanApplication:
        """Write the change and its events in one operation; ApplicationChanged when it moved on."""
        unchanged = {"_id": application.id, "version": application.version}
        events = [event.to_document() for event in application.pending]
        document = await self._applications.find_one_and_update(
            unchanged,
            {
                "$set": self._content(application),
                "$push": {"pending": {"$each": events}},
                "$inc": {"version": 1},
            },
            return_document=AFTER,
        )
        if document is None:
            raise ApplicationChanged()
        return self._from_document(document)

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
        """How many, counted up to COUNT_CAP + 1."""
        return await self._applications.count_documents(_condition(query), limit=COUNT_CAP + 1)

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
            "institution_kind": application.institution_kind,
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
            **_found_by(application),
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
            institution_kind=InstitutionKind(document["institution_kind"]),
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


def _found_by(application: LoanApplication) -> Document:
    """What lists are searched by: names in the middle, codes as a whole."""
    terms = application.terms
    own_names = [normalise(n) for n in (terms.name, terms.institution_name)]
    own_names.append(normalise(terms.institution_short_name))
    names = [normalise(application.enterprise_name), normalise(terms.name)]
    codes = {application.case_no.casefold(), application.uscc.casefold()}
    return {
        "names": names,
        "own_names": own_names,
        "grams": sorted(codes.union(*map(grams, (*names, *own_names)))),
    }


def _condition(query: CaseQuery) -> Document:
    condition: Document = {}
    for name in ("enterprise_id", "institution_id", "branch_id"):
        value = getattr(query, name)
        if value is not None:
            condition[name] = value
    # Every state by name, so that the indexes with the state before the order serve.
    states = query.states or frozenset(ApplicationState)
    if query.overdue_at is not None:
        states &= WAITING
        condition["due_at"] = {"$lte": query.overdue_at}
    condition["state"] = {"$in": sorted(states)}
    terms = terms_of(query.text)
    if terms:
        codes = [term for term in terms if _CODE.fullmatch(term)]
        words = [term for term in terms if term not in codes]
        needed = {gram for term in words for gram in needed_grams(term)}
        condition["grams"] = {"$all": sorted(needed.union(codes))}
        names = "names" if query.enterprise_id is None else "own_names"
        if words:
            condition["$and"] = [{names: {"$regex": re.escape(word)}} for word in words]
    return condition
