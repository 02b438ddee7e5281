"""The composition root: the only module that knows every part."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from handlers.product import BODY_LIMIT, Product
from handlers.routes import ROUTES
from server.accounts.passwords import Passwords
from server.accounts.repository import AccountRepository, SessionRepository, SmsCodeRepository
from server.accounts.service import Accounts, LoginRules
from server.accounts.sessions import Sessions
from server.accounts.sms_code import CodeRules
from server.audit.repository import AuditRepository
from server.audit.service import Audit
from server.config import Settings
from server.consents.consent import ConsentKind
from server.consents.repository import ConsentRepository
from server.consents.service import Consents
from server.core.clock import Clock, utc_now
from server.core.working_days import WorkingCalendar
from server.enterprises.assembly import assemble as assemble_enterprises
from server.files.assembly import assemble as assemble_files
from server.institutions.repository import InstitutionRepository
from server.institutions.service import Institutions
from server.products.repository import ProductRepository
from server.products.service import Products
from server.messages.delivering import Deliveries
from server.messages.repository import DeliveryRepository, MessageRepository
from server.messages.service import Messages
from server.providers.vendors import Vendors, open_vendors
from server.relay import Job, Relay
from server.reports.heads import Heads
from server.services import Services
from server.storage import indexes
from server.storage.changes import ChangeFeed
from server.storage.embedded import Embedded
from server.storage.encryption import FieldCipher
from server.storage.idempotency import IdempotencyKeys
from server.storage.leases import Leases
from server.storage.limits import RateLimits
from server.storage.mongo import Database, connect, is_unavailable
from server.storage.outbox import Outbox
from server.subscriptions import AccountPhones, Subscriptions, Table, certification_news, table

LOG = logging.getLogger("rongqiao")
SOURCES = ("institutions", "certifications", "applications")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every capability is built on."""

    settings: Settings
    clock: Clock
    database: Database
    cipher: FieldCipher
    changes: ChangeFeed
    leases: Leases
    limits: RateLimits
    vendors: Vendors


def start_embedded(settings: Settings) -> Embedded | None:
    """The mongod of our own, when configured; call it from the main thread, before the loop."""
    if settings.storage.uri.get_secret_value() != "embedded":
        return None
    assert settings.storage.data_dir is not None
    embedded = Embedded(Path(settings.storage.data_dir))
    embedded.start()
    return embedded


def lay_ground(settings: Settings, mongodb_uri: str, clock: Clock = utc_now) -> Ground:
    """Connections, ciphers and clients; nothing is sent yet."""
    database = connect(
        mongodb_uri,
        settings.storage.database,
        server_selection_timeout_ms=settings.storage.server_selection_timeout_ms,
    )
    keys = settings.encryption
    cipher = FieldCipher(
        {number: bytes.fromhex(key.get_secret_value()) for number, key in keys.keys.items()},
        keys.active_key,
        bytes.fromhex(keys.index_key.get_secret_value()),
    )
    return Ground(
        settings=settings,
        clock=clock,
        database=database,
        cipher=cipher,
        changes=ChangeFeed(database),
        leases=Leases(database, clock),
        limits=RateLimits(database, clock),
        vendors=open_vendors(settings.tencent, settings.aliyun, clock),
    )


