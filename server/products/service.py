"""Products: writing, publishing and finding them."""

from datetime import date

from server.audit.service import Audit
from server.core.actor import Actor
from server.core.clock import Clock, shanghai_day
from server.core.paging import Page, PageRequest
from server.institutions.institution import Institution
from server.institutions.service import Institutions
from server.products.mart import MartQuery
from server.products.product import Product, ProductChanged, ProductContent, ProductNotFound
from server.products.repository import ProductRepository

EXPIRED_BATCH = 100


class Products:
    """Days are those of China."""

    def __init__(
        self,
        *,
        products: ProductRepository,
        institutions: Institutions,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._products = products
        self._institutions = institutions
        self._audit = audit
        self._clock = clock

    async def mart(self, query: MartQuery, request: PageRequest) -> Page[Product]:
        """One page of what everybody may see. Raises CursorBroken."""
        return await self._products.mart_page(query, request, today=self._today())

    async def count(self) -> int:
        """How many products everybody may see; COUNT_CAP + 1 stands for more."""
        return await self._products.count_listed(today=self._today())

    async def lowest_rate_bp(self) -> int | None:
        """The lowest annual rate that anybody offers today, if there are products."""
        return await self._products.lowest_rate_bp(today=self._today())

    async def get_published(self, product_id: str) -> Product:
        """A product that people may see and apply for today, or ProductNotFound."""
        product = await self._products.get(product_id)
        institution = await self._institutions.get(product.institution_id)
        current = product.following(institution)
        if not current.is_offered_on(self._today()):
            raise ProductNotFound()
        return current

    async def get(self, product_id: str) -> Product:
        """The product in any state, or ProductNotFound: for those who look after it."""
        return await self._products.get(product_id)

    async def draft(
        self,
        content: ProductContent,
        *,
        product_id: str,
        institution_id: str,
        actor: Actor | None,
    ) -> Product:
        """Write a new product; the same id again gives what the first try made."""
        institution = await self._institutions.get(institution_id)
        product = Product.drafted(
            content, product_id=product_id, institution=institution, at=self._clock()
        )
        if not await self._products.add(product):
            return await self._products.get(product_id)
        await self._audit.record_by(actor, "products.drafted", subject_id=product_id)
        return product

    async def revise(
        self, product_id: str, content: ProductContent, *, version: int, actor: Actor | None
    ) -> Product:
        """Change the content of the version that was read. Raises ProductOnShelf, ProductChanged."""
        product = await self._products.get(product_id)
        if product.version != version:
            raise ProductChanged()
        return await self._put(product, product.revised(content), "products.revised", actor)

    async def publish(self, product_id: str, *, actor: Actor | None) -> Product:
        """On the shelf from today.

        Raises RateMissing, RangeWrong, ContentMissing, PeriodOver or ProductMoveRefused.
        """
        product = await self._products.get(product_id)
        institution = await self._institutions.get(product.institution_id)
        shown = product.following(institution).published(today=self._today())
        return await self._put(product, shown, "products.published", actor)

    async def take_off_shelf(self, product_id: str, *, actor: Actor | None) -> Product:
        """Nobody sees it any more; running cases go on with their terms."""
        product = await self._products.get(product_id)
        return await self._put(product, product.taken_off(), "products.taken_off_shelf", actor)

    async def follow(self, institution_id: str) -> None:
        """Repeat the institution's names and state on its products: the reaction to its change."""
        institution = await self._institutions.get(institution_id)
        for product in await self._products.of_institution(institution_id):
            await self._follow(product, institution)

    async def retire_expired(self) -> int:
        """Take off the shelf what is past its last day, a batch at a time; how many."""
        expired = await self._products.expired(today=self._today(), limit=EXPIRED_BATCH)
        for product in expired:
            if await self._products.save(product.taken_off(), was=product.version):
                await self._audit.record_by(None, "products.expired", subject_id=product.id)
        return len(expired)

    async def _follow(self, product: Product, institution: Institution) -> None:
        while not await self._products.save(product.following(institution), was=product.version):
            product = await self._products.get(product.id)

    async def _put(
        self, before: Product, after: Product, deed: str, actor: Actor | None
    ) -> Product:
        if not await self._products.save(after, was=before.version):
            raise ProductChanged()
        await self._audit.record_by(actor, deed, subject_id=after.id)
        return after

    def _today(self) -> date:
        return shanghai_day(self._clock())
