"""What WeChat knows and has done, seen from its side, and whom we take for its followers."""

import json
from dataclasses import dataclass, field
from typing import Any

from server.core.events import Event
from server.messages.delivery import Delivery
from server.messages.kinds import MessageKind
from tests.domain.messages.office import Office, Person
from tests.platforms import SandboxDoor

KEY = "zhou"
ACTION = "message/template/send"
TEMPLATES = {
    MessageKind.CERTIFICATION_APPROVED: "WX_CERTIFICATION_RESULT",
    MessageKind.CERTIFICATION_REJECTED: "WX_CERTIFICATION_RESULT",
    MessageKind.CERTIFICATION_RETURNED: "WX_CERTIFICATION_RESULT",
    MessageKind.APPLICATION_SUBMITTED: "WX_APPLICATION_PROGRESS",
    MessageKind.APPLICATION_RECEIVED: "WX_APPLICATION_RECEIVED",
    MessageKind.APPLICATION_ACCEPTED: "WX_APPLICATION_PROGRESS",
    MessageKind.APPLICATION_REFERRED_BACK: "WX_APPLICATION_PROGRESS",
    MessageKind.APPLICATION_CREDITED: "WX_APPLICATION_AMOUNT",
    MessageKind.APPLICATION_LENT: "WX_APPLICATION_AMOUNT",
    MessageKind.APPLICATION_DECLINED: "WX_APPLICATION_PROGRESS",
}
SETTING = "RQ__WECHAT__TEMPLATES"
AS_SET = json.dumps(TEMPLATES)


@dataclass(frozen=True, slots=True)
class WeChatDoor:
    """The sandbox's WeChat."""

    sandbox: SandboxDoor

    async def forget(self) -> None:
        """As on the first day."""
        await self.sandbox.http.delete("/wechat")

    async def follow(self, key: str = KEY) -> str:
        """The openid of somebody who follows from now on."""
        return str((await self._do(key, "subscribe"))["openid"])

    async def leave(self, key: str = KEY) -> None:
        """He doesn't follow any more, and we are not told."""
        await self._do(key, "unsubscribe")

    async def block(self, key: str = KEY) -> None:
        """He takes no messages."""
        await self._do(key, "block")

    async def cards(self, key: str = KEY) -> list[dict[str, Any]]:
        """The template messages in his chat."""
        async with self.sandbox.http.get("/wechat/chat", params={"person": key}) as answer:
            messages = (await answer.json())["messages"]
        return [one for one in messages if one["kind"] == "template"]

    async def sends(self) -> list[dict[str, Any]]:
        """Every call to send one."""
        return await self.sandbox.calls(ACTION)

    async def msg_ids(self) -> list[str]:
        """Of the messages that were sent."""
        facts = [call["facts"] for call in await self.sends() if "facts" in call]
        return [str(each["msgid"]) for each in facts if "msgid" in each]

    async def fault(self, kind: str, *, target: str = "template", **more: object) -> None:
        """Of the next calls."""
        await self.sandbox.fault(f"wechat.{target}", kind, **more)

    async def _do(self, key: str, kind: str) -> dict[str, Any]:
        asked = {"person": key, "kind": kind}
        async with self.sandbox.http.post("/wechat/push", json=asked) as answer:
            assert answer.status == 200, await answer.text()
            told: dict[str, Any] = await answer.json()
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A person bound to somebody in WeChat, told one thing after the other by one process."""

    office: Office
    person: Person
    wechat: WeChatDoor
    told: list[Event] = field(default_factory=list)

    async def tell(self) -> Event:
        """Tell him, and let the process do its first step."""
        event = await self.office.tell(self.person)
        await self.office.run()
        self.told.append(event)
        return event

    async def delivery(self, event: Event) -> Delivery:
        """What became of it."""
        return await self.office.delivery(event, self.person)

    async def finish(self, status: str, msg_id: str | None = None) -> None:
        """WeChat tells how the (newest) message ended."""
        told = msg_id or (await self.wechat.msg_ids())[-1]
        await self.office.services.deliveries.take_finish(told, status)

    async def pass_by(self, **time: float) -> int:
        """Time passes, and the process does what is due then."""
        self.office.clock.advance(**time)
        return await self.office.run()

    async def counts(self) -> tuple[int, int]:
        """How many cards are in his chat, and how many SMS on his phone."""
        return len(await self.wechat.cards()), len(await self.office.inbox(self.person))
