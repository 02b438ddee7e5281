"""Reading a business licence from a picture."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from server.core.errors import Invalid

LICENCE_IMAGE_MAX_BYTES = 7 * 1024 * 1024 // 4 * 3
"""7 MiB after base64: what a reader takes at most (5.25 MiB)."""


class LicenceWarning(StrEnum):
    COPY = "copy"  # a black and white copy
    RESHOOT = "reshoot"  # a picture of a screen or of a picture
    SCOPE_UNREADABLE = "scope_unreadable"


class LicenceProblem(StrEnum):
    NOT_A_LICENCE = "not_a_licence"
    BLURRED = "blurred"
    NOT_AN_IMAGE = "not_an_image"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceReading:
    """As printed; an empty text was not read. uscc may be an old register number and is not checked here."""

    uscc: str
    name: str
    legal_rep_name: str
    address: str
    capital: str
    kind: str
    established_on: date | None
    period: str
    scope: str
    authority: str
    warnings: tuple[LicenceWarning, ...]
    request_id: str


_ADVICE = {
    LicenceProblem.NOT_A_LICENCE: "图片中没有找到营业执照，请上传营业执照的照片或扫描件。",
    LicenceProblem.BLURRED: "营业执照图片不够清晰，请在光线充足处重新拍摄。",
    LicenceProblem.NOT_AN_IMAGE: "图片无法打开，请上传 JPG 或 PNG 格式的图片。",
    LicenceProblem.TOO_LARGE: "图片太大，请压缩到 5 MB 以内后重新上传。",
    LicenceProblem.UNREADABLE: "请重新拍摄，或手工填写执照内容。",
}


class LicenceUnreadable(Invalid):
    code = "providers.licence_unreadable"
    sentence = "营业执照识别没有成功。{advice}"

    def __init__(self, *, reason: LicenceProblem) -> None:
        super().__init__(reason=reason, advice=_ADVICE[reason])
        self.reason = reason


class LicenceReader(Protocol):
    async def read_licence(self, *, image: bytes) -> LicenceReading:
        """image: JPEG or PNG of at most LICENCE_IMAGE_MAX_BYTES. Billed, so made once.

        Raises LicenceUnreadable, ProviderUnavailable.
        """

    async def warm(self) -> None: ...

    def close(self) -> None: ...
