"""QR log-ins on a real database: processes that can be restarted, people with phones."""

from dataclasses import dataclass

from server.accounts.account import Account, AccountKind
from server.accounts.qr_logins import QrLogins
from server.accounts.qr_repository import QrLoginRepository
from server.accounts.repository import AccountRepository
from server.audit.repository import AuditRepository
from server.audit.service import Audit
from server.core.actor import Actor, Surface
from server.core.ids import new_id
from server.storage.changes import ChangeFeed
from server.storage.encryption import FieldCipher
from server.storage.leases import Leases
from server.storage.limits import RateLimits
from server.storage.mongo import Database
from tests.people import new_phone
from tests.platforms import MovableClock

PC_ADDRESS = "203.0.113.7"
PHONE_ADDRESS = "198.51.100.9"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0 Safari/537.36"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a test needs besides the service itself."""

    database: Database
    clock: MovableClock

    def process(self) -> QrLogins:
        """A process: it knows nothing but what is in the database."""
        return QrLogins(
            logins=QrLoginRepository(self.database),
            accounts=self._accounts(),
            audit=Audit(
                rows=AuditRepository(self.database),
                leases=Leases(self.database, self.clock),
                clock=self.clock,
            ),
            limits=RateLimits(self.database, self.clock),
            changes=ChangeFeed(self.database),
            clock=self.clock,
            public_url="https://rongqiao.example/",
        )

    async def person(self) -> Actor:
        """An applicant who is logged in on his phone."""
        account = Account(
            id=new_id(),
            kind=AccountKind.APPLICANT,
            phone=new_phone(),
            created_at=self.clock(),
        )
        await self._accounts().add(account)
        return Actor(
            account_id=account.id,
            surface=Surface.PORTAL,
            session_id=new_id(),
            address=PHONE_ADDRESS,
        )

    async def switch_off(self, actor: Actor) -> None:
        """As an administrator does."""
        await self._accounts().set_fields(actor.account_id, {"state": "disabled"})

    async def deeds(self) -> list[str]:
        """What the audit trail has, oldest first."""
        found = self.database["audit"].find().sort([("_id", 1)])
        return [row["deed"] async for row in found]

    def _accounts(self) -> AccountRepository:
        return AccountRepository(self.database, FieldCipher({1: b"\1" * 32}, 1, b"\2" * 32))
