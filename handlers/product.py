"""The web application: routes, services, assets and security headers, put together once."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.routing import URLSpec
from tornado.web import Application, RequestHandler

from handlers.assets import Assets
from handlers.metrics import Metrics
from handlers.route import Route
from handlers.waiting import WaitingRoom
from handlers.widgets import UI_MODULES
from server.config import Settings
from server.services import Services

LOG = logging.getLogger("rongqiao.requests")
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
BODY_LIMIT = 1024 * 1024
BODY_SECONDS = 120.0


class Product(Application):
    """Tornado's application with our parts as typed attributes."""

    headers: Sequence[tuple[str, str]] = (
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
        ("Cache-Control", "no-store"),
        ("Content-Type", "text/html; charset=UTF-8"),
    )

    def __init__(
        self,
        *,
        routes: Sequence[Route],
        services: Services,
        configuration: Settings,
        is_unavailable: Callable[[BaseException], bool],
        is_ready: Callable[[], Awaitable[Mapping[str, bool]]],
    ) -> None:
        self.routes = tuple(routes)
        self.services = services
        self.configuration = configuration
        self.is_unavailable = is_unavailable
        self.is_ready = is_ready
        self.assets = Assets(configuration.server.assets)
        self.metrics = Metrics()
        self.waiting = WaitingRoom((services.face_checks.bell, services.qr_logins.bell))
        unknown = next(route for route in routes if route.name == "unknown")
        super().__init__(
            [_spec(route) for route in routes if route is not unknown],
            default_handler_class=unknown.handler,
            default_handler_args={"route": unknown},
            template_path=str(Path(__file__).parent.parent / "templates"),
            ui_modules=UI_MODULES,
            xsrf_cookies=True,
            xsrf_cookie_version=2,
            xsrf_cookie_kwargs={
                "httponly": True,
                "samesite": "Lax",
                "secure": configuration.server.public_url.startswith("https://"),
            },
            compress_response=True,
            log_function=self._log,
        )

    def get_handler_delegate(
        self,
        request: HTTPServerRequest,
        target_class: type[RequestHandler],
        target_kwargs: dict[str, Any] | None = None,
        path_args: list[bytes] | None = None,
        path_kwargs: dict[str, bytes] | None = None,
    ) -> Any:
        """What is too large goes to whoever refuses it, unless the handler counts by itself."""
        is_counted = getattr(target_class, "_stream_request_body", False)
        if not is_counted and _size(request) > BODY_LIMIT:
            name = "oversized_call" if request.path.startswith("/api/") else "oversized_page"
            route = next(route for route in self.routes if route.name == name)
            target_class, target_kwargs, path_args = route.handler, {"route": route}, []
        return super().get_handler_delegate(
            request, target_class, target_kwargs, path_args, path_kwargs
        )

    def _log(self, handler: RequestHandler) -> None:
        """One line a request: the route's name and never the address, which may hold a ticket."""
        route: Route | None = getattr(handler, "route", None)
        name = route.name if route else "static"
        seconds = handler.request.request_time()
        status = handler.get_status()
        method = str(handler.request.method)
        known = method if method in handler.SUPPORTED_METHODS else "OTHER"
        self.metrics.observe(name, known, status, seconds)
        LOG.log(
            logging.WARNING if status >= 500 else logging.INFO,
            "request_id=%s route=%s method=%s status=%d ms=%.1f",
            getattr(handler, "request_id", "-"),
            name,
            handler.request.method,
            status,
            seconds * 1000,
        )


def _size(request: HTTPServerRequest) -> int:
    declared = request.headers.get("Content-Length", "0")
    return int(declared) if declared.isascii() and declared.isdigit() else 0


def _spec(route: Route) -> URLSpec:
    return URLSpec(route.pattern, route.handler, {"route": route}, name=route.name)
