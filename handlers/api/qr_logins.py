"""QR log-in for a program on the phone: it scanned a PC's code and answers for its account."""

from datetime import datetime

from pydantic import BaseModel

from handlers.access import signed_in
from handlers.api.base import ApiHandler
from server.accounts.qr_login import QrLogin, QrState


class QrLoginAnswer(BaseModel):
    """Where the request comes from, for the person who is to say yes or no."""

    state: QrState
    address: str
    agent: str
    created_at: datetime
    expires_at: datetime


class QrLoginItem(ApiHandler):
    @signed_in
    async def get(self, ticket: str) -> None:
        self.reply(_answer(await self.services.qr_logins.get(ticket, self.actor)))


class QrLoginScan(ApiHandler):
    @signed_in
    async def post(self, ticket: str) -> None:
        login = await self.services.qr_logins.scan(ticket, self.actor.account_id)
        self.reply(_answer(login))


class QrLoginConfirmation(ApiHandler):
    @signed_in
    async def post(self, ticket: str) -> None:
        self.reply(_answer(await self.services.qr_logins.confirm(ticket, self.actor)))


class QrLoginRefusal(ApiHandler):
    @signed_in
    async def post(self, ticket: str) -> None:
        self.reply(_answer(await self.services.qr_logins.refuse(ticket, self.actor)))


def _answer(login: QrLogin) -> QrLoginAnswer:
    return QrLoginAnswer(
        state=login.state,
        address=login.address,
        agent=login.agent,
        created_at=login.created_at,
        expires_at=login.expires_at,
    )
