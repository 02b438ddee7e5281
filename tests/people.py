"""Arranging: people who have got as far as a test wants them to be, by the doors that people use."""

import itertools

from tests.clients import ApiClient
from tests.platforms import Running

VERSIONS = {"terms_version": "2026-11-01", "privacy_version": "2026-11-01"}
_numbers = itertools.count(19_910_000_000)


def new_phone() -> str:
    """A number of nobody, another one each time: the carrier counts messages per number."""
    return str(next(_numbers))


async def get_code(running: Running, phone: str) -> str:
    """Ask for a code and read it from the phone."""
    sent = await running.api().post("/sms-codes", {"phone": phone})
    assert sent.status == 202, sent.text
    return await running.sandbox.code(phone)


async def register(running: Running, phone: str | None = None) -> ApiClient:
    """Somebody who has registered and accepted both texts."""
    phone = phone or new_phone()
    code = await get_code(running, phone)
    answer = await running.api().post("/accounts", {"phone": phone, "code": code, **VERSIONS})
    assert answer.status == 201, answer.text
    return running.api(answer.json["token"])


async def wait_for_another_code(running: Running) -> None:
    """Let the count-down pass, here and at the carrier."""
    running.clock.advance(seconds=61)
    await running.sandbox.advance(61)
