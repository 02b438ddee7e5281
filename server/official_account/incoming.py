"""What WeChat tells us, as values of ours: nothing of its XML goes further than the envelope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class IncomingKind(StrEnum):
    """The few kinds that we tell apart. ``other``: a message of a type, or an event, unknown to us."""

    TEXT = "text"
    MEDIA = "media"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    SCAN = "scan"
    CLICK = "click"
    VIEW = "view"
    TEMPLATE_FINISHED = "template_finished"
    AUTHORIZATION_REVOKED = "authorization_revoked"
    AUTHORIZATION_CANCELLED = "authorization_cancelled"
    OTHER = "other"


WITH_EFFECT = frozenset(
    {
        IncomingKind.FOLLOW,
        IncomingKind.UNFOLLOW,
        IncomingKind.SCAN,
        IncomingKind.TEMPLATE_FINISHED,
        IncomingKind.AUTHORIZATION_REVOKED,
        IncomingKind.AUTHORIZATION_CANCELLED,
    }
)

EVENTS: Mapping[str, IncomingKind] = {
    "subscribe": IncomingKind.FOLLOW,
    "subscribe_scan": IncomingKind.FOLLOW,
    "unsubscribe": IncomingKind.UNFOLLOW,
    "scan": IncomingKind.SCAN,
    "click": IncomingKind.CLICK,
    "view": IncomingKind.VIEW,
    "view_miniprogram": IncomingKind.VIEW,
    "templatesendjobfinish": IncomingKind.TEMPLATE_FINISHED,
    "user_authorization_revoke": IncomingKind.AUTHORIZATION_REVOKED,
    "user_authorization_cancellation": IncomingKind.AUTHORIZATION_CANCELLED,
}

MEDIA_TYPES = frozenset({"image", "voice", "video", "shortvideo", "location", "link", "file"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One message or event. ``key`` is the same in every retry; it names the person, like ``openid``.

    ``type``: WeChat's word for it. ``text``: what was typed. ``event_key``: scene, menu key or
    address. ``msgid`` and ``status``: of a template message that has finished.
    """

    key: str = field(repr=False)
    openid: str = field(repr=False)
    account: str
    at: datetime
    kind: IncomingKind
    type: str
    text: str = field(default="", repr=False)
    event_key: str = field(default="", repr=False)
    msgid: str = ""
    status: str = ""

    @property
    def has_effect(self) -> bool:
        """Whether a retry must not do it again."""
        return self.kind in WITH_EFFECT

    @property
    def scene(self) -> str:
        """What the QR code says; "" when none was scanned."""
        is_scan = self.type == "subscribe_scan" or self.kind is IncomingKind.SCAN
        return self.event_key if is_scan else ""
