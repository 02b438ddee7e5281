"""Accounts, sessions, consents, audit and messages, put together."""

from dataclasses import dataclass
from datetime import timedelta

from server.accounts.passwords import Passwords
from server.accounts.qr_logins import QrLogins
from server.accounts.qr_repository import QrLoginRepository
from server.accounts.repository import AccountRepository, SessionRepository, SmsCodeRepository
from server.accounts.service import Accounts, LoginRules
from server.accounts.sessions import Sessions
from server.accounts.sms_code import CodeRules
from server.audit.repository import AuditRepository
from server.audit.service import Audit
from server.composition.ground import Ground
from server.composition.messages import assemble_deliveries, assemble_messages
from server.config import Settings
from server.consents.consent import ConsentKind
from server.consents.repository import ConsentRepository
from server.consents.service import Consents
from server.messages.delivering import Deliveries
from server.messages.service import Messages
from server.official_account.repository import FollowerRepository
from server.official_account.service import Followers
from server.subscriptions import AccountPhones


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who somebody is, what he agreed to, and how he is told."""

    accounts: Accounts
    audit: Audit
    consents: Consents
    deliveries: Deliveries
    followers: Followers
    messages: Messages
    qr_logins: QrLogins
    sessions: Sessions


def assemble_people(ground: Ground, passwords: Passwords) -> People:
    """Build them; nothing is sent yet."""
    settings, clock = ground.settings, ground.clock
    audit = Audit(rows=AuditRepository(ground.database), leases=ground.leases, clock=clock)
    consents = Consents(
        consents=ConsentRepository(ground.database),
        clock=clock,
        versions=_versions(settings),
        read_seconds={ConsentKind.CERTIFICATION: settings.agreements.certification_read_seconds},
    )
    repository = AccountRepository(ground.database, ground.cipher)
    accounts = _accounts(ground, repository, passwords, audit, consents)
    followers = Followers(
        followers=FollowerRepository(ground.database, ground.cipher),
        accounts=accounts,
        audit=audit,
        official_account=ground.vendors.official_account,
        clock=clock,
    )
    return People(
        accounts=accounts,
        audit=audit,
        consents=consents,
        deliveries=assemble_deliveries(
            ground, address_book=AccountPhones(accounts), followers=followers
        ),
        followers=followers,
        messages=assemble_messages(ground),
        qr_logins=_qr_logins(ground, repository, audit),
        sessions=Sessions(
            sessions=SessionRepository(ground.database),
            accounts=repository,
            changes=ground.changes,
            clock=clock,
            applicant_life=timedelta(days=settings.sessions.applicant_days),
            staff_life=timedelta(minutes=settings.sessions.staff_minutes),
        ),
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


def _qr_logins(ground: Ground, accounts: AccountRepository, audit: Audit) -> QrLogins:
    return QrLogins(
        logins=QrLoginRepository(ground.database),
        accounts=accounts,
        audit=audit,
        limits=ground.limits,
        changes=ground.changes,
        clock=ground.clock,
        public_url=ground.settings.server.public_url,
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
