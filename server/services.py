"""The frozen bundle of services that handlers receive. Nothing else of the product reaches them."""

from dataclasses import dataclass

from server.accounts.qr_logins import QrLogins
from server.accounts.service import Accounts
from server.accounts.sessions import Sessions
from server.applications.handling import CaseHandling
from server.applications.service import LoanApplications
from server.audit.service import Audit
from server.consents.service import Consents
from server.core.clock import Clock
from server.core.once import Once
from server.enterprises.face_checks import FaceChecks
from server.enterprises.filling import Certifications
from server.enterprises.review import Reviews
from server.enterprises.service import Enterprises
from server.files.service import Files
from server.institutions.service import Institutions
from server.messages.delivering import Deliveries
from server.messages.service import Messages
from server.official_account.callbacks import Callbacks
from server.official_account.entrance import Entrance
from server.official_account.service import Followers
from server.products.service import Products
from server.reports.dashboard import Dashboard
from server.reports.desks import Desks
from server.reports.heads import Heads


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One a process."""

    accounts: Accounts
    applications: LoanApplications
    audit: Audit
    callbacks: Callbacks
    cases: CaseHandling
    certifications: Certifications
    clock: Clock
    consents: Consents
    dashboard: Dashboard
    deliveries: Deliveries
    desks: Desks
    enterprises: Enterprises
    entrance: Entrance
    face_checks: FaceChecks
    files: Files
    followers: Followers
    heads: Heads
    idempotency: Once
    institutions: Institutions
    messages: Messages
    products: Products
    qr_logins: QrLogins
    reviews: Reviews
    sessions: Sessions
