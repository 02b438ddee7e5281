"""Arranging: institutions and products, through the services, on a real database."""

from dataclasses import dataclass, replace
from typing import Any

from server.audit.repository import AuditRepository
from server.audit.service import Audit
from server.core.clock import Clock
from server.core.ids import new_id
from server.core.paging import PageRequest
from server.institutions.institution import Branch, Institution, InstitutionKind
from server.institutions.repository import InstitutionRepository
from server.institutions.service import Institutions
from server.products.bands import WAN
from server.products.mart import MartQuery
from server.products.product import GuaranteeMethod, Product, ProductContent
from server.products.repository import ProductRepository
from server.products.service import Products
from server.storage.leases import Leases
from server.storage.mongo import Database

CITY = "430100"
CONTENT = ProductContent(
    name="云帆经营贷",
    summary="按纳税记录授信",
    rate_min_bp=400,
    rate_max_bp=600,
    amount_min_fen=10 * WAN,
    amount_max_fen=300 * WAN,
    term_min_months=3,
    term_max_months=12,
    guarantee_methods=(GuaranteeMethod.CREDIT,),
    region_codes=(CITY,),
    tags=("信用",),
    purposes="日常经营周转",
    features="额度最高300万元；线上申请",
    description="为经营满一年的企业提供周转资金。",
    repayment="按月付息、到期还本",
    prepayment="可随时提前归还，不收违约金",
    eligibility=("正常经营满一年", "无重大不良信用记录"),
    materials=("营业执照副本", "近一年财务报表"),
)


def branch(name: str = "江岸支行", *region_codes: str) -> Branch:
    """A branch; without codes it serves the whole city."""
    return Branch(
        id=new_id(),
        name=name,
        region_codes=region_codes or (CITY,),
        address="云桥市书院坊1号",
        phone="0731-80001001",
    )


def content(**changes: Any) -> ProductContent:
    """What an institution writes, with some of it different."""
    return replace(CONTENT, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mart:
    """Both services and short ways to fill them."""

    institutions: Institutions
    products: Products
    clock: Clock

    async def settle(
        self,
        short_name: str = "江岸银行",
        *branches: Branch,
        kind: InstitutionKind = InstitutionKind.BANK,
        region_codes: tuple[str, ...] = (CITY,),
    ) -> Institution:
        """An active institution."""
        institution = Institution(
            id=new_id(),
            name=f"云桥{short_name}股份有限公司",
            short_name=short_name,
            kind=kind,
            region_codes=region_codes,
            branches=branches or (branch(),),
            created_at=self.clock(),
        )
        await self.institutions.add(institution, actor=None)
        return institution

    async def draft(self, institution: Institution, **changes: Any) -> Product:
        """A draft of the institution's."""
        return await self.products.draft(
            content(**changes), product_id=new_id(), institution_id=institution.id, actor=None
        )

    async def publish(self, institution: Institution, **changes: Any) -> Product:
        """A product on the shelf."""
        product = await self.draft(institution, **changes)
        return await self.products.publish(product.id, actor=None)

    async def names(self, **query: Any) -> list[str]:
        """The names on the first page of what is asked, in order."""
        page = await self.products.mart(MartQuery(**query), PageRequest(size=50))
        assert page.total == len(page.items)
        return [product.name for product in page.items]


def mart_on(database: Database, clock: Clock) -> Mart:
    """Services on the database with a clock of the test's."""
    audit = Audit(rows=AuditRepository(database), leases=Leases(database, clock), clock=clock)
    institutions = Institutions(
        institutions=InstitutionRepository(database), audit=audit, clock=clock
    )
    products = Products(
        products=ProductRepository(database), institutions=institutions, audit=audit, clock=clock
    )
    return Mart(institutions=institutions, products=products, clock=clock)
