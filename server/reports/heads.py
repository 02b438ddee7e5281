"""What the head of every page says about who is logged in."""

from dataclasses import dataclass

from server.accounts.service import Accounts
from server.core.actor import Actor
from server.core.masking import mask_phone


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """``label``: the masked phone of an applicant, the name of a member of staff."""

    label: str
    enterprise_name: str | None = None
    enterprise_state: str | None = None
    unread: int = 0


class Heads:
    """Heads of pages."""

    def __init__(self, *, accounts: Accounts) -> None:
        self._accounts = accounts

    async def of(self, actor: Actor) -> Head:
        """The head for this actor."""
        account = await self._accounts.get(actor.account_id)
        label = account.name if actor.roles and account.name else mask_phone(account.phone)
        return Head(label=label)
