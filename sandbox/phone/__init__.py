"""The phone's pages: templates, style sheets, scripts and icons (Tabler Icons, MIT), and their handler."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from tornado.web import RequestHandler, StaticFileHandler

FOLDER = Path(__file__).parent
POLICY = (
    "default-src 'self'; img-src 'self' data: blob: http://*.localhost:{port};"
    " style-src 'self'; script-src 'self';"
    " object-src 'none'; base-uri 'none'; frame-ancestors {ancestors};"
    " frame-src http://*.localhost:{port}"
)


@lru_cache
def icon(name: str) -> str:
    """The icon's SVG, to stand in a page; it is decoration, the word beside it says what it is."""
    svg = (FOLDER / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    return svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)


class PhonePage(RequestHandler):
    def set_default_headers(self) -> None:
        port = self.request.host.rpartition(":")[2] or "80"
        ancestors = f"'self' http://127.0.0.1:{port} http://localhost:{port}"
        self.set_header("Content-Security-Policy", POLICY.format(ancestors=ancestors, port=port))
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("X-Content-Type-Options", "nosniff")

    def get_template_path(self) -> str:
        return str(FOLDER)

    def get_template_namespace(self) -> dict[str, Any]:
        return {**super().get_template_namespace(), "icon": icon}

    def check_xsrf_cookie(self) -> None:
        """The phone holds no cookie; what it can do it does for whoever sits at this machine."""


class Asset(StaticFileHandler):
    """Always asked for again, so that an edited style sheet shows at once."""

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "no-cache")
