"""Applications, as their applicants see them."""

from handlers.api import applications
from handlers.api.case_answers import ApplicationDetailAnswer, ApplicationsAnswer
from handlers.route import Operation, Route
from server.applications.application import (
    ApplicationChanged,
    ApplicationNotFound,
    ApplicationOpen,
)
from server.applications.form import AmountOutOfRange, RateOutOfRange, TermOutOfRange
from server.applications.state import ApplicationMoveRefused
from server.consents.consent import ConsentOutdated
from server.core.paging import CursorBroken
from server.enterprises.enterprise import CertificationNeeded
from server.institutions.institution import (
    BranchNotOfInstitution,
    BranchNotServing,
    InstitutionSuspended,
)
from server.products.product import ProductNotFound

ITEM = r"/api/v1/applications/([0-9a-z]{26})"
RANGES = (AmountOutOfRange, TermOutOfRange, RateOutOfRange)
MOVED_ON = (ApplicationNotFound, ApplicationMoveRefused, ApplicationChanged)

ROUTES = (
    Route(
        r"/api/v1/products/([0-9a-z]{26})/applications",
        applications.ProductApplications,
        "api_product_applications",
        operations={
            "post": Operation(
                summary="申请融资产品",
                form=applications.ApplyForm,
                answer=ApplicationDetailAnswer,
                status=201,
                refusals=(
                    CertificationNeeded,
                    ProductNotFound,
                    InstitutionSuspended,
                    BranchNotOfInstitution,
                    BranchNotServing,
                    *RANGES,
                    ConsentOutdated,
                    ApplicationOpen,
                ),
            )
        },
    ),
    Route(
        r"/api/v1/applications",
        applications.ApplicationCollection,
        "api_applications",
        operations={
            "get": Operation(
                summary="我的申请",
                query=applications.ApplicationsQuery,
                answer=ApplicationsAnswer,
                refusals=(CursorBroken,),
            )
        },
    ),
    Route(
        ITEM,
        applications.ApplicationItem,
        "api_application",
        operations={
            "get": Operation(
                summary="申请详情与进度",
                answer=ApplicationDetailAnswer,
                refusals=(ApplicationNotFound,),
            )
        },
    ),
    Route(
        rf"{ITEM}/withdraw",
        applications.ApplicationWithdrawal,
        "api_application_withdrawal",
        operations={
            "post": Operation(summary="撤回申请", answer=ApplicationDetailAnswer, refusals=MOVED_ON)
        },
    ),
    Route(
        rf"{ITEM}/resubmit",
        applications.ApplicationResubmission,
        "api_application_resubmission",
        operations={
            "post": Operation(
                summary="补充后重新提交",
                form=applications.WantedForm,
                answer=ApplicationDetailAnswer,
                refusals=(CertificationNeeded, *MOVED_ON, *RANGES),
            )
        },
    ),
)
