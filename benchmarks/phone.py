"""Whoever holds the phone, and the PCs that show him codes.

His taps go through the JSON API. What thousands of people would have made one by one, their
codes, and his log-in are made beside the server, by the same services on the same database.
"""

import asyncio
from itertools import count

from benchmarks.machine import ROOT, Unmeasurable
from benchmarks.product import Running
from server.accounts.account import Account, AccountKind
from server.accounts.passwords import Passwords
from server.accounts.qr_login import OpenedQrLogin, QrState
from server.accounts.repository import AccountRepository
from server.composition.ground import Ground, lay_ground
from server.composition.people import People, assemble_people
from server.config import read_settings
from server.core.actor import Surface
from server.core.clock import utc_now
from server.core.ids import new_id

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0 Safari/537.36"
PHONE_NUMBER = "13900000001"


class Beside:
    """The product's services in our process, on the server's database."""

    def __init__(self, ours: Running) -> None:
        settings = read_settings(ROOT / "config.yaml", ours.environment)
        self._privacy_version = settings.agreements.privacy_version
        self._ground: Ground = lay_ground(settings, ours.place.mongodb_uri)
        self._passwords = Passwords()
        self._people: People = assemble_people(self._ground, self._passwords)
        self._numbers = count(1)

    async def log_in(self) -> tuple[str, str]:
        """Somebody new: his account and his token for the API."""
        account = Account(
            id=new_id(),
            kind=AccountKind.APPLICANT,
            phone=PHONE_NUMBER,
            created_at=utc_now(),
            privacy_version=self._privacy_version,
        )
        await AccountRepository(self._ground.database, self._ground.cipher).add(account)
        opened = await self._people.sessions.open(
            account, surface=Surface.API, address="127.0.0.1", user_agent=AGENT
        )
        return account.id, opened.token

    async def ticket(self) -> OpenedQrLogin:
        """A code on some PC: each has an address of its own, since codes are limited by address."""
        number = next(self._numbers)
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        return await self._people.qr_logins.make(address=address, user_agent=AGENT)

    async def scan_all(self, account_id: str) -> None:
        """Everything that nobody has scanned yet, in one write."""
        await self._ground.database["qr_logins"].update_many(
            {"state": QrState.WAITING.value},
            {"$set": {"state": QrState.SCANNED.value, "account_id": account_id}},
        )

    async def close(self) -> None:
        """Let go of everything."""
        await self._ground.vendors.aclose()
        self._passwords.close()
        self._ground.database.close()


class Phone:
    """One person's app: one connection that is kept open."""

    def __init__(
        self, token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._token = token
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connected(cls, ours: Running, token: str) -> "Phone":
        """To the server."""
        return cls(token, *await asyncio.open_connection("127.0.0.1", ours.port))

    async def scan(self, ticket: OpenedQrLogin) -> None:
        """The page's code."""
        await self._post(f"/api/v1/qr-logins/{ticket.ticket}/scan")

    async def confirm(self, ticket: OpenedQrLogin) -> None:
        """The tap that lets the PC in."""
        await self._post(f"/api/v1/qr-logins/{ticket.ticket}/confirm")

    def close(self) -> None:
        """Put away."""
        self._writer.close()

    async def _post(self, path: str) -> None:
        self._writer.write(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token}\r\n"
            "Content-Length: 0\r\n\r\n".encode()
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
        body = await self._reader.readexactly(int(length))
        if head[9:12] != b"200":
            raise Unmeasurable(f"The phone was refused: {head[:20]!r} {body[:300]!r}")


def page(ticket: OpenedQrLogin) -> bytes:
    """What the page with the code asks, to wait."""
    return (
        f"GET /login/qr/{ticket.ticket}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Cookie: rq_qr={ticket.secret}\r\nAccept: text/event-stream\r\n\r\n"
    ).encode()
