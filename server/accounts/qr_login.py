"""A log-in on a PC by scanning its code: a ticket for one browser, one account and one use.

Whoever shows somebody else a code of his own wants to be let in as him: that is why the phone
asks, and says where the request came from. Stands apart from the log-in by phone and code,
because two machines and two people can be part of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.core.errors import Conflict, NotFound, Refusal, TooMany
from server.core.ids import digest

LIFE = timedelta(seconds=120)
ENTRY_LIFE = timedelta(seconds=10)
"""What the PC has at least after a confirmation, be it in the ticket's last second."""


class QrState(StrEnum):
    """``expired`` is told from the time: a ticket past its life is not found any more."""

    WAITING = "waiting"
    SCANNED = "scanned"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"


class QrDeed(StrEnum):
    """What a phone does with a ticket."""

    SCAN = "scan"
    CONFIRM = "confirm"
    REFUSE = "refuse"


MOVES: Mapping[QrDeed, tuple[QrState, QrState]] = {
    QrDeed.SCAN: (QrState.WAITING, QrState.SCANNED),
    QrDeed.CONFIRM: (QrState.SCANNED, QrState.CONFIRMED),
    QrDeed.REFUSE: (QrState.SCANNED, QrState.REFUSED),
}


class QrLoginDead(NotFound):
    """Unknown, expired or used: all the same to a stranger."""

    code = "accounts.qr_login_dead"
    sentence = "这个登录二维码已失效，请在电脑上刷新二维码后重新扫描。"


class QrLoginTaken(Conflict):
    """Another account scanned it first."""

    code = "accounts.qr_login_taken"
    sentence = "这个二维码已被另一个账号扫描。请在电脑上刷新二维码，再用您的手机扫描。"


class QrLoginNotScanned(Conflict):
    """Nobody has scanned it yet."""

    code = "accounts.qr_login_not_scanned"
    sentence = "请先用手机扫描电脑上的二维码，再确认登录。"


class QrLoginNotConfirmed(Conflict):
    """The PC asks to be let in before the phone has said yes."""

    code = "accounts.qr_login_not_confirmed"
    sentence = "请先用手机扫描二维码，并在手机上点“登录”。"


class QrLoginRefused(Conflict):
    """The phone said no."""

    code = "accounts.qr_login_refused"
    sentence = "这次登录已在手机上取消。如需登录，请在电脑上刷新二维码后重新扫描。"


class QrLoginConfirmed(Conflict):
    """It is too late to say no."""

    code = "accounts.qr_login_confirmed"
    sentence = "您已经确认了这次登录。如果不是您本人操作，请到“登录设备”中让它退出。"


class QrLoginTooOften(TooMany):
    """Too many codes for one address."""

    code = "accounts.qr_login_too_often"
    sentence = "获取二维码太频繁，请在 {retry_after_seconds} 秒后刷新，或改用手机号登录。"


@dataclass(frozen=True, slots=True, kw_only=True)
class QrLogin:
    """``id`` is the SHA-256 of the ticket. ``address`` and ``agent`` are those of the PC.

    Neither the ticket nor the browser's secret is kept, only what they can be compared with.
    """

    id: str
    secret_digest: str
    state: QrState
    address: str
    agent: str
    created_at: datetime
    expires_at: datetime
    account_id: str | None = None
    redeemed_at: datetime | None = None

    def must_be_open_to(self, account_id: str) -> None:
        """Refuse with QrLoginTaken when another account has scanned it."""
        if self.account_id is not None and self.account_id != account_id:
            raise QrLoginTaken()

    def was_done(self, deed: QrDeed, account_id: str) -> bool:
        """Whether the account has done this before; False: it may do so now.

        Raises QrLoginTaken, QrLoginNotScanned, QrLoginRefused or QrLoginConfirmed.
        """
        self.must_be_open_to(account_id)
        before, after = MOVES[deed]
        if self.state is after or (deed is QrDeed.SCAN and self.account_id is not None):
            return True
        if self.state is before:
            return False
        if self.state is QrState.WAITING:
            raise QrLoginNotScanned()
        if self.state is QrState.REFUSED:
            raise QrLoginRefused()
        raise QrLoginConfirmed()

    def why_not_redeemed(self) -> Refusal:
        """The refusal for its own browser, when the ticket could not be redeemed just now."""
        if self.state is QrState.REFUSED:
            return QrLoginRefused()
        return QrLoginDead() if self.redeemed_at is not None else QrLoginNotConfirmed()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedQrLogin:
    """What the PC gets: ``ticket`` to show, ``secret`` to keep to itself."""

    ticket: str
    secret: str
    address: str


def id_of(ticket: str) -> str:
    """By which a ticket is kept and its changes are told."""
    return digest(ticket)
