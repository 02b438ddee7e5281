"""The one table: which event is followed by which reaction, and who is told of it.

A reaction happens at least once and is keyed by the event's id; it may be called again for
the same event after a crash. Adding news means adding a row here.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from server.accounts.account import AccountNotFound, AccountState
from server.accounts.service import Accounts
from server.core.events import Event
from server.core.money import wan
from server.institutions.service import Institutions
from server.messages.kinds import MessageKind
from server.messages.service import Messages
from server.reports.dashboard import Dashboard
from server.reports.figures import COUNTED

LOG = logging.getLogger("rongqiao.subscriptions")
Reaction = Callable[[Event], Awaitable[None]]
Table = Mapping[str, tuple[Reaction, ...]]


class Reasons(Protocol):
    """What a member of staff wrote. It may name people, so no event carries it."""

    async def reason_of(self, subject_id: str, /) -> str:
        """The latest reason given for this certification or application."""


class Subscriptions:
    """Event name to reactions."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def react(self, event: Event) -> None:
        """Every reaction to the event, in the table's order; an unknown event has none."""
        for reaction in self._table.get(event.name, ()):
            await reaction(event)


class AccountPhones:
    """The address book of messages, kept by accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def phone_of(self, account_id: str) -> str | None:
        """The phone of an active account."""
        try:
            account = await self._accounts.get(account_id)
        except AccountNotFound:
            return None
        return account.phone if account.state is AccountState.ACTIVE else None


def table(*parts: Table) -> Table:
    """One table of several; an event in more than one has the reactions of all."""
    merged: dict[str, tuple[Reaction, ...]] = {}
    for part in parts:
        for name, reactions in part.items():
            merged[name] = (*merged.get(name, ()), *reactions)
    return merged


def figure_news(dashboard: Dashboard) -> Table:
    """What the dashboard counts."""
    return {name: (dashboard.count,) for name in COUNTED}


def certification_news(*, messages: Messages, reasons: Reasons) -> Table:
    """The applicant learns how the review of his enterprise ended."""

    async def explain(event: Event) -> dict[str, str]:
        return {"reason": await reasons.reason_of(event.subject_id)}

    return {
        "enterprises.certification_approved": (
            _tell_applicant(messages, MessageKind.CERTIFICATION_APPROVED),
        ),
        "enterprises.certification_rejected": (
            _tell_applicant(messages, MessageKind.CERTIFICATION_REJECTED, explain),
        ),
        "enterprises.certification_returned": (
            _tell_applicant(messages, MessageKind.CERTIFICATION_RETURNED, explain),
        ),
    }


def application_news(
    *, messages: Messages, accounts: Accounts, institutions: Institutions, reasons: Reasons
) -> Table:
    """The branch learns of a new case, the applicant of every step of his."""

    async def name(event: Event) -> dict[str, str]:
        institution = await institutions.get(str(event.facts["institution_id"]))
        return {"institution": institution.short_name, "case_no": str(event.facts["case_no"])}

    async def name_and_amount(event: Event) -> dict[str, str]:
        fen = int(event.facts["amount_fen"])
        return {**await name(event), "amount": f"{wan(fen)}万元", "amount_fen": str(fen)}

    async def name_and_reason(event: Event) -> dict[str, str]:
        return {**await name(event), "reason": await reasons.reason_of(event.subject_id)}

    arrived = (
        _tell_applicant(messages, MessageKind.APPLICATION_SUBMITTED, name),
        _tell_officers(messages, accounts, MessageKind.APPLICATION_RECEIVED),
    )
    return {
        "applications.submitted": arrived,
        "applications.resubmitted": arrived,
        "applications.accepted": (
            _tell_applicant(messages, MessageKind.APPLICATION_ACCEPTED, name),
        ),
        "applications.referred_back": (
            _tell_applicant(messages, MessageKind.APPLICATION_REFERRED_BACK, name_and_reason),
        ),
        "applications.credited": (
            _tell_applicant(messages, MessageKind.APPLICATION_CREDITED, name_and_amount),
        ),
        "applications.lent": (
            _tell_applicant(messages, MessageKind.APPLICATION_LENT, name_and_amount),
        ),
        "applications.declined": (
            _tell_applicant(messages, MessageKind.APPLICATION_DECLINED, name_and_reason),
        ),
    }


async def _no_facts(_: Event) -> dict[str, str]:
    return {}


async def _case_no(event: Event) -> dict[str, str]:
    return {"case_no": str(event.facts["case_no"])}


def _tell_applicant(
    messages: Messages,
    kind: MessageKind,
    facts: Callable[[Event], Awaitable[dict[str, str]]] = _no_facts,
) -> Reaction:
    async def react(event: Event) -> None:
        account_id = str(event.facts["account_id"])
        await messages.notify(event, kind, account_id, await facts(event))

    return react


def _tell_officers(messages: Messages, accounts: Accounts, kind: MessageKind) -> Reaction:
    async def react(event: Event) -> None:
        institution_id, branch_id = event.facts["institution_id"], event.facts["branch_id"]
        officers = await accounts.officers_of(str(institution_id), str(branch_id))
        if not officers:
            LOG.warning("event=%s id=%s branch=%s has no officer", event.name, event.id, branch_id)
        for officer in officers:
            await messages.notify(event, kind, officer.id, await _case_no(event))

    return react
