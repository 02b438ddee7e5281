"""What is read across capabilities, put together."""

from dataclasses import dataclass

from server.applications.handling import CaseHandling
from server.composition.enterprises import EnterpriseServices
from server.composition.ground import Ground
from server.composition.people import People
from server.institutions.service import Institutions
from server.products.service import Products
from server.reports.dashboard import Dashboard
from server.reports.desks import Desks
from server.reports.heads import Heads
from server.reports.repository import FigureRepository, QueueRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """The read models."""

    dashboard: Dashboard
    desks: Desks
    heads: Heads


def assemble_reports(
    ground: Ground,
    people: People,
    enterprises: EnterpriseServices,
    *,
    cases: CaseHandling,
    institutions: Institutions,
    products: Products,
) -> Reports:
    """Build them."""
    return Reports(
        dashboard=Dashboard(
            figures=FigureRepository(ground.database),
            queues=QueueRepository(ground.database),
            cases=cases,
            institutions=institutions,
            products=products,
            reviews=enterprises.reviews,
            clock=ground.clock,
        ),
        desks=Desks(
            accounts=people.accounts,
            cases=cases,
            institutions=institutions,
            messages=people.messages,
            reviews=enterprises.reviews,
        ),
        heads=Heads(
            accounts=people.accounts,
            enterprises=enterprises.enterprises,
            messages=people.messages,
        ),
    )
