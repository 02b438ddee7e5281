"""The console's doors: log-in with name and password, log-out, and addresses nobody answers."""

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from handlers.access import public, staff
from handlers.console.base import HOME, ConsolePage
from handlers.errors import AddressUnknown
from handlers.forms import Form
from handlers.once import once
from server.accounts.account import LoginFailed
from server.core.actor import Permission
from server.core.errors import Refusal

MINUTES_A_DAY = 1440


class StaffLogInForm(Form):
    """``next`` is where the person wanted to go."""

    login: Annotated[str, Field(title="账号", max_length=64)]
    password: Annotated[str, Field(title="密码", max_length=128)]
    next: Annotated[str, Field(max_length=500)] = ""


class StaffLogIn(ConsolePage):
    """Name and password; a lock says how many minutes it lasts."""

    @public
    async def get(self) -> None:
        if self.visitor is not None:
            self.go(self.next_address(HOME))
            return
        await self._show()

    @public
    @once
    async def post(self) -> None:
        async with self.keeping(self._show):
            form = self.read(StaffLogInForm)
            try:
                account = await self.services.accounts.log_in_staff(
                    login=form.login, password=form.password, address=self.address
                )
            except LoginFailed as refusal:
                self.set_status(HTTPStatus.UNAUTHORIZED)
                await self._show(refusal)
                return
            agent = self.request.headers.get("User-Agent", "")
            opened = await self.services.sessions.open(
                account, surface=self.surface, address=self.address, user_agent=agent
            )
            minutes = self.application.configuration.sessions.staff_minutes
            self.keep_session(opened.token, minutes / MINUTES_A_DAY)
            self.go(self.next_address(HOME))

    async def _show(self, refusal: Refusal | None = None) -> None:
        await self.show("console/login.html", refusal, next=self.next_address(""))


class StaffLogOut(ConsolePage):
    """The session is dead on the server from now on."""

    @staff(Permission.DASHBOARD_READ)
    async def post(self) -> None:
        await self.services.sessions.close(self.actor)
        self.drop_session()
        self.go(self.login_address)


class UnknownConsolePage(ConsolePage):
    """The 404 of the console."""

    def check_xsrf_cookie(self) -> None:
        """There is nothing to protect, and 404 says more than 403."""

    @public
    def get(self) -> None:
        raise AddressUnknown()

    post = put = patch = delete = head = get