class Platform:
    """Everything that runs in one process."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._passwords = Passwords()
        self.services = build_services(ground, self._passwords)
        self.relay = Relay(
            outbox=Outbox(ground.database, ground.clock, SOURCES),
            subscriptions=Subscriptions(build_reactions(self.services)),
            jobs=(
                Job(name="audit", every_seconds=1.0, run=self.services.audit.seal),
                Job(name="deliveries", every_seconds=1.0, run=self.services.deliveries.send_due),
                Job(name="faces", every_seconds=1.0, run=self.services.face_checks.ask_open),
                Job(name="expiry", every_seconds=300.0, run=self.services.products.retire_expired),
            ),
        )
        self.server: HTTPServer | None = None
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
            try:
                async with asyncio.timeout(self._ground.settings.server.drain_seconds):
                    await self.server.close_all_connections()
            except TimeoutError:
                LOG.warning("some requests were cut off")
        await self.relay.stop()
        await self._ground.changes.stop()
        if self._warming is not None:
            await self._warming
        self._ground.vendors.close()
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
        product = Product(
            routes=ROUTES,
            services=self.services,
            configuration=self._ground.settings,
            is_unavailable=is_unavailable,
            is_ready=self.is_ready,
        )
        self.server = HTTPServer(product, max_body_size=BODY_LIMIT, idle_connection_timeout=75)
        sockets = bind_sockets(settings.port, settings.address)
        self.port = sockets[0].getsockname()[1]
        self.server.add_sockets(sockets)
        LOG.info("listening on %s:%d", settings.address, self.port)


def build_reactions(services: Services) -> Table:
    """Which news is followed by what: one part a source of news."""
    return table(
        {"institutions.changed": (lambda event: services.products.follow(event.subject_id),)},
        certification_news(messages=services.messages, reasons=services.certifications),
    )


def build_services(ground: Ground, passwords: Passwords) -> Services:
    """Every capability's service, lower floors first."""
    clock, database, cipher = ground.clock, ground.database, ground.cipher
    settings = ground.settings
    audit = Audit(rows=AuditRepository(database), leases=ground.leases, clock=clock)
    institutions = Institutions(
        institutions=InstitutionRepository(database), audit=audit, clock=clock
    )
    account_repository = AccountRepository(database, cipher)
    consents = Consents(
        consents=ConsentRepository(database),
        clock=clock,
        versions=_versions(settings),
        read_seconds={ConsentKind.CERTIFICATION: settings.agreements.certification_read_seconds},
    )
    accounts = _accounts(ground, account_repository, passwords, audit, consents)
    sessions = Sessions(
        sessions=SessionRepository(database),
        accounts=account_repository,
        changes=ground.changes,
        clock=clock,
        applicant_life=timedelta(days=settings.sessions.applicant_days),
        staff_life=timedelta(minutes=settings.sessions.staff_minutes),
    )
    files = assemble_files(
        database=database,
        cipher=cipher,
        audit=audit,
        clock=clock,
        max_bytes=settings.certification.upload_max_bytes,
    )
    enterprises = assemble_enterprises(
        ground,
        ground.vendors,
        accounts=accounts,
        audit=audit,
        consents=consents,
        files=files,
        calendar=WorkingCalendar(settings.working_days.overrides),
        rules=settings.certification,
        public_url=settings.server.public_url,
    )
    return Services(
        accounts=accounts,
        audit=audit,
        certifications=enterprises.certifications,
        clock=clock,
        consents=consents,
        deliveries=_deliveries(ground, accounts),
        enterprises=enterprises.enterprises,
        face_checks=enterprises.face_checks,
        files=files,
        heads=Heads(accounts=accounts),
        idempotency=IdempotencyKeys(database, cipher, clock),
        institutions=institutions,
        messages=Messages(
            messages=MessageRepository(database, cipher),
            deliveries=DeliveryRepository(database, cipher),
            clock=clock,
        ),
        products=_products(ground, institutions, audit),
        reviews=enterprises.reviews,
        sessions=sessions,
    )


def _deliveries(ground: Ground, accounts: Accounts) -> Deliveries:
    return Deliveries(
        deliveries=DeliveryRepository(ground.database, ground.cipher),
        sms=ground.vendors.sms,
        address_book=AccountPhones(accounts),
        clock=ground.clock,
        templates=ground.settings.aliyun.templates.model_dump(),
    )


def _products(ground: Ground, institutions: Institutions, audit: Audit) -> Products:
    return Products(
        products=ProductRepository(ground.database),
        institutions=institutions,
        audit=audit,
        clock=ground.clock,
    )


def _accounts(
    ground: Ground,
    accounts: AccountRepository,
    passwords: Passwords,
    audit: Audit,
    consents: Consents,
) -> Accounts:
    codes, sessions = ground.settings.sms_codes, ground.settings.sessions
    return Accounts(
        accounts=accounts,
        codes=SmsCodeRepository(ground.database, ground.cipher),
        limits=ground.limits,
        passwords=passwords,
        sms=ground.vendors.sms,
        audit=audit,
        consents=consents,
        clock=ground.clock,
        code_rules=CodeRules(
            life=timedelta(seconds=codes.life_seconds),
            resend_seconds=codes.resend_seconds,
            tries=codes.tries,
            per_hour=codes.per_hour,
            per_day=codes.per_day,
            per_address_hour=codes.per_address_hour,
        ),
        code_template=ground.settings.aliyun.templates.code,
        login_rules=LoginRules(
            failures=sessions.login_failures, lock=timedelta(minutes=sessions.lock_minutes)
        ),
    )


def _versions(settings: Settings) -> dict[ConsentKind, str]:
    texts = settings.agreements
    return {
        ConsentKind.PRIVACY: texts.privacy_version,
        ConsentKind.TERMS: texts.terms_version,
        ConsentKind.CERTIFICATION: texts.certification_version,
        ConsentKind.FACE: texts.face_version,
        ConsentKind.APPLICATION: texts.application_version,
    }
