"""Face check by E证通 (eID), walked inside WeChat.

Follows https://cloud.tencent.com/document/product/1007/54089 (GetEidToken), 1007/54091
(CheckEidTokenStatus), 1007/54090 (GetEidResult) and the result codes of 1007/115318. None of the
three calls is billed by itself, so each is tried again within its deadline; the check that the
person makes is billed for codes 0, 2006 and 2016.
"""

from typing import NoReturn

from server.providers.ports.face import (
    FaceResult,
    FaceSession,
    FaceStatus,
    FaceTokenRefused,
)
from server.providers.tencent.answers import (
    Answer,
    AnswerUnreadable,
    required_number,
    required_text,
)
from server.providers.tencent.client import TencentSession
from server.providers.tencent.face_codes import failure_of

_WE_SUPPLY_NAME_AND_NUMBER = "4"
_TEXT_ONLY = "1"  # the default sends the pictures of face and card as well
_ATTEMPTS = 3
_ILLEGAL = "InvalidParameterValue.BizTokenIllegal"
_EXPIRED = "InvalidParameterValue.BizTokenExpired"


class TencentFaceCheck:
    def __init__(self, session: TencentSession, *, merchant_id: str) -> None:
        """merchant_id is issued in the eID console and belongs to the account of the session's key."""
        self._session = session
        self._merchant_id = merchant_id

    async def warm(self) -> None:
        await self._session.warm()

    def close(self) -> None:
        self._session.close()

    async def start(self, *, name: str, id_number: str, return_url: str, nonce: str) -> FaceSession:
        return await self._session.call(
            "GetEidToken",
            {
                "MerchantId": self._merchant_id,
                "Name": name,
                "IdCard": id_number,
                "Extra": nonce,
                "RedirectUrl": return_url,
                "Config": {"InputType": _WE_SUPPLY_NAME_AND_NUMBER},
            },
            read=_session,
            attempts=_ATTEMPTS,
        )

    async def status(self, *, token: str) -> FaceStatus:
        return await self._session.call(
            "CheckEidTokenStatus",
            {"EidToken": token},
            read=_status,
            replies={_ILLEGAL: _refuse_token, _EXPIRED: lambda: FaceStatus.TIMEOUT},
            attempts=_ATTEMPTS,
        )

    async def result(self, *, token: str) -> FaceResult:
        return await self._session.call(
            "GetEidResult",
            {"EidToken": token, "InfoType": _TEXT_ONLY},
            read=_result,
            replies={_ILLEGAL: _refuse_token, _EXPIRED: _refuse_token},
            attempts=_ATTEMPTS,
        )


def _refuse_token() -> NoReturn:
    raise FaceTokenRefused


def _session(answer: Answer) -> FaceSession:
    return FaceSession(
        token=required_text(answer, "EidToken"),
        url=required_text(answer, "Url"),
        request_id=required_text(answer, "RequestId"),
    )


def _status(answer: Answer) -> FaceStatus:
    try:
        return FaceStatus(required_text(answer, "Status"))
    except ValueError:
        raise AnswerUnreadable from None


def _result(answer: Answer) -> FaceResult:
    """Passed is 0 and no other sign against it; the parts may be absent, but may not contradict."""
    outcome = answer.get("Text")
    if not isinstance(outcome, dict):
        raise AnswerUnreadable
    code = required_number(outcome, "ErrCode")
    parts = (outcome.get("LiveStatus"), outcome.get("Comparestatus"))
    passed = code == 0 and all(part in (None, 0) for part in parts)
    extra = outcome.get("Extra")
    return FaceResult(
        passed=passed,
        code=code,
        nonce=extra if isinstance(extra, str) else None,
        reason=None if passed else failure_of(code),
        request_id=required_text(answer, "RequestId"),
    )
