"""Products in MongoDB, with what the mart searches by worked out at every write.

``shelf`` holds a word for each way in which security and institution's kind can be chosen
("*/*", "credit/*", "credit/bank"), and none while the product is not listed. With it and the two
bands every combination of those filters is a few points of one index that is already in order,
so that a page costs the same in any order, also when nothing matches.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from server.core.paging import COUNT_CAP, Page, PageRequest
from server.core.search import grams, needed_grams, normalise, terms_of
from server.institutions.institution import InstitutionKind
from server.institutions.region import ancestors
from server.products.bands import (
    AMOUNT_LIMITS,
    RATE_LIMITS,
    TERM_LIMITS,
    AmountBand,
    TermBand,
    band_of,
)
from server.products.mart import MartQuery, MartSort
from server.products.product import (
    GuaranteeMethod,
    Product,
    ProductNotFound,
    ProductState,
)
from server.products.ranking import score
from server.storage.mongo import ASCENDING, Database, Document, DuplicateKeyError, insert
from server.storage.paging import Order, fetch_page

ANY = "*"
NO_END = "9999-12-31"
ORDERS = {
    MartSort.COMPREHENSIVE: Order(field="score", value=int),
    MartSort.RATE: Order(field="rate_min_bp", value=int, direction=ASCENDING),
    MartSort.AMOUNT: Order(field="amount_max_fen", value=int),
    MartSort.NEWEST: Order(field="published_on", value=str),
}
_LISTS = ("region_codes", "tags", "eligibility", "materials")
_PLAIN = (
    "name",
    "summary",
    "rate_min_bp",
    "rate_max_bp",
    "amount_min_fen",
    "amount_max_fen",
    "term_min_months",
    "term_max_months",
    "purposes",
    "features",
    "description",
    "repayment",
    "prepayment",
    "institution_id",
    "institution_name",
    "institution_short_name",
    "institution_active",
    "created_at",
    "version",
)


class ProductRepository:
    """The collection ``products``."""

    def __init__(self, database: Database) -> None:
        self._products = database["products"]

    async def add(self, product: Product) -> bool:
        """Insert; whether it is new: the same id again changes nothing."""
        try:
            await insert(self._products, _to_document(product))
        except DuplicateKeyError:
            return False
        return True

    async def get(self, product_id: str) -> Product:
        """The product in any state, or ProductNotFound."""
        document = await self._products.find_one({"_id": product_id})
        if document is None:
            raise ProductNotFound()
        return _from_document(document)

    async def save(self, product: Product, *, was: int) -> bool:
        """Put it in place of version ``was``; whether that was still the one."""
        document = _to_document(product)
        found = await self._products.replace_one({"_id": product.id, "version": was}, document)
        return found.matched_count == 1

    async def mart_page(
        self, query: MartQuery, request: PageRequest, *, today: date
    ) -> Page[Product]:
        """One page of what is listed that day."""
        order = ORDERS[query.sort]
        return await fetch_page(
            self._products, _condition(query, today), request, _from_document, order=order
        )

    async def count_listed(self, *, today: date) -> int:
        """How many are listed that day, counted up to COUNT_CAP + 1."""
        condition = {"shelf": f"{ANY}/{ANY}", "until_on": {"$gte": today.isoformat()}}
        return await self._products.count_documents(condition, limit=COUNT_CAP + 1)

    async def lowest_rate_bp(self, *, today: date) -> int | None:
        """The lowest annual rate of what is listed that day."""
        condition = _condition(MartQuery(), today)
        found = await self._products.find_one(condition, sort=[("rate_min_bp", ASCENDING)])
        return found["rate_min_bp"] if found else None

    async def of_institution(self, institution_id: str) -> Sequence[Product]:
        """All products of an institution, in any state."""
        found = self._products.find({"institution_id": institution_id}).sort("_id", ASCENDING)
        return [_from_document(document) async for document in found]

    async def expired(self, *, today: date, limit: int) -> Sequence[Product]:
        """Published ones whose last day has passed."""
        condition = {"state": ProductState.PUBLISHED, "until_on": {"$lt": today.isoformat()}}
        found = self._products.find(condition).sort("until_on", ASCENDING).limit(limit)
        return [_from_document(document) async for document in found]


def _condition(query: MartQuery, today: date) -> Document:
    condition: Document = {
        "shelf": f"{query.guarantee or ANY}/{query.kind or ANY}",
        "amount_band": query.amount or {"$in": list(AmountBand)},
        "term_band": query.term or {"$in": list(TermBand)},
        "until_on": {"$gte": today.isoformat()},
    }
    if query.rate is not None:
        condition["rate_band"] = query.rate
    if query.region_code is not None:
        places = [query.region_code, *ancestors(query.region_code), _within(query.region_code)]
        condition["places"] = {"$in": places}
    if query.tag is not None:
        condition["tags"] = query.tag
    if query.institution_id is not None:
        condition["institution_id"] = query.institution_id
    terms = terms_of(query.text)
    if terms:
        needed = sorted({gram for term in terms for gram in needed_grams(term)})
        condition["grams"] = {"$all": needed}
        condition["$and"] = [{"names": {"$regex": re.escape(term)}} for term in terms]
    return condition


def _within(region_code: str) -> str:
    """Stands in ``places`` of a product that is offered in a part of the region."""
    return f"<{region_code}"


def _shelf(product: Product) -> list[str]:
    if not product.is_listed:
        return []
    kinds = (ANY, product.institution_kind)
    return [f"{method}/{kind}" for method in (ANY, *product.guarantee_methods) for kind in kinds]


def _derived(product: Product) -> Document:
    names = [
        normalise(name)
        for name in (product.name, product.institution_name, product.institution_short_name)
    ]
    around = {_within(place) for code in product.region_codes for place in ancestors(code)}
    rate = product.rate_min_bp
    return {
        "shelf": _shelf(product),
        "names": names,
        "grams": sorted(frozenset[str]().union(*map(grams, names))),
        "places": [*product.region_codes, *sorted(around)],
        "amount_band": band_of(product.amount_max_fen, AMOUNT_LIMITS),
        "term_band": band_of(product.term_max_months, TERM_LIMITS),
        "rate_band": None if rate is None else band_of(rate, RATE_LIMITS),
        "score": score(product),
    }


def _to_document(product: Product) -> Document:
    document: Document = {"_id": product.id}
    document.update({name: getattr(product, name) for name in _PLAIN})
    document.update({name: list(getattr(product, name)) for name in _LISTS})
    document["guarantee_methods"] = list(product.guarantee_methods)
    document["institution_kind"] = product.institution_kind
    document["state"] = product.state
    document["published_on"] = product.published_on.isoformat() if product.published_on else None
    document["until_on"] = product.until_on.isoformat() if product.until_on else NO_END
    document.update(_derived(product))
    return document


def _from_document(document: Document) -> Product:
    values: dict[str, Any] = {name: document[name] for name in _PLAIN}
    values.update({name: tuple(document[name]) for name in _LISTS})
    published_on, until_on = document["published_on"], document["until_on"]
    return Product(
        **values,
        id=document["_id"],
        guarantee_methods=tuple(GuaranteeMethod(m) for m in document["guarantee_methods"]),
        institution_kind=InstitutionKind(document["institution_kind"]),
        state=ProductState(document["state"]),
        published_on=date.fromisoformat(published_on) if published_on else None,
        until_on=date.fromisoformat(until_on) if until_on != NO_END else None,
    )
