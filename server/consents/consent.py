"""A consent, and the refusals for want of one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.core.errors import Forbidden, Invalid


class ConsentKind(StrEnum):
    """Each is asked for by itself; the general ones never stand for a separate one (T09)."""

    PRIVACY = "privacy"
    TERMS = "terms"
    CERTIFICATION = "certification"
    FACE = "face"
    APPLICATION = "application"


class PrivacyNeeded(Forbidden):
    """The current privacy guideline has not been accepted."""

    code = "consents.privacy_needed"
    sentence = "请先阅读并同意个人信息保护指引。"


class ConsentMissing(Forbidden):
    """A separate consent that this step needs was not given in its current version."""

    code = "consents.missing"
    sentence = "请先阅读并同意《{title}》。"


class ConsentOutdated(Invalid):
    """The text has changed since the page was opened."""

    code = "consents.outdated"
    sentence = "《{title}》已更新，请重新阅读后再同意。"


class ReadTooFast(Invalid):
    """The text was not read to its end, or not long enough."""

    code = "consents.read_too_fast"
    sentence = "请完整阅读《{title}》至末尾后再同意。"


TITLES: dict[ConsentKind, str] = {
    ConsentKind.PRIVACY: "个人信息保护指引",
    ConsentKind.TERMS: "平台用户协议",
    ConsentKind.CERTIFICATION: "企业认证授权书",
    ConsentKind.FACE: "人脸信息处理单独同意书",
    ConsentKind.APPLICATION: "融资申请信息授权书",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """``subject_id``: what it was given for (a certification, an application); '' for the platform.

    ``read_seconds``: how long the text was open, when that was measured.
    """

    id: str
    account_id: str
    kind: ConsentKind
    version: str
    subject_id: str
    given_at: datetime
    address: str
    read_seconds: int | None = None
