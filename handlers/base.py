"""What every handler has: a request id, the services, one admission, one way to fail."""

import logging
import traceback
from typing import Any, ClassVar

import orjson
from tornado.web import HTTPError, RequestHandler

from handlers.access import access_of
from handlers.errors import Answer, answer_to, as_json, retry_after
from handlers.gate import admit, client_address
from handlers.product import Product
from handlers.route import Route
from server.core.actor import Actor, Surface
from server.core.ids import new_id
from server.services import Services

LOG = logging.getLogger("rongqiao.requests")
_ID_CHARACTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_")


class BaseHandler(RequestHandler):
    """Base of all handlers. Surfaces say where a session token stands and how a refusal looks."""

    application: Product
    surface: ClassVar[Surface]
    visitor: Actor | None = None
    created_id: str

    def initialize(self, route: Route) -> None:
        self.route = route
        given = self.request.headers.get("X-Request-Id", "")
        is_sound = 8 <= len(given) <= 64 and _ID_CHARACTERS.issuperset(given)
        self.request_id = given if is_sound else new_id()
        self.set_header("X-Request-Id", self.request_id)

    def set_default_headers(self) -> None:
        """Also called anew before a refusal is written."""
        if hasattr(self, "request_id"):
            self.set_header("X-Request-Id", self.request_id)
        for name, value in self.application.headers:
            self.set_header(name, value)

    @property
    def services(self) -> Services:
        return self.application.services

    @property
    def actor(self) -> Actor:
        """Who asks; only behind a mark that needs a session."""
        assert self.visitor is not None, "the access mark lets strangers in"
        return self.visitor

    @property
    def address(self) -> str:
        """The client's IP, believing X-Forwarded-For from configured proxies only."""
        return client_address(self.request, self.application.configuration.server.trusted_proxies)

    def session_token(self) -> str | None:
        raise NotImplementedError

    async def prepare(self) -> None:
        method = getattr(self, str(self.request.method).lower())
        if method.__func__ is RequestHandler._unimplemented_method:
            raise HTTPError(405)
        self.visitor = await admit(
            access_of(method),
            services=self.services,
            settings=self.application.configuration,
            surface=self.surface,
            token=self.session_token(),
            address=self.address,
            request=self.request,
        )

    def answer(self, error: BaseException | None) -> Answer:
        """Status and refusal for what was raised, with its headers set."""
        answer = answer_to(error, self.application.is_unavailable)
        self.set_status(answer.status)
        seconds = retry_after(answer.refusal)
        if seconds is not None:
            self.set_header("Retry-After", str(seconds))
        return answer

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The refusal as JSON; pages have a page instead."""
        refusal = self.answer(kwargs.get("exc_info", (None, None, None))[1]).refusal
        self.set_header("Content-Type", "application/json")
        self.finish(orjson.dumps(as_json(refusal, self.request_id)))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Type and frames only: the text of an exception could hold personal data."""
        answer = answer_to(value, self.application.is_unavailable)
        if answer.status >= 500:
            frames = "".join(traceback.format_tb(tb))
            LOG.error("request_id=%s raised=%s\n%s", self.request_id, typ.__name__, frames)

    def compute_etag(self) -> str | None:
        return None
