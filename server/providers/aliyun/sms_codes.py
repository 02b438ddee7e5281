"""What Aliyun's SMS codes mean to us.

Codes: https://help.aliyun.com/zh/sms/developer-reference/api-error-codes (101346, 101347). The
gateway names its limit only in the message, as in 触发分钟级流控Permits:1.
"""

from server.providers.ports.sms import (
    SmsLimited,
    SmsNotAccepted,
    SmsNumberRefused,
    SmsRefusal,
    SmsRefused,
)
from server.providers.ports.unavailable import ProviderProblem

_MINUTE, _HOUR, _DAY = 60, 3600, 86400

_LIMITS = {
    "isv.BUSINESS_LIMIT_CONTROL": _MINUTE,
    "isv.DAY_LIMIT_CONTROL": _DAY,
    "isv.MONTH_LIMIT_CONTROL": _DAY,
}
_NUMBER = frozenset({"isv.MOBILE_NUMBER_ILLEGAL", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED"})
_CONTENT = frozenset(
    {
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.INVALID_PARAMETERS",
        "isv.INVALID_JSON_PARAM",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.SMS_CONTENT_ILLEGAL",
        "isv.MOBILE_COUNT_OVER_LIMIT",
        "isv.EXTEND_CODE_ERROR",
    }
)
_CREDENTIALS = ("InvalidAccessKey", "SignatureDoesNotMatch", "IncompleteSignature", "Forbidden")


def refusal_of(code: str, message: str) -> SmsRefused | None:
    """What a business code says; None for a failure of the gateway itself."""
    if code in _LIMITS:
        return SmsLimited(wait_seconds=_wait_seconds(message, _LIMITS[code]))
    if code in _NUMBER:
        return SmsNumberRefused()
    if code in _CONTENT:
        return SmsNotAccepted(reason=SmsRefusal.CONTENT)
    if code.startswith("isv.") or code == "isp.RAM_PERMISSION_DENY":
        return SmsNotAccepted(reason=SmsRefusal.ACCOUNT)
    return None


def problem_of(code: str) -> ProviderProblem:
    """For what the gateway says of itself, before it looks at the message."""
    if code.startswith(_CREDENTIALS):
        return ProviderProblem.CREDENTIALS
    if code.startswith("Throttling"):
        return ProviderProblem.THROTTLED
    if code.startswith(("Invalid", "Missing", "Unsupported", "SignatureNonceUsed")):
        return ProviderProblem.REQUEST
    return ProviderProblem.SERVER


def _wait_seconds(message: str, otherwise: int) -> int:
    if "分钟" in message:
        return _MINUTE
    if "小时" in message:
        return _HOUR
    if "天级" in message:
        return _DAY
    return otherwise
