"""Files, institutions, products, enterprises and applications, put together."""

from server.applications.answer_time import AnswerTime
from server.applications.handling import CaseHandling
from server.applications.repository import LoanApplicationRepository
from server.applications.service import LoanApplications
from server.audit.service import Audit
from server.composition.enterprises import (
    EnterpriseServices,
    assemble_enterprises,
    assemble_files,
)
from server.composition.ground import Ground
from server.composition.people import People
from server.composition.reports import assemble_reports
from server.composition.wechat import assemble_wechat
from server.core.working_days import WorkingCalendar
from server.institutions.repository import InstitutionRepository
from server.institutions.service import Institutions
from server.products.repository import ProductRepository
from server.products.service import Products
from server.services import Services
from server.storage.counters import Counters
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
    cases = _cases(ground, people.audit)
    reports = assemble_reports(
        ground, people, enterprises, cases=cases, institutions=institutions, products=products
    )
    wechat = assemble_wechat(ground, people)
    return Services(
        accounts=people.accounts,
        applications=_applications(ground, people, institutions, products, enterprises),
        audit=people.audit,
        callbacks=wechat.callbacks,
        cases=cases,
        certifications=enterprises.certifications,
        clock=ground.clock,
        consents=people.consents,
        dashboard=reports.dashboard,
        deliveries=people.deliveries,
        desks=reports.desks,
        enterprises=enterprises.enterprises,
        entrance=wechat.entrance,
        face_checks=enterprises.face_checks,
        files=files,
        followers=wechat.followers,
        heads=reports.heads,
        idempotency=IdempotencyKeys(ground.database, ground.cipher, ground.clock),
        institutions=institutions,
        messages=people.messages,
        products=products,
        qr_logins=people.qr_logins,
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


def _applications(
    ground: Ground,
    people: People,
    institutions: Institutions,
    products: Products,
    enterprises: EnterpriseServices,
) -> LoanApplications:
    return LoanApplications(
        applications=LoanApplicationRepository(ground.database, ground.cipher),
        enterprises=enterprises.enterprises,
        institutions=institutions,
        products=products,
        consents=people.consents,
        counters=Counters(ground.database),
        answer_time=_answer_time(ground),
        clock=ground.clock,
    )


def _cases(ground: Ground, audit: Audit) -> CaseHandling:
    return CaseHandling(
        applications=LoanApplicationRepository(ground.database, ground.cipher),
        audit=audit,
        answer_time=_answer_time(ground),
        clock=ground.clock,
    )


def _answer_time(ground: Ground) -> AnswerTime:
    return AnswerTime(
        calendar=WorkingCalendar(ground.settings.working_days.overrides),
        working_days=ground.settings.applications.answer_working_days,
    )
