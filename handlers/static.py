"""Serving what the assets step made."""

import mimetypes

from handlers.access import public
from handlers.base import BaseHandler
from handlers.errors import AddressUnknown
from server.core.actor import Surface

_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class AssetFile(BaseHandler):
    """A hashed file: immutable, sent pre-compressed to whoever accepts it."""

    surface = Surface.PORTAL

    @public
    def get(self, name: str) -> None:
        path = self.application.assets.find(name)
        if path is None:
            raise AddressUnknown()
        accepted = self.request.headers.get("Accept-Encoding", "")
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.set_header("Content-Type", f"{media_type}; charset=UTF-8")
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.set_header("Vary", "Accept-Encoding")
        for encoding, suffix in _ENCODINGS:
            packed = path.with_name(path.name + suffix)
            if encoding in accepted and packed.is_file():
                self.set_header("Content-Encoding", encoding)
                path = packed
                break
        try:
            self.write(path.read_bytes())
        except FileNotFoundError:
            raise AddressUnknown() from None

    def session_token(self) -> str | None:
        return None


class Favicon(BaseHandler):
    """Browsers ask for it by themselves."""

    surface = Surface.PORTAL

    @public
    def get(self) -> None:
        self.set_status(308)
        self.set_header("Location", self.application.assets.address("favicon.svg"))

    def session_token(self) -> str | None:
        return None
