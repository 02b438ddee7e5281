"""Reading a business licence: BizLicenseOCR.

Follows https://cloud.tencent.com/document/api/866/36215. Billed per answer, so never repeated.
The picture goes as base64 only: a user's URL is never passed on.
"""

import base64
from collections.abc import Callable, Iterable
from typing import NoReturn

from server.providers.ports.licence import (
    LICENCE_IMAGE_MAX_BYTES,
    LicenceProblem,
    LicenceReading,
    LicenceUnreadable,
    LicenceWarning,
)
from server.providers.tencent.answers import Answer, day, required_text, text
from server.providers.tencent.client import TencentSession

_WARNINGS = {
    -9102: LicenceWarning.COPY,
    -9104: LicenceWarning.RESHOOT,
    -9108: LicenceWarning.SCOPE_UNREADABLE,
}
_PROBLEMS = {
    "FailedOperation.NoBizLicense": LicenceProblem.NOT_A_LICENCE,
    "FailedOperation.ImageNoText": LicenceProblem.NOT_A_LICENCE,
    "FailedOperation.EmptyImageError": LicenceProblem.NOT_AN_IMAGE,
    "FailedOperation.ImageDecodeFailed": LicenceProblem.NOT_AN_IMAGE,
    "FailedOperation.UnKnowFileTypeError": LicenceProblem.NOT_AN_IMAGE,
    "InvalidParameter.EngineImageDecodeFailed": LicenceProblem.NOT_AN_IMAGE,
    "FailedOperation.ImageBlur": LicenceProblem.BLURRED,
    "FailedOperation.ImageSizeTooLarge": LicenceProblem.TOO_LARGE,
    "LimitExceeded.TooLargeFileError": LicenceProblem.TOO_LARGE,
    "FailedOperation.OcrFailed": LicenceProblem.UNREADABLE,
    "FailedOperation.DetectFailed": LicenceProblem.UNREADABLE,
}


class TencentLicenceReader:
    def __init__(self, session: TencentSession) -> None:
        self._session = session

    async def warm(self) -> None:
        await self._session.warm()

    def close(self) -> None:
        self._session.close()

    async def read_licence(self, *, image: bytes) -> LicenceReading:
        if not image:
            raise LicenceUnreadable(reason=LicenceProblem.NOT_AN_IMAGE)
        if len(image) > LICENCE_IMAGE_MAX_BYTES:
            raise LicenceUnreadable(reason=LicenceProblem.TOO_LARGE)
        reading = await self._session.call(
            "BizLicenseOCR",
            {"ImageBase64": base64.b64encode(image).decode("ascii"), "EnableCopyWarn": True},
            read=_reading,
            replies={code: _unreadable(problem) for code, problem in _PROBLEMS.items()},
        )
        if not reading.uscc and not reading.name:
            raise LicenceUnreadable(reason=LicenceProblem.UNREADABLE)
        return reading


def _unreadable(problem: LicenceProblem) -> Callable[[], NoReturn]:
    def refuse() -> NoReturn:
        raise LicenceUnreadable(reason=problem)

    return refuse


def _reading(answer: Answer) -> LicenceReading:
    return LicenceReading(
        uscc=text(answer, "RegNum").upper(),
        name=text(answer, "Name"),
        legal_rep_name=text(answer, "Person"),
        address=text(answer, "Address"),
        capital=text(answer, "Capital"),
        kind=text(answer, "Type"),
        established_on=day(answer, "SetDate"),
        period=text(answer, "Period"),
        scope=text(answer, "Business"),
        authority=text(answer, "RegistrationAuthority"),
        warnings=_warnings(answer.get("RecognizeWarnCode")),
        request_id=required_text(answer, "RequestId"),
    )


def _warnings(codes: object) -> tuple[LicenceWarning, ...]:
    listed: Iterable[object] = codes if isinstance(codes, list) else ()
    found = (_WARNINGS.get(code) for code in listed if isinstance(code, int))
    return tuple(warning for warning in found if warning is not None)
