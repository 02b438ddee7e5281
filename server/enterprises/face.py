"""The legal representative's face check: a ticket for one phone, one vendor's token at a time.

The ticket (in a QR code) is the authority for this one step and nothing else. A pass needs the
vendor's own word, fetched from our side, for the token that we made for this ticket, with our nonce.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from server.core.errors import Conflict, NotFound
from server.core.ids import digest, new_id, new_secret, new_ticket
from server.providers.ports.face import (
    FACE_SESSION_SECONDS,
    FaceFailure,
    FaceResult,
    FaceSession,
)

LIFE = timedelta(seconds=FACE_SESSION_SECONDS)
RESULT_LIFE = timedelta(days=3)
"""How long the vendor keeps a result: a walk made in time counts even if we learn of it late."""


class FaceState(StrEnum):
    """``expired`` is told from the time, see ``Face.state_at``."""

    WAITING = "waiting"
    OPENED = "opened"
    STARTED = "started"
    PASSED = "passed"
    FAILED = "failed"
    EXPIRED = "expired"


class FaceTicketDead(NotFound):
    """Unknown, renewed since, or over."""

    code = "enterprises.face_ticket_dead"
    sentence = "这个二维码已失效。请回到电脑上刷新二维码后重新扫描，或在认证页面重新开始。"


class FaceAlreadyPassed(Conflict):
    """The check was passed: the ticket is used up."""

    code = "enterprises.face_already_passed"
    sentence = "法定代表人已通过人脸核验，无需重复办理。请回到认证页面继续。"


class FaceNeeded(Conflict):
    """Submitted without a pass."""

    code = "enterprises.face_needed"
    sentence = "请法定代表人本人先完成人脸核验，再提交审核。"


SENTENCES: Mapping[FaceFailure, str] = {
    FaceFailure.NOT_FINISHED: "核验没有做完，请重新开始。",
    FaceFailure.EXPIRED: "核验超时了，请重新开始。",
    FaceFailure.IDENTITY_MALFORMED: "姓名或身份证号有误，请返回修改后再核验。",
    FaceFailure.IDENTITY_MISMATCH: "姓名与身份证号不一致，请返回修改后再核验。",
    FaceFailure.NO_RECORD: "没有查到这位法定代表人的身份信息，请核对后再试，或联系平台。",
    FaceFailure.NOT_SAME_PERSON: "与法定代表人不是同一个人，须由法定代表人本人完成。",
    FaceFailure.NOT_LIVE: "没有检测到真人，请本人面对镜头，在光线充足处重试。",
    FaceFailure.PICTURE_POOR: "画面不清晰，请在光线充足处正对镜头重试。",
    FaceFailure.ID_CARD: "出示的身份证不符或已过期，请核对后重试。",
    FaceFailure.NOT_AUTHORISED: "没有允许使用摄像头或身份信息，请允许后重试。",
    FaceFailure.TOO_OFTEN: "核验次数过多，请稍后再试。",
    FaceFailure.NETWORK: "网络不稳定，请换个网络后重试。",
    FaceFailure.SERVICE: "核验服务出了点问题，请稍后重试。",
    FaceFailure.UNKNOWN: "核验没有通过，请重试；多次不通过请联系平台。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """``expires_at``: of the ticket, or of the token once there is one.

    ``id`` is what the separate consent is given for; ``ticket``, ``token`` and ``url`` are secrets.
    """

    id: str
    ticket: str = field(repr=False)
    nonce: str = field(repr=False)
    state: FaceState
    created_at: datetime
    expires_at: datetime
    token: str | None = field(default=None, repr=False)
    url: str | None = field(default=None, repr=False)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    failure: FaceFailure | None = None
    code: int | None = None
    request_id: str | None = None

    @property
    def ticket_digest(self) -> str:
        """How the database finds it."""
        return digest(self.ticket)

    @property
    def passed(self) -> bool:
        """Whether the legal representative has proved himself."""
        return self.state is FaceState.PASSED

    def state_at(self, now: datetime) -> FaceState:
        """The state as people see it: a ticket or walk whose time is over has expired."""
        is_over = self.state is not FaceState.PASSED and now >= self.expires_at
        return FaceState.EXPIRED if is_over else self.state

    def must_be_usable(self, now: datetime) -> None:
        """Refuse with FaceAlreadyPassed or FaceTicketDead."""
        if self.passed:
            raise FaceAlreadyPassed()
        if self.state_at(now) is FaceState.EXPIRED:
            raise FaceTicketDead()

    def opened(self) -> "Face":
        """A phone shows the page."""
        return replace(self, state=FaceState.OPENED) if self.state is FaceState.WAITING else self

    def started(self, session: FaceSession, nonce: str, now: datetime) -> "Face":
        """A token was made for this ticket; an earlier one's result no longer counts."""
        return replace(
            self,
            state=FaceState.STARTED,
            nonce=nonce,
            token=session.token,
            url=session.url,
            request_id=session.request_id,
            started_at=now,
            expires_at=now + LIFE,
            ended_at=None,
            failure=None,
            code=None,
        )

    def judged(self, result: FaceResult, now: datetime) -> "Face":
        """After the vendor's own word. Only a pass with our nonce passes."""
        if self.passed or result.reason is FaceFailure.NOT_FINISHED:
            return self
        is_ours = result.nonce == self.nonce
        passed = result.passed and is_ours
        return replace(
            self,
            state=FaceState.PASSED if passed else FaceState.FAILED,
            ended_at=now,
            failure=None if passed else (result.reason if is_ours else FaceFailure.UNKNOWN),
            code=result.code,
            request_id=result.request_id,
        )

    def over(self, now: datetime) -> "Face":
        """The vendor says that the time ran out."""
        if self.passed:
            return self
        return replace(
            self, state=FaceState.FAILED, ended_at=now, failure=FaceFailure.EXPIRED, expires_at=now
        )

    def sentence(self) -> str | None:
        """Why it failed, for the person."""
        return SENTENCES[self.failure] if self.failure else None


def new_face(now: datetime) -> Face:
    """A fresh ticket."""
    return Face(
        id=new_id(),
        ticket=new_ticket(),
        nonce=new_secret(),
        state=FaceState.WAITING,
        created_at=now,
        expires_at=now + LIFE,
    )
