"""The frozen bundle of services that handlers receive. Nothing else of the product reaches them."""

from dataclasses import dataclass

from server.accounts.service import Accounts
from server.accounts.sessions import Sessions
from server.audit.service import Audit
from server.consents.service import Consents
from server.core.clock import Clock
from server.core.once import Once
from server.institutions.service import Institutions
from server.messages.delivering import Deliveries
from server.messages.service import Messages
from server.products.service import Products
from server.reports.heads import Heads


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One a process."""

    accounts: Accounts
    audit: Audit
    clock: Clock
    consents: Consents
    deliveries: Deliveries
    heads: Heads
    idempotency: Once
    institutions: Institutions
    messages: Messages
    products: Products
    sessions: Sessions
