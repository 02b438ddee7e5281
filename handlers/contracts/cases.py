"""Applications, as the institutions that handle them see them."""

from tornado.web import RequestHandler

from handlers.api import cases
from handlers.api.case_answers import ApplicationDetailAnswer, ApplicationsAnswer
from handlers.forms import Form
from handlers.route import Operation, Route
from server.applications.application import (
    ApplicationChanged,
    ApplicationNotFound,
    ReasonMissing,
)
from server.applications.state import ApplicationMoveRefused
from server.core.errors import Refusal
from server.core.paging import CursorBroken
from server.loans.credit import (
    ContractRepeated,
    CreditTooHigh,
    LineExceeded,
)
from server.loans.loan import DatesReversed, LentInFuture

ITEM = r"/api/v1/cases/([0-9a-z]{26})"
MOVED_ON = (ApplicationNotFound, ApplicationMoveRefused, ApplicationChanged)


def deed(
    path: str,
    handler: type[RequestHandler],
    name: str,
    summary: str,
    *refusals: type[Refusal],
    form: type[Form] | None = None,
    status: int = 200,
) -> Route:
    """A decision about a case: it answers with the whole case."""
    operation = Operation(
        summary=summary,
        form=form,
        answer=ApplicationDetailAnswer,
        status=status,
        refusals=(*MOVED_ON, *refusals),
    )
    return Route(f"{ITEM}/{path}", handler, name, operations={"post": operation})


ROUTES = (
    Route(
        r"/api/v1/cases",
        cases.CaseCollection,
        "api_cases",
        operations={
            "get": Operation(
                summary="机构的申请",
                query=cases.CasesQuery,
                answer=ApplicationsAnswer,
                refusals=(CursorBroken,),
            )
        },
    ),
    Route(
        ITEM,
        cases.CaseItem,
        "api_case",
        operations={
            "get": Operation(
                summary="申请详情（查看会留痕）",
                answer=ApplicationDetailAnswer,
                refusals=(ApplicationNotFound,),
            )
        },
    ),
    deed("accept", cases.CaseAcceptance, "api_case_acceptance", "受理"),
    deed(
        "refer-back",
        cases.CaseReferral,
        "api_case_referral",
        "退回补件",
        ReasonMissing,
        form=cases.ReasonForm,
    ),
    deed(
        "decline",
        cases.CaseDecline,
        "api_case_decline",
        "拒绝",
        ReasonMissing,
        form=cases.ReasonForm,
    ),
    deed(
        "credit",
        cases.CaseCredit,
        "api_case_credit",
        "登记授信",
        CreditTooHigh,
        form=cases.CreditForm,
    ),
    deed(
        "loans",
        cases.CaseLoans,
        "api_case_loans",
        "登记放款",
        LineExceeded,
        ContractRepeated,
        DatesReversed,
        LentInFuture,
        form=cases.LoanForm,
        status=201,
    ),
    deed("close", cases.CaseClosing, "api_case_closing", "关闭"),
)
