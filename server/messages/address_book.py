"""Where messages can be sent to: declared here, implemented above, joined in the composition.

Both are asked when a message leaves, not when it is planned: it may have changed meanwhile.
"""

from typing import Protocol


class AddressBook(Protocol):
    """Kept by accounts."""

    async def phone_of(self, account_id: str) -> str | None:
        """11 digits; None when nothing is to be sent to this account (any more)."""


class Followers(Protocol):
    """Kept by the official account."""

    async def openid_of(self, account_id: str) -> str | None:
        """Of the WeChat user bound to this account; None unless he follows at present."""
