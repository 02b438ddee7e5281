"""Putting this capability together from the parts that the composition root has."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from server.accounts.service import Accounts
from server.audit.service import Audit
from server.config.settings import Certification as Rules
from server.consents.service import Consents
from server.core.clock import Clock
from server.core.working_days import WorkingCalendar
from server.enterprises.face_checks import FaceChecks
from server.enterprises.filling import Certifications, Outside, Promise
from server.enterprises.licences import Licences
from server.enterprises.repository import CertificationRepository, EnterpriseRepository
from server.enterprises.review import Reviews
from server.enterprises.service import Enterprises
from server.files.service import Files
from server.providers.ports.face import FaceCheck
from server.providers.ports.four_factors import FourFactorCheck
from server.providers.ports.licence import LicenceReader
from server.providers.ports.register import EnterpriseRegister
from server.storage.changes import ChangeFeed
from server.storage.encryption import FieldCipher
from server.storage.leases import Leases
from server.storage.limits import RateLimits
from server.storage.mongo import Database


class Parts(Protocol):
    """What every capability is built on."""

    @property
    def clock(self) -> Clock: ...
    @property
    def database(self) -> Database: ...
    @property
    def cipher(self) -> FieldCipher: ...
    @property
    def changes(self) -> ChangeFeed: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def limits(self) -> RateLimits: ...


class Ports(Protocol):
    """Who answers for the outside world."""

    @property
    def face(self) -> FaceCheck: ...
    @property
    def four_factors(self) -> FourFactorCheck: ...
    @property
    def licence(self) -> LicenceReader: ...
    @property
    def register(self) -> EnterpriseRegister: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseServices:
    """The capability's services."""

    certifications: Certifications
    enterprises: Enterprises
    face_checks: FaceChecks
    reviews: Reviews


def assemble(
    parts: Parts,
    ports: Ports,
    *,
    accounts: Accounts,
    audit: Audit,
    consents: Consents,
    files: Files,
    calendar: WorkingCalendar,
    rules: Rules,
    public_url: str,
) -> EnterpriseServices:
    """Build them, lower ones first; nothing is sent yet."""
    clock = parts.clock
    cases = CertificationRepository(parts.database, parts.cipher)
    enterprises = EnterpriseRepository(parts.database, parts.cipher)
    licences = Licences(cases=cases, files=files, reader=ports.licence, audit=audit, clock=clock)
    return EnterpriseServices(
        certifications=Certifications(
            cases=cases,
            enterprises=enterprises,
            accounts=accounts,
            consents=consents,
            licences=licences,
            outside=Outside(register=ports.register, four_factors=ports.four_factors),
            limits=parts.limits,
            audit=audit,
            promise=Promise(calendar=calendar, working_days=rules.review_working_days),
            clock=clock,
        ),
        enterprises=Enterprises(enterprises=enterprises),
        face_checks=_face_checks(parts, ports, cases, consents, public_url),
        reviews=Reviews(
            cases=cases,
            enterprises=enterprises,
            accounts=accounts,
            licences=licences,
            audit=audit,
            clock=clock,
            lease=timedelta(minutes=rules.review_lease_minutes),
        ),
    )


def _face_checks(
    parts: Parts, ports: Ports, cases: CertificationRepository, consents: Consents, public_url: str
) -> FaceChecks:
    return FaceChecks(
        cases=cases,
        consents=consents,
        face_check=ports.face,
        changes=parts.changes,
        leases=parts.leases,
        limits=parts.limits,
        clock=parts.clock,
        public_url=public_url,
    )
