"""Base of the pages people read: cookie session, XSRF, templates, forms that keep what was typed."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote, urlencode

from pydantic import Field

from handlers.base import BaseHandler
from handlers.errors import problems_of, retry_after, status_of
from handlers.forms import Form, Read, arguments, read_form
from handlers.once import KeyMissing
from handlers.presenting import FORMATS
from server.consents.consent import PrivacyNeeded
from server.core.actor import Surface
from server.core.errors import FieldsInvalid, Refusal, Unauthenticated
from server.core.ids import new_id
from server.core.paging import PageRequest

KEY_FIELD = "idempotency_key"
ENTER = "/wechat/enter"
WECHAT_ASKED = "rq_wechat_asked"
_UNTYPED = frozenset({"_xsrf", KEY_FIELD})
_LOCAL = re.compile(r"^/(?!/)[!-\[\]-~]*$")


class PageHandler(BaseHandler):
    """A page of the portal; the console's base differs in its cookie and its log-in page."""

    surface = Surface.PORTAL
    cookie: ClassVar[str] = "rq_session"
    cookie_path: ClassVar[str] = "/"
    login_address: ClassVar[str] = "/login"
    error_template: ClassVar[str] = "errors/error.html"

    def session_token(self) -> str | None:
        return self.get_cookie(self.cookie)

    def keep_session(self, token: str, days: float) -> None:
        """Put the session into the browser. The cookie is HttpOnly, Lax, and Secure behind https."""
        self.set_cookie(
            self.cookie,
            token,
            expires_days=days,
            path=self.cookie_path,
            httponly=True,
            samesite="Lax",
            secure=self.application.configuration.server.public_url.startswith("https://"),
        )

    def drop_session(self) -> None:
        self.clear_cookie(self.cookie, path=self.cookie_path)

    def keep_out_wechat(self, life: timedelta) -> None:
        """For this long the way in is phone and code: WeChat was just asked, or he logged out."""
        seconds = int(life.total_seconds())
        self.set_cookie(WECHAT_ASKED, "1", max_age=seconds, httponly=True, samesite="Lax")

    @property
    def in_wechat(self) -> bool:
        """Whether the page is shown by WeChat's own browser."""
        return "MicroMessenger" in self.request.headers.get("User-Agent", "")

    def door(self) -> str:
        """Where a stranger is sent. In WeChat's browser WeChat itself says who it is.

        Not after a form: browsers hold the way to another origin against form-action.
        """
        is_link = self.surface is Surface.PORTAL and self.request.method == "GET"
        if not (is_link and self.in_wechat):
            return self.login_address
        is_asked = self.get_cookie(WECHAT_ASKED) is not None
        return self.login_address if is_asked or not self.services.entrance.is_open else ENTER

    def idempotency_key(self) -> str:
        """The form's hidden field; KeyMissing without one."""
        key = self.get_body_argument(KEY_FIELD, "")
        if not 8 <= len(key) <= 128:
            raise KeyMissing()
        return key

    def fingerprint(self) -> str:
        """What a repeat of the same form has in common with the first."""
        return urlencode(sorted(self.typed().items()), doseq=True)

    def typed(self) -> dict[str, list[str]]:
        """What the person typed, to be shown again when the form is refused."""
        return {
            name: self.get_body_arguments(name)
            for name in self.request.body_arguments
            if name not in _UNTYPED
        }

    def read(self, form: type[Read], *, only_known: bool = False) -> Read:
        """The posted form; ``only_known`` leaves fields alone that belong to another button."""
        given = {
            name: values
            for name, values in self.request.body_arguments.items()
            if name not in _UNTYPED and (not only_known or name in form.model_fields)
        }
        return read_form(form, arguments(given, form))

    def read_query(self, form: type[Read]) -> Read:
        """The query string as a form; names it does not know are left alone (campaign tags)."""
        known = {n: v for n, v in self.request.query_arguments.items() if n in form.model_fields}
        return read_form(form, arguments(known, form))

    def read_filters(self, form: type[Read]) -> tuple[Read, tuple[str, ...]]:
        """The query string of a list: what can't be is left out, with a sentence for each."""
        problems: dict[str, str] = {}
        while True:
            try:
                return self.read_query(form), tuple(problems.values())
            except FieldsInvalid as refusal:
                problems |= refusal.problems
                for name in refusal.problems:
                    del self.request.query_arguments[name]

    @asynccontextmanager
    async def keeping(self, show: Callable[[Refusal], Awaitable[None]]) -> AsyncIterator[None]:
        """Show the form again, with what was typed and what is wrong, when it is refused."""
        try:
            yield
        except Unauthenticated:
            raise
        except Refusal as refusal:
            self.set_status(status_of(type(refusal)))
            seconds = retry_after(refusal)
            if seconds is not None:
                self.set_header("Retry-After", str(seconds))
            await show(refusal)

    async def show(self, template: str, refusal: Refusal | None = None, **values: Any) -> None:
        """Render a page (status as set). ``errors`` and ``typed`` are there for every form."""
        me = await self.me()
        errors = problems_of(refusal) if refusal is not None else {}
        self.write(self.render_string(template, me=me, errors=errors, refusal=refusal, **values))

    async def me(self) -> Any:
        """Who is logged in, for the page's head; None for a stranger."""
        return await self.services.heads.of(self.visitor) if self.visitor else None

    def go(self, address: str) -> None:
        """Send the browser on with 303 (for htmx: HX-Redirect)."""
        if self.request.headers.get("HX-Request") == "true":
            self.set_status(200)
            self.set_header("HX-Redirect", address)
        else:
            self.set_status(303)
            self.set_header("Location", address)

    def next_address(self, default: str) -> str:
        """Where the person wanted to go before he was asked to log in: a path of ours only."""
        wanted = self.get_argument("next", "")
        return wanted if _LOCAL.match(wanted) else default

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks for a fragment (not for a restored page)."""
        headers = self.request.headers
        return (
            headers.get("HX-Request") == "true"
            and headers.get("HX-History-Restore-Request") != "true"
        )

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, (Unauthenticated, PrivacyNeeded)):
            self._send_to("/privacy" if isinstance(error, PrivacyNeeded) else self.door())
            return
        answer = self.answer(error)
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(
            self.render_string(
                self.error_template,
                me=None,
                errors={},
                refusal=answer.refusal,
                status=int(answer.status),
            )
        )

    def _send_to(self, address: str) -> None:
        """To the log-in or the guideline first, and back here afterwards."""
        target = quote(self.request.uri or "/", safe="/")
        self.go(f"{address}?next={target}" if self.request.method == "GET" else address)
        self.finish()

    def get_template_namespace(self) -> dict[str, Any]:
        namespace = super().get_template_namespace()
        settings = self.application.configuration
        namespace.update(
            FORMATS,
            asset=self.application.assets.address,
            icon=self.application.assets.icon,
            care=self.get_cookie("rq_care") == "1",
            partial=self.is_partial,
            in_wechat=self.in_wechat,
            site=settings.server.public_url,
            here=self.route.section,
            path=self.request.path,
            query_string=self._query_string,
            typed=self.typed(),
            nav=[(link.key, link.label, link.href) for link in settings.navigation.top],
            tabs=[(t.key, t.label, t.href, t.icon) for t in settings.navigation.tabs],
            platform=settings.platform,
            xsrf=self.xsrf_token.decode(),
            csrf=self.xsrf_form_html(),
            idempotency_field=f'<input type="hidden" name="{KEY_FIELD}" value="{new_id()}">',
            request_id=self.request_id,
        )
        return namespace

    def _query_string(self, **changes: object) -> str:
        """The present query with some values changed; None or '' takes one out."""
        values: dict[str, object] = {
            name: self.get_query_arguments(name) for name in self.request.query_arguments
        }
        values.update(changes)
        kept = {n: v for n, v in values.items() if v not in (None, "", [])}
        return f"?{urlencode(kept, doseq=True)}" if kept else "?"


def numbered(form: "PagedForm") -> PageRequest:
    """What a list page asks of a service."""
    return PageRequest(size=form.size, number=form.page)


class PagedForm(Form):
    """The query of every list page."""

    page: Annotated[int, Field(title="页码", ge=1, le=1_000_000)] = 1
    size: Annotated[Literal[10, 20, 50], Field(title="每页条数")] = 10
