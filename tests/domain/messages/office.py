"""Processes of the platform that do nothing by themselves, so that a test takes each step itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from server.accounts.service import NewApplicant
from server.core.actor import Actor, Surface
from server.core.events import Event
from server.core.ids import new_id
from server.messages.delivery import Delivery
from server.messages.kinds import MessageKind
from server.services import Services
from server.storage.mongo import Database
from tests.people import VERSIONS, new_phone
from tests.platforms import MovableClock, SandboxDoor

CODE_TEMPLATE = "SMS_CODE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An applicant."""

    phone: str
    actor: Actor

    @property
    def account_id(self) -> str:
        return self.actor.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """One process: its services, and the world around it."""

    services: Services
    templates: Mapping[str, str]
    database: Database
    clock: MovableClock
    sandbox: SandboxDoor

    async def person(self) -> Person:
        """Somebody who has registered."""
        phone, accounts = new_phone(), self.services.accounts
        await accounts.send_code(phone, address="127.0.0.1")
        new = NewApplicant(phone=phone, code=await self.sandbox.code(phone), prefill={}, **VERSIONS)
        account = await accounts.register(new, account_id=new_id(), address="127.0.0.1")
        actor = Actor(
            account_id=account.id,
            surface=Surface.PORTAL,
            session_id=new_id(),
            address="127.0.0.1",
        )
        return Person(phone=phone, actor=actor)

    def event(self, name: str = "applications.submitted", **facts: str | int) -> Event:
        """News of this moment."""
        return Event(id=new_id(), name=name, at=self.clock(), subject_id=new_id(), facts=facts)

    async def tell(self, person: Person, event: Event | None = None) -> Event:
        """Tell somebody that his application was submitted."""
        event = event or self.event()
        facts = {"case_no": "RQ20261120000001", "institution": "云桥农商行"}
        kind = MessageKind.APPLICATION_SUBMITTED
        await self.services.messages.notify(event, kind, person.account_id, facts)
        return event

    async def delivery(self, event: Event, person: Person) -> Delivery:
        """What became of what he was sent."""
        found = await self.services.deliveries.find(event.id, person.account_id)
        assert found is not None
        return found

    async def run(self) -> int:
        """Let the process do what is due, as its relay would."""
        return await self.services.deliveries.send_due()

    async def inbox(self, person: Person) -> list[dict[str, Any]]:
        """The SMS that the person got, without codes."""
        messages = await self.sandbox.inbox(person.phone)
        return [message for message in messages if message["template"] != CODE_TEMPLATE]

    async def sends(self) -> int:
        """How often the gateway was asked to send a message that is not a code."""
        calls = await self.sandbox.calls("SendSms")
        return sum(call.get("facts", {}).get("template") != CODE_TEMPLATE for call in calls)


class Opener(Protocol):
    """``open_office(RQ__KEY="value")``: one more process on the same database."""

    def __call__(self, **overrides: str) -> Office: ...
