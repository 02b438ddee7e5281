"""Where messages can be sent to: declared here, implemented by accounts, joined in main."""

from typing import Protocol


class AddressBook(Protocol):
    """Asked when an SMS leaves, not when it is planned: a number may have changed meanwhile."""

    async def phone_of(self, account_id: str) -> str | None:
        """11 digits; None when nothing is to be sent to this account (any more)."""
