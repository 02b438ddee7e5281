"""Passwords of staff: argon2id with OWASP's parameters (19 MiB, t=2, p=1), off the event loop.

The library's defaults take eight times as long and let a morning's log-ins queue for seconds.
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.core.errors import Invalid

_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9\s]")


class PasswordWeak(Invalid):
    """Against the policy: 8-20 characters, all four classes."""

    code = "accounts.password_weak"
    sentence = "密码须为 8 到 20 位，并同时包含大写字母、小写字母、数字和符号。"


def must_be_strong(password: str) -> None:
    """Refuse with PasswordWeak unless the policy is met."""
    is_long_enough = 8 <= len(password) <= 20
    if not (is_long_enough and all(re.search(one, password) for one in _CLASSES)):
        raise PasswordWeak(field="password")


class Passwords:
    """Hash and verify in two threads: more only compete for the same cores."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="passwords")
        self._nobody = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """The encoded hash."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._hasher.hash, password
        )

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password; takes as long for an account that does not exist."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._verify, password_hash, password
        )

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        try:
            self._hasher.verify(password_hash or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None
