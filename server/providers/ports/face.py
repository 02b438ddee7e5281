"""Proving that the person before the camera is the one whose name and ID number we hold.

The result is asked for from our side only: what a redirect or a mini-program says means "ask now"
and no more.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from server.core.errors import Conflict

FACE_SESSION_SECONDS = 600
"""How long a session may be walked after ``start``."""


class FaceStatus(StrEnum):
    INIT = "init"
    DOING = "doing"
    FINISHED = "finished"  # over, passed or not
    TIMEOUT = "timeout"


class FaceFailure(StrEnum):
    NOT_FINISHED = "not_finished"
    EXPIRED = "expired"
    IDENTITY_MALFORMED = "identity_malformed"  # name or number can't be one
    IDENTITY_MISMATCH = "identity_mismatch"  # name and number don't belong together
    NO_RECORD = "no_record"  # the authority holds no record or no picture
    NOT_SAME_PERSON = "not_same_person"
    NOT_LIVE = "not_live"
    PICTURE_POOR = "picture_poor"
    ID_CARD = "id_card"  # the card shown is another's, expired, or unreadable
    NOT_AUTHORISED = "not_authorised"  # the person did not allow camera or identity
    TOO_OFTEN = "too_often"
    NETWORK = "network"
    SERVICE = "service"  # theirs
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSession:
    """token is a secret of ours and lives FACE_SESSION_SECONDS; url opens the walk inside WeChat."""

    token: str
    url: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceResult:
    """code is the vendor's number, kept as evidence; nonce is what ``start`` was given: compare it."""

    passed: bool
    code: int
    nonce: str | None
    reason: FaceFailure | None
    request_id: str


class FaceTokenRefused(Conflict):
    """The token is unknown to the provider or older than it keeps results."""

    code = "providers.face_token_refused"
    sentence = "本次人脸核验已失效，请重新发起核验。"


class FaceCheck(Protocol):
    async def start(self, *, name: str, id_number: str, return_url: str, nonce: str) -> FaceSession:
        """Raises ProviderUnavailable."""

    async def status(self, *, token: str) -> FaceStatus:
        """May be asked once a second. Raises FaceTokenRefused, ProviderUnavailable."""

    async def result(self, *, token: str) -> FaceResult:
        """May be asked again for three days. Raises FaceTokenRefused, ProviderUnavailable."""

    async def warm(self) -> None: ...

    def close(self) -> None: ...
