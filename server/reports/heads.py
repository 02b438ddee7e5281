"""What the head of every page says about who is logged in."""

from dataclasses import dataclass

from server.accounts.service import Accounts
from server.core.actor import Actor
from server.core.masking import mask_phone
from server.enterprises.enterprise import EnterpriseState
from server.enterprises.service import Enterprises
from server.messages.service import Messages

STATE_NAMES: dict[EnterpriseState, str] = {
    EnterpriseState.CERTIFIED: "已认证",
    EnterpriseState.UNCERTIFIED: "认证中",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """``label``: the masked phone of an applicant, the name of a member of staff."""

    label: str
    enterprise_name: str | None = None
    enterprise_state: str | None = None
    unread: int = 0


class Heads:
    """Heads of pages."""

    def __init__(self, *, accounts: Accounts, enterprises: Enterprises, messages: Messages) -> None:
        self._accounts = accounts
        self._enterprises = enterprises
        self._messages = messages

    async def of(self, actor: Actor) -> Head:
        """The head for this actor."""
        account = await self._accounts.get(actor.account_id)
        unread = await self._messages.unread_count(actor.account_id)
        if actor.roles and account.name:
            return Head(label=account.name, unread=unread)
        label = mask_phone(account.phone)
        if actor.enterprise_id is None:
            return Head(label=label, unread=unread)
        enterprise = await self._enterprises.summary(actor.enterprise_id)
        return Head(
            label=label,
            enterprise_name=enterprise.name,
            enterprise_state=STATE_NAMES[enterprise.state],
            unread=unread,
        )
