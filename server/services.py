"""The frozen bundle of services that handlers receive. Nothing else of the product reaches them."""

from dataclasses import dataclass

from server.accounts.service import Accounts
from server.accounts.sessions import Sessions
from server.audit.service import Audit
from server.consents.service import Consents
from server.core.clock import Clock
from server.core.once import Once


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One a process."""

    accounts: Accounts
    audit: Audit
    clock: Clock
    consents: Consents
    idempotency: Once
    sessions: Sessions
