"""QR log-ins: a PC makes a ticket, a phone scans and answers it, the same PC redeems it.

``scan`` takes an account and no session, so that a scan which WeChat tells us about can be
told here too; to say yes or no needs somebody who is logged in.
"""

from server.accounts.account import Account
from server.accounts.qr_login import (
    LIFE,
    OpenedQrLogin,
    QrDeed,
    QrLogin,
    QrLoginDead,
    QrLoginTooOften,
    QrState,
    id_of,
)
from server.accounts.qr_repository import QrLoginRepository
from server.accounts.repository import AccountRepository
from server.accounts.session import agent_word
from server.audit.service import Audit
from server.core.actor import Actor
from server.core.clock import Clock
from server.core.ids import digest, new_secret, new_ticket
from server.storage.bells import Bell
from server.storage.changes import ChangeFeed
from server.storage.limits import RateLimits

PER_ADDRESS = ((60, 60), (600, 3600))
TRIES = 3


class QrLogins:
    """``public_url``: what a phone can reach; the code says ``<public_url>/q/<ticket>``."""

    def __init__(
        self,
        *,
        logins: QrLoginRepository,
        accounts: AccountRepository,
        audit: Audit,
        limits: RateLimits,
        changes: ChangeFeed,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._logins = logins
        self._accounts = accounts
        self._audit = audit
        self._limits = limits
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self.bell = Bell(changes, "qr_logins")

    async def make(self, *, address: str, user_agent: str) -> OpenedQrLogin:
        """A ticket for this browser. Raises QrLoginTooOften."""
        wait = await self._limits.take(f"qr-login:{address}", PER_ADDRESS)
        if wait:
            raise QrLoginTooOften(retry_after_seconds=wait)
        ticket, secret, now = new_ticket(), new_secret(), self._clock()
        login = QrLogin(
            id=id_of(ticket),
            secret_digest=digest(secret),
            state=QrState.WAITING,
            address=address,
            agent=agent_word(user_agent),
            created_at=now,
            expires_at=now + LIFE,
        )
        await self._logins.add(login)
        return OpenedQrLogin(
            ticket=ticket,
            secret=secret,
            address=f"{self._public_url}/q/{ticket}",
        )

    async def scan(self, ticket: str, account_id: str) -> QrLogin:
        """Bind the ticket to the account; again is the same. Raises QrLoginDead, QrLoginTaken.

        An account that is switched off can't: AccountDisabled.
        """
        (await self._accounts.get(account_id)).must_be_active()
        login, _ = await self._do(ticket, QrDeed.SCAN, account_id)
        return login

    async def confirm(self, ticket: str, actor: Actor) -> QrLogin:
        """Let the PC in. Raises QrLoginDead, QrLoginTaken, QrLoginNotScanned, QrLoginRefused."""
        return await self._answer(ticket, QrDeed.CONFIRM, actor)

    async def refuse(self, ticket: str, actor: Actor) -> QrLogin:
        """Don't. Raises QrLoginDead, QrLoginTaken, QrLoginNotScanned, QrLoginConfirmed."""
        return await self._answer(ticket, QrDeed.REFUSE, actor)

    async def get(self, ticket: str, actor: Actor) -> QrLogin:
        """How it stands, for a phone. Raises QrLoginDead, QrLoginTaken."""
        login = await self._get(ticket)
        login.must_be_open_to(actor.account_id)
        return login

    async def state_of(self, ticket: str, secret: str) -> QrState:
        """How it stands, for the browser that made it; expired for any other."""
        login = await self._logins.find(id_of(ticket), self._clock())
        if login is None or login.secret_digest != digest(secret):
            return QrState.EXPIRED
        return login.state

    async def redeem(self, ticket: str, secret: str, *, address: str) -> Account:
        """Whom to let in, told once, to the browser that made the ticket.

        Raises QrLoginDead, QrLoginNotConfirmed, QrLoginRefused, AccountDisabled.
        """
        login = await self._logins.redeem(id_of(ticket), digest(secret), self._clock())
        if login is None:
            known = await self._get(ticket)
            if known.secret_digest != digest(secret):
                raise QrLoginDead()
            raise known.why_not_redeemed()
        assert login.account_id is not None
        account = await self._accounts.get(login.account_id)
        account.must_be_active()
        await self._audit.record(
            "accounts.qr_logged_in", account_id=account.id, subject_id=account.id, address=address
        )
        return account

    async def _answer(self, ticket: str, deed: QrDeed, actor: Actor) -> QrLogin:
        login, is_new = await self._do(ticket, deed, actor.account_id)
        if is_new:
            await self._audit.record_by(
                actor,
                f"accounts.qr_login_{login.state}",
                subject_id=actor.account_id,
                facts={"requested_from": login.address},
            )
        return login

    async def _do(self, ticket: str, deed: QrDeed, account_id: str) -> tuple[QrLogin, bool]:
        """The ticket afterwards, and whether it was this call that moved it."""
        for _ in range(TRIES):
            moved = await self._logins.move(id_of(ticket), deed, account_id, self._clock())
            if moved is not None:
                return moved, True
            # Somebody may have made it possible between the write and this look.
            login = await self._get(ticket)
            if login.was_done(deed, account_id):
                return login, False
        raise QrLoginDead()

    async def _get(self, ticket: str) -> QrLogin:
        login = await self._logins.find(id_of(ticket), self._clock())
        if login is None:
            raise QrLoginDead()
        return login
