"""The composition root: the only module that knows every part, and what runs in one process."""

import asyncio
import logging
from collections.abc import Mapping

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from handlers.product import BODY_LIMIT, BODY_SECONDS, Product
from handlers.routes import ROUTES
from server.accounts.passwords import Passwords
from server.composition.business import build_services
from server.composition.ground import Ground
from server.composition.people import assemble_people
from server.relay import Job, Relay
from server.services import Services
from server.storage import indexes
from server.storage.mongo import is_unavailable
from server.storage.outbox import Outbox
from server.subscriptions import (
    Subscriptions,
    Table,
    application_news,
    certification_news,
    figure_news,
    table,
)

LOG = logging.getLogger("rongqiao")
SOURCES = ("institutions", "certifications", "applications")


class PortTaken(Exception):
    """The address is another program's; the text names the key."""


class Platform:
    """Everything that runs in one process."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._passwords = Passwords()
        self.services = build_services(ground, assemble_people(ground, self._passwords))
        self.relay = Relay(
            outbox=Outbox(ground.database, ground.clock, SOURCES),
            subscriptions=Subscriptions(build_reactions(self.services)),
            jobs=(
                Job(name="audit", every_seconds=1.0, run=self.services.audit.seal),
                Job(name="deliveries", every_seconds=1.0, run=self.services.deliveries.send_due),
                Job(name="faces", every_seconds=1.0, run=self.services.face_checks.ask_open),
                Job(name="orphans", every_seconds=600.0, run=self.services.files.sweep),
                Job(name="expiry", every_seconds=300.0, run=self.services.products.retire_expired),
            ),
        )
        self.server: HTTPServer | None = None
        self._product: Product | None = None
        self.port = 0
        self._warming: asyncio.Task[None] | None = None

    async def start(self, *, serve: bool = True) -> None:
        """Indexes, change feed, relay, and the port. Vendors' SDKs are imported afterwards."""
        await indexes.ensure(self._ground.database)
        for source in (*SOURCES, "events", "deliveries"):
            self._ground.changes.subscribe(source, lambda *_: self.relay.wake())
        await self._ground.changes.start()
        self.relay.start()
        if serve:
            self._listen()
        self._warming = asyncio.create_task(self._ground.vendors.warm())

    async def stop(self) -> None:
        """Let running requests finish for a while, then let go of everything."""
        if self.server is not None:
            self.server.stop()
        if self._product is not None:
            await self._product.waiting.close()
        if self.server is not None:
            try:
                async with asyncio.timeout(self._ground.settings.server.drain_seconds):
                    await self.server.close_all_connections()
            except TimeoutError:
                LOG.warning("some requests were cut off")
        await self.relay.stop()
        await self._ground.changes.stop()
        if self._warming is not None:
            await self._warming
        await self._ground.vendors.aclose()
        self._passwords.close()
        self.services.files.close()
        self._ground.database.close()

    async def is_ready(self) -> Mapping[str, bool]:
        """Each part that traffic needs, by name."""
        return {
            "database": await self._ground.database.is_writable(),
            "changes": self._ground.changes.alive,
        }

    def _listen(self) -> None:
        settings = self._ground.settings.server
        self._product = Product(
            routes=ROUTES,
            services=self.services,
            configuration=self._ground.settings,
            is_unavailable=is_unavailable,
            is_ready=self.is_ready,
        )
        self.server = HTTPServer(
            self._product,
            max_body_size=BODY_LIMIT,
            body_timeout=BODY_SECONDS,
            idle_connection_timeout=75,
        )
        try:
            sockets = bind_sockets(settings.port, settings.address)
        except OSError as error:
            raise PortTaken(f"server.port: {settings.port} can't be listened on: {error.strerror}")
        self.port = sockets[0].getsockname()[1]
        self.server.add_sockets(sockets)
        LOG.info("listening on %s:%d", settings.address, self.port)


def build_reactions(services: Services) -> Table:
    """Which news is followed by what: one part a source of news."""
    return table(
        {"institutions.changed": (lambda event: services.products.follow(event.subject_id),)},
        figure_news(services.dashboard),
        certification_news(messages=services.messages, reasons=services.certifications),
        application_news(
            messages=services.messages,
            accounts=services.accounts,
            institutions=services.institutions,
            reasons=services.applications,
        ),
    )
