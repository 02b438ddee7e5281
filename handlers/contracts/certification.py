"""The applicant's steps of certification."""

from handlers.api import certification
from handlers.enterprise_forms import ProfileForm
from handlers.route import Operation, Route
from server.consents.consent import ConsentMissing, ConsentOutdated, ReadTooFast
from server.enterprises.certification import CertificationNotFound, MoveIllegal, StepMissing
from server.enterprises.enterprise import UsccClaimed
from server.enterprises.face import FaceAlreadyPassed, FaceNeeded, FaceTicketDead
from server.enterprises.face_checks import FaceTooOften
from server.enterprises.filling import TooOften
from server.enterprises.four_factors import (
    EnterpriseNotOpen,
    FactorsDown,
    FactorsMismatched,
    FactorsNotSynced,
)
from server.enterprises.profile import EstablishedInFuture, IdNumberWrong, UsccFixed, UsccWrong
from server.enterprises.register_facts import RegisterSilent
from server.enterprises.rounds import ChangedMeanwhile
from server.files.stored_file import (
    FileEmpty,
    FileNotFound,
    FilesBusy,
    FileTooLarge,
    FileTooManyPixels,
    FileTypeUnknown,
    FileUnreadable,
)
from server.providers.ports.unavailable import ProviderUnavailable

BASE = r"/api/v1/certification"
TICKET = r"([0-9A-Za-z]{22})"
_MOVING = (CertificationNotFound, MoveIllegal, StepMissing, ChangedMeanwhile)
_CASE = certification.CertificationAnswer

ROUTES = (
    Route(
        BASE,
        certification.CertificationItem,
        "api_certification",
        operations={
            "get": Operation(
                summary="我的企业认证", answer=_CASE, refusals=(CertificationNotFound,)
            )
        },
    ),
    Route(
        rf"{BASE}/agreement",
        certification.AgreementAcceptance,
        "api_certification_agreement",
        operations={
            "post": Operation(
                summary="同意企业认证授权书",
                form=certification.AgreementForm,
                answer=_CASE,
                status=201,
                refusals=(ReadTooFast, ConsentOutdated, MoveIllegal, ChangedMeanwhile),
            )
        },
    ),
    Route(
        rf"{BASE}/licence",
        certification.LicenceItem,
        "api_certification_licence",
        operations={
            "get": Operation(
                summary="营业执照图片", refusals=(CertificationNotFound, FileNotFound, FilesBusy)
            ),
            "post": Operation(
                summary="上传营业执照并识别",
                answer=_CASE,
                status=201,
                upload=True,
                refusals=(
                    *_MOVING,
                    FileTooLarge,
                    FileEmpty,
                    FileTypeUnknown,
                    FileUnreadable,
                    FileTooManyPixels,
                    FilesBusy,
                    TooOften,
                ),
            ),
            "delete": Operation(summary="删除营业执照", status=204, refusals=_MOVING),
        },
    ),
    Route(
        rf"{BASE}/licence/reading",
        certification.LicenceReading,
        "api_certification_licence_reading",
        operations={
            "post": Operation(
                summary="重新识别营业执照",
                answer=_CASE,
                refusals=(*_MOVING, TooOften, FileNotFound, FilesBusy),
            )
        },
    ),
    Route(
        rf"{BASE}/lookup",
        certification.LookUp,
        "api_certification_lookup",
        operations={
            "post": Operation(
                summary="企业检索",
                form=certification.LookUpForm,
                answer=certification.FactsAnswer,
                refusals=(*_MOVING, UsccWrong, RegisterSilent, TooOften, ProviderUnavailable),
            )
        },
    ),
    Route(
        rf"{BASE}/profile",
        certification.ProfileItem,
        "api_certification_profile",
        operations={
            "post": Operation(
                summary="保存企业信息并核验四要素",
                form=ProfileForm,
                answer=_CASE,
                refusals=(
                    *_MOVING,
                    UsccWrong,
                    UsccFixed,
                    UsccClaimed,
                    IdNumberWrong,
                    EstablishedInFuture,
                    FactorsMismatched,
                    FactorsNotSynced,
                    FactorsDown,
                    EnterpriseNotOpen,
                    TooOften,
                ),
            )
        },
    ),
    Route(
        rf"{BASE}/face-tickets",
        certification.FaceTicketCollection,
        "api_face_tickets",
        operations={
            "post": Operation(
                summary="取得或刷新人脸核验二维码",
                form=certification.TicketForm,
                answer=certification.FaceAnswer,
                status=201,
                refusals=(*_MOVING, FaceTooOften),
            )
        },
    ),
    Route(
        rf"{BASE}/face-tickets/{TICKET}",
        certification.FaceTicketItem,
        "api_face_ticket",
        operations={
            "get": Operation(
                summary="人脸核验状态",
                answer=certification.FaceAnswer,
                refusals=(FaceTicketDead, ProviderUnavailable),
            )
        },
    ),
    Route(
        rf"{BASE}/face-tickets/{TICKET}/start",
        certification.FaceStart,
        "api_face_start",
        operations={
            "post": Operation(
                summary="单独同意并开始人脸核验",
                form=certification.StartForm,
                answer=certification.FaceStartAnswer,
                status=201,
                refusals=(
                    FaceTicketDead,
                    FaceAlreadyPassed,
                    ConsentMissing,
                    ConsentOutdated,
                    FaceTooOften,
                    ProviderUnavailable,
                    ChangedMeanwhile,
                ),
            )
        },
    ),
    Route(
        rf"{BASE}/submission",
        certification.SubmissionCollection,
        "api_certification_submission",
        operations={
            "post": Operation(
                summary="提交审核", answer=_CASE, status=201, refusals=(*_MOVING, FaceNeeded)
            )
        },
    ),
)
