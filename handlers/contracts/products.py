"""Products and the branches that take applications for them."""

from handlers.api import institutions, products
from handlers.route import Operation, Route
from server.core.paging import CursorBroken
from server.institutions.institution import InstitutionNotFound, InstitutionSuspended
from server.products.product import ProductNotFound

ROUTES = (
    Route(
        r"/api/v1/products",
        products.ProductCollection,
        "api_products",
        operations={
            "get": Operation(
                summary="融资产品列表",
                query=products.ProductsQuery,
                answer=products.ProductsAnswer,
                refusals=(CursorBroken,),
            )
        },
    ),
    Route(
        r"/api/v1/products/([0-9a-z]{26})",
        products.ProductItem,
        "api_product",
        operations={
            "get": Operation(
                summary="融资产品详情",
                answer=products.ProductDetailAnswer,
                refusals=(ProductNotFound,),
            )
        },
    ),
    Route(
        r"/api/v1/institutions/([0-9a-z]{26})/branches",
        institutions.BranchCollection,
        "api_branches",
        operations={
            "get": Operation(
                summary="机构的经办网点",
                query=institutions.BranchesQuery,
                answer=institutions.BranchesAnswer,
                refusals=(InstitutionNotFound, InstitutionSuspended),
            )
        },
    ),
)
