"""Files, institutions, products, enterprises and applications, put together."""

from server.audit.service import Audit
from server.composition.enterprises import assemble_enterprises, assemble_files
from server.composition.ground import Ground
from server.composition.people import People
from server.core.working_days import WorkingCalendar
from server.institutions.repository import InstitutionRepository
from server.institutions.service import Institutions
from server.products.repository import ProductRepository
from server.products.service import Products
from server.reports.heads import Heads
from server.services import Services
from server.storage.idempotency import IdempotencyKeys


def build_services(ground: Ground, people: People) -> Services:
    """The bundle, lower floors first."""
    calendar = WorkingCalendar(ground.settings.working_days.overrides)
    files = assemble_files(ground, people.audit)
    institutions = Institutions(
        institutions=InstitutionRepository(ground.database), audit=people.audit, clock=ground.clock
    )
    products = _products(ground, institutions, people.audit)
    enterprises = assemble_enterprises(ground, people, files, calendar)
    return Services(
        accounts=people.accounts,
        audit=people.audit,
        certifications=enterprises.certifications,
        clock=ground.clock,
        consents=people.consents,
        deliveries=people.deliveries,
        enterprises=enterprises.enterprises,
        face_checks=enterprises.face_checks,
        files=files,
        heads=Heads(accounts=people.accounts),
        idempotency=IdempotencyKeys(ground.database, ground.cipher, ground.clock),
        institutions=institutions,
        messages=people.messages,
        products=products,
        reviews=enterprises.reviews,
        sessions=people.sessions,
    )


def _products(ground: Ground, institutions: Institutions, audit: Audit) -> Products:
    return Products(
        products=ProductRepository(ground.database),
        institutions=institutions,
        audit=audit,
        clock=ground.clock,
    )
