"""首页: works for everybody; what it counts is counted, nothing is made up."""

from handlers.access import public
from handlers.pages import PageHandler
from handlers.portal.products import card, tone
from handlers.presenting import rate_text
from server.core.paging import COUNT_CAP, PageRequest
from server.institutions.institution import KIND_NAMES
from server.products.mart import MartQuery

FEATURED = 6
INSTITUTIONS = 12
HOT = (
    ("科技创新", "/products?tag=科创"),
    ("纯信用", "/products?guarantee=credit"),
    ("绿色金融", "/products?tag=绿色"),
    ("大额经营", "/products?amount=gt1000"),
)

Figure = tuple[str, str, str]


class Home(PageHandler):
    """Search, log-in, figures, services, products, the way, institutions."""

    @public
    async def get(self) -> None:
        featured = await self.services.products.mart(MartQuery(), PageRequest(size=FEATURED))
        institutions = await self.services.institutions.first(INSTITUTIONS)
        await self.show(
            "portal/home/index.html",
            hot=HOT,
            figures=await self._figures(featured.total),
            products=[card(product) for product in featured.items],
            institutions=[
                (i.short_name, KIND_NAMES[i.kind], tone(i.id), f"/products?institution_id={i.id}")
                for i in institutions
            ],
        )

    async def _figures(self, products: int) -> list[Figure]:
        """(label, value, unit) of what can be counted; nothing is shown for what is not there yet."""
        settled = await self.services.institutions.count()
        lowest = await self.services.products.lowest_rate_bp()
        figures = [
            ("入驻机构", f"{settled.institutions:,}", "家"),
            ("经办网点", f"{settled.branches:,}", "个"),
            ("在架产品", f"{COUNT_CAP:,}+" if products > COUNT_CAP else f"{products:,}", "款"),
        ]
        if lowest is not None:
            figures.append(("最低参考年利率", rate_text(lowest), "% 起"))
        return figures
