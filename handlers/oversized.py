"""Bodies larger than any form of ours: read and dropped up to a hard cap, then refused with a sentence.

Tornado alone answers a bare 400 and cuts the connection, so that nobody learns what was wrong.
"""

from typing import Any

from tornado.http1connection import HTTP1Connection
from tornado.web import stream_request_body

from handlers.access import public
from handlers.api.base import ApiHandler
from handlers.base import BaseHandler
from handlers.errors import BodyTooLarge
from handlers.pages import PageHandler

DROPPED_BYTES = 64 * 1024 * 1024


@stream_request_body
class _Oversized(BaseHandler):
    async def prepare(self) -> None:
        connection = self.request.connection
        assert isinstance(connection, HTTP1Connection)
        connection.set_max_body_size(DROPPED_BYTES)
        await super().prepare()

    def check_xsrf_cookie(self) -> None:
        """There is nothing to protect: nothing is done."""

    def data_received(self, chunk: bytes) -> None:
        """Dropped."""

    @public
    def post(self, *_: Any) -> None:
        raise BodyTooLarge()

    get = put = patch = delete = post


class OversizedCall(_Oversized, ApiHandler):
    """Of the API."""


class OversizedPage(_Oversized, PageHandler):
    """Of a page."""
