"""Files, enterprises and certification, put together."""

from dataclasses import dataclass
from datetime import timedelta

from server.audit.service import Audit
from server.composition.ground import Ground
from server.composition.people import People
from server.core.working_days import WorkingCalendar
from server.enterprises.face_checks import FaceChecks
from server.enterprises.filling import Certifications, Outside, Promise
from server.enterprises.licences import Licences
from server.enterprises.repository import CertificationRepository, EnterpriseRepository
from server.enterprises.review import Reviews
from server.enterprises.service import Enterprises
from server.files.decoding import Decoding
from server.files.repository import FileRepository
from server.files.service import Files
from server.storage.blobs import Blobs


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseServices:
    """The capability's services."""

    certifications: Certifications
    enterprises: Enterprises
    face_checks: FaceChecks
    reviews: Reviews


def assemble_files(ground: Ground, audit: Audit) -> Files:
    """Build it; the threads that decode pictures end with ``close``."""
    return Files(
        files=FileRepository(ground.database, ground.cipher),
        blobs=Blobs(ground.database, ground.cipher),
        decoding=Decoding(),
        audit=audit,
        clock=ground.clock,
        max_bytes=ground.settings.certification.upload_max_bytes,
    )


def assemble_enterprises(
    ground: Ground, people: People, files: Files, calendar: WorkingCalendar
) -> EnterpriseServices:
    """Build them, lower ones first; nothing is sent yet."""
    vendors, rules = ground.vendors, ground.settings.certification
    cases = CertificationRepository(ground.database, ground.cipher)
    enterprises = EnterpriseRepository(ground.database, ground.cipher)
    licences = Licences(
        cases=cases, files=files, reader=vendors.licence, audit=people.audit, clock=ground.clock
    )
    return EnterpriseServices(
        certifications=Certifications(
            cases=cases,
            enterprises=enterprises,
            accounts=people.accounts,
            consents=people.consents,
            licences=licences,
            outside=Outside(register=vendors.register, four_factors=vendors.four_factors),
            limits=ground.limits,
            audit=people.audit,
            promise=Promise(calendar=calendar, working_days=rules.review_working_days),
            clock=ground.clock,
        ),
        enterprises=Enterprises(enterprises=enterprises),
        face_checks=_face_checks(ground, people, cases),
        reviews=Reviews(
            cases=cases,
            enterprises=enterprises,
            accounts=people.accounts,
            licences=licences,
            audit=people.audit,
            clock=ground.clock,
            lease=timedelta(minutes=rules.review_lease_minutes),
        ),
    )


def _face_checks(ground: Ground, people: People, cases: CertificationRepository) -> FaceChecks:
    return FaceChecks(
        cases=cases,
        consents=people.consents,
        face_check=ground.vendors.face,
        changes=ground.changes,
        leases=ground.leases,
        limits=ground.limits,
        clock=ground.clock,
        public_url=ground.settings.server.public_url,
    )
