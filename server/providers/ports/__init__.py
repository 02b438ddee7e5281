"""What services may ask of the outside world, and how it may say no.

Services import from here only; which vendor answers is decided in the composition root.
"""

from server.providers.ports.face import (
    FACE_SESSION_SECONDS,
    FaceCheck,
    FaceFailure,
    FaceResult,
    FaceSession,
    FaceStatus,
    FaceTokenRefused,
)
from server.providers.ports.four_factors import (
    FourFactorCheck,
    FourFactorField,
    FourFactorOutcome,
    FourFactorResult,
)
from server.providers.ports.licence import (
    LICENCE_IMAGE_MAX_BYTES,
    LicenceProblem,
    LicenceReader,
    LicenceReading,
    LicenceUnreadable,
    LicenceWarning,
)
from server.providers.ports.register import (
    EnterpriseRegister,
    OperatingStatus,
    RegisterRecord,
)
from server.providers.ports.sms import (
    SmsFate,
    SmsGateway,
    SmsLimited,
    SmsNotAccepted,
    SmsNumberRefused,
    SmsRefusal,
    SmsRefused,
)
from server.providers.ports.unavailable import (
    ProviderAmbiguous,
    ProviderProblem,
    ProviderUnavailable,
)
from server.providers.ports.wechat import (
    CodeUsed,
    LeasedToken,
    Menu,
    OfficialAccount,
    SnapshotRefused,
    WeChatIdentity,
    WeChatQr,
    WeChatRefusal,
    WeChatRefused,
    WeChatScope,
    WeChatUser,
    jsapi_signature,
)

__all__ = [
    "FACE_SESSION_SECONDS",
    "LICENCE_IMAGE_MAX_BYTES",
    "CodeUsed",
    "EnterpriseRegister",
    "FaceCheck",
    "FaceFailure",
    "FaceResult",
    "FaceSession",
    "FaceStatus",
    "FaceTokenRefused",
    "FourFactorCheck",
    "FourFactorField",
    "FourFactorOutcome",
    "FourFactorResult",
    "LeasedToken",
    "LicenceProblem",
    "LicenceReader",
    "LicenceReading",
    "LicenceUnreadable",
    "LicenceWarning",
    "Menu",
    "OfficialAccount",
    "OperatingStatus",
    "ProviderAmbiguous",
    "ProviderProblem",
    "ProviderUnavailable",
    "RegisterRecord",
    "SmsFate",
    "SmsGateway",
    "SmsLimited",
    "SmsNotAccepted",
    "SmsNumberRefused",
    "SmsRefusal",
    "SmsRefused",
    "SnapshotRefused",
    "WeChatIdentity",
    "WeChatQr",
    "WeChatRefusal",
    "WeChatRefused",
    "WeChatScope",
    "WeChatUser",
    "jsapi_signature",
]
