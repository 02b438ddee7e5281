"""Sessions: opened at log-in, looked up at every request, revocable at once in every process.

A process caches what it looked up; the change stream drops it when the session or its
account changes, and while the stream is broken nothing is cached.
"""

from datetime import timedelta

from server.accounts.account import Account, AccountKind, AccountState
from server.accounts.repository import AccountRepository, SessionRepository
from server.accounts.session import OpenedSession, Session, SessionNotFound, agent_word
from server.core.actor import Actor, Surface
from server.core.clock import Clock
from server.core.ids import digest, new_secret
from server.storage.changes import ChangeFeed

CACHE_SIZE = 20_000


class Sessions:
    """Log-ins that last."""

    def __init__(
        self,
        *,
        sessions: SessionRepository,
        accounts: AccountRepository,
        changes: ChangeFeed,
        clock: Clock,
        applicant_life: timedelta,
        staff_life: timedelta,
    ) -> None:
        self._sessions = sessions
        self._accounts = accounts
        self._changes = changes
        self._clock = clock
        self._applicant_life = applicant_life
        self._staff_life = staff_life
        self._cache: dict[str, tuple[Session, Account]] = {}
        self._of_account: dict[str, set[str]] = {}
        self._forgotten = 0
        accounts.listen(self._forget_account)
        changes.subscribe("sessions", lambda session_id, *_: self._forget(session_id))
        changes.subscribe("accounts", lambda account_id, *_: self._forget_account(account_id))
        changes.on_break(self._forget_all)

    async def open(
        self, account: Account, *, surface: Surface, address: str, user_agent: str
    ) -> OpenedSession:
        """Log the account in through this door."""
        now = self._clock()
        is_staff = account.kind is AccountKind.STAFF
        token = new_secret()
        session = Session(
            id=digest(token),
            account_id=account.id,
            surface=surface,
            address=address,
            agent=agent_word(user_agent),
            created_at=now,
            expires_at=now + (self._staff_life if is_staff else self._applicant_life),
        )
        await self._sessions.add(session)
        return OpenedSession(token=token, account_id=account.id, expires_at=session.expires_at)

    async def find_actor(self, token: str, *, surface: Surface, address: str) -> Actor | None:
        """Who holds the token at this door; None when it has ended or is another door's."""
        session_id = digest(token)
        found = self._cache.get(session_id) or await self._load(session_id)
        if found is None:
            return None
        session, account = found
        if session.surface is not surface or session.expires_at <= self._clock():
            return None
        if account.state is not AccountState.ACTIVE:
            return None
        return Actor(
            account_id=account.id,
            surface=surface,
            session_id=session.id,
            address=address,
            roles=account.roles,
            enterprise_id=account.enterprise_id,
            institution_id=account.institution_id,
            branch_id=account.branch_id,
            privacy_version=account.privacy_version,
        )

    async def of(self, actor: Actor) -> list[Session]:
        """Where the actor's account is logged in."""
        return await self._sessions.of_account(actor.account_id, self._clock())

    async def close(self, actor: Actor) -> None:
        """Log out: the token is dead from now on."""
        await self._sessions.remove(actor.session_id, actor.account_id)
        self._forget(actor.session_id)

    async def revoke(self, session_id: str, *, actor: Actor) -> None:
        """End another log-in of one's own account. Raises SessionNotFound."""
        if not await self._sessions.remove(session_id, actor.account_id):
            raise SessionNotFound()
        self._forget(session_id)

    async def revoke_all(self, account_id: str) -> None:
        """End every log-in of the account."""
        await self._sessions.remove_all(account_id)
        self._forget_account(account_id)

    async def _load(self, session_id: str) -> tuple[Session, Account] | None:
        before = self._forgotten
        session = await self._sessions.find(session_id, self._clock())
        if session is None:
            return None
        account = await self._accounts.get(session.account_id)
        if self._changes.alive and before == self._forgotten:
            if len(self._cache) >= CACHE_SIZE:
                self._forget_all()
            self._cache[session_id] = (session, account)
            self._of_account.setdefault(account.id, set()).add(session_id)
        return session, account

    def _forget(self, session_id: str) -> None:
        self._forgotten += 1
        found = self._cache.pop(session_id, None)
        if found is not None:
            self._of_account.get(found[1].id, set()).discard(session_id)

    def _forget_account(self, account_id: str) -> None:
        self._forgotten += 1
        for session_id in self._of_account.pop(account_id, set()):
            self._cache.pop(session_id, None)

    def _forget_all(self) -> None:
        self._forgotten += 1
        self._cache.clear()
        self._of_account.clear()
