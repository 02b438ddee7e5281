"""The one log line of a call to a vendor, and the silencing of the vendors' own.

Vendor SDKs log whole requests at DEBUG and put signed URLs, phone numbers and codes into errors,
so none of their loggers may speak, and of what they answer only a code and a request id are
repeated, and only if they look like one.
"""

import logging
import re
from time import monotonic

_LOG = logging.getLogger("rongqiao.providers")
_VENDOR_LOGGERS = ("tencentcloud_sdk_common", "aliyunsdkcore", "wechatpy", "urllib3", "requests")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,79}")
_REQUEST_ID = re.compile(r"[0-9A-Fa-f-]{8,64}")


def silence_vendor_loggers() -> None:
    """After the SDK is imported: Aliyun's modules open loggers with handlers to stderr."""
    known = logging.root.manager.loggerDict
    for name in _VENDOR_LOGGERS:
        family = [each for each in list(known) if each.startswith(name + ".")]
        for each in (name, *family):
            logger = logging.getLogger(each)
            logger.setLevel(logging.CRITICAL)
            logger.propagate = False
            logger.handlers = [logging.NullHandler()]


class CallLine:
    """Opened when a call begins; ``write`` is called once, when it is over."""

    def __init__(self, *, provider: str, action: str) -> None:
        self._provider = provider
        self._action = action
        self._begun = monotonic()

    def write(
        self, outcome: str, *, level: int = logging.INFO, request_id: str = "", code: str = ""
    ) -> None:
        """code is the vendor's own, where the outcome is not plain success."""
        _LOG.log(
            level,
            "provider=%s action=%s outcome=%s duration_ms=%d request_id=%s code=%s",
            self._provider,
            self._action,
            outcome,
            round((monotonic() - self._begun) * 1000),
            request_id if _REQUEST_ID.fullmatch(request_id) else "-",
            code if _CODE.fullmatch(code) else "-",
        )
