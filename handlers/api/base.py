"""Base of the JSON API: bearer tokens, JSON in and out, idempotency by header."""

import orjson
from pydantic import BaseModel

from handlers.base import BaseHandler
from handlers.errors import MediaTypeUnknown, RequestMalformed
from handlers.forms import Read, arguments, read_form
from handlers.once import KeyMissing
from server.core.actor import Surface
from server.core.paging import PageRequest


class ApiHandler(BaseHandler):
    """Cookies are ignored, so no XSRF token is needed."""

    surface = Surface.API

    def check_xsrf_cookie(self) -> None:
        """Nothing to check: a browser never sends a bearer token by itself."""

    def session_token(self) -> str | None:
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def idempotency_key(self) -> str:
        """The header Idempotency-Key; KeyMissing without one."""
        key = self.request.headers.get("Idempotency-Key", "")
        if not 8 <= len(key) <= 128:
            raise KeyMissing(field="Idempotency-Key")
        return key

    def fingerprint(self) -> str:
        """What a repeat of the same call has in common with the first."""
        return self.request.body.decode("utf-8", "replace")

    def read(self, form: type[Read]) -> Read:
        """The JSON body as a form."""
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip()
        if media_type != "application/json":
            raise MediaTypeUnknown()
        try:
            values = orjson.loads(self.request.body)
        except orjson.JSONDecodeError:
            raise RequestMalformed() from None
        if not isinstance(values, dict):
            raise RequestMalformed()
        return read_form(form, values)

    def read_query(self, form: type[Read]) -> Read:
        """The query string as a form; a repeated name is a list."""
        return read_form(form, arguments(self.request.query_arguments, form))

    def reply(self, answer: BaseModel, status: int = 200) -> None:
        """The answer as JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.write(answer.model_dump_json().encode())


def page_request(size: int, cursor: str | None) -> PageRequest:
    """What a list form asks of a service."""
    return PageRequest(size=size, cursor=cursor)
