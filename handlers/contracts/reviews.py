"""The review of certifications by staff."""

from handlers.api import reviews
from handlers.route import Operation, Route
from server.core.paging import CursorBroken
from server.enterprises.certification import CertificationNotFound, MoveIllegal
from server.enterprises.enterprise import UsccClaimed
from server.enterprises.review import NothingToReview
from server.enterprises.rounds import (
    CaseClaimed,
    CaseNotClaimed,
    ChangedMeanwhile,
    ReasonTooLong,
    ReasonTooShort,
)
from server.files.stored_file import FileNotFound, FilesBusy

REVIEW = r"/api/v1/reviews/([0-9a-z]{26})"
_DECIDING = (
    CertificationNotFound,
    CaseClaimed,
    CaseNotClaimed,
    NothingToReview,
    MoveIllegal,
    ChangedMeanwhile,
)
_REVIEW = reviews.ReviewAnswer

ROUTES = (
    Route(
        r"/api/v1/reviews",
        reviews.ReviewCollection,
        "api_reviews",
        operations={
            "get": Operation(
                summary="认证审核列表",
                query=reviews.ReviewsQuery,
                answer=reviews.ReviewsAnswer,
                refusals=(CursorBroken,),
            )
        },
    ),
    Route(
        r"/api/v1/reviews/counts",
        reviews.ReviewCounting,
        "api_review_counts",
        operations={"get": Operation(summary="认证审核计数", answer=reviews.CountsAnswer)},
    ),
    Route(
        REVIEW,
        reviews.ReviewItem,
        "api_review",
        operations={
            "get": Operation(
                summary="认证审核详情", answer=_REVIEW, refusals=(CertificationNotFound,)
            )
        },
    ),
    Route(
        rf"{REVIEW}/licence",
        reviews.ReviewLicence,
        "api_review_licence",
        operations={
            "get": Operation(
                summary="查看营业执照图片（留痕）",
                refusals=(CertificationNotFound, FileNotFound, FilesBusy),
            )
        },
    ),
    Route(
        rf"{REVIEW}/claim",
        reviews.ReviewClaim,
        "api_review_claim",
        operations={"post": Operation(summary="领取认证申请", answer=_REVIEW, refusals=_DECIDING)},
    ),
    Route(
        rf"{REVIEW}/release",
        reviews.ReviewRelease,
        "api_review_release",
        operations={"post": Operation(summary="放回认证申请", answer=_REVIEW, refusals=_DECIDING)},
    ),
    Route(
        rf"{REVIEW}/approve",
        reviews.ReviewApproval,
        "api_review_approval",
        operations={
            "post": Operation(
                summary="通过认证", answer=_REVIEW, refusals=(*_DECIDING, UsccClaimed)
            )
        },
    ),
    Route(
        rf"{REVIEW}/reject",
        reviews.ReviewRejection,
        "api_review_rejection",
        operations={
            "post": Operation(
                summary="驳回认证",
                form=reviews.ReasonForm,
                answer=_REVIEW,
                refusals=(*_DECIDING, ReasonTooShort, ReasonTooLong),
            )
        },
    ),
    Route(
        rf"{REVIEW}/return",
        reviews.ReviewReturn,
        "api_review_return",
        operations={
            "post": Operation(
                summary="退回补充",
                form=reviews.ReasonForm,
                answer=_REVIEW,
                refusals=(*_DECIDING, ReasonTooShort, ReasonTooLong),
            )
        },
    ),
    Route(
        rf"{REVIEW}/reveal",
        reviews.IdNumberReveal,
        "api_review_reveal",
        operations={
            "post": Operation(
                summary="查看完整身份证号（留痕）",
                form=reviews.ReasonForm,
                answer=reviews.IdNumberAnswer,
                refusals=(CertificationNotFound, ReasonTooShort, ReasonTooLong),
            )
        },
    ),
)
