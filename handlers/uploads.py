"""Uploads: a multipart body taken as it arrives, counted by ourselves.

So that a file one byte too large gets our refusal with its sentence, the rest of it is read and
dropped up to a hard cap. Nothing is kept of a request that is not admitted.
"""

from typing import Any
from urllib.parse import urlsplit

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from tornado.http1connection import HTTP1Connection
from tornado.web import stream_request_body

from handlers.api.base import ApiHandler
from handlers.base import BaseHandler
from handlers.errors import FormExpired, MediaTypeUnknown, RequestMalformed
from handlers.pages import PageHandler
from server.core.ids import digest

HARD_CAP = 64 * 1024 * 1024
FIELD_BYTES = 4096
PARTS = 12
HEADER_BYTES = 8192
BOUNDARY_BYTES = 70  # RFC 2046, 5.1.1


class Upload:
    """One multipart body: small fields in their order and one file, cut off at ``max_bytes`` + 1."""

    def __init__(self, boundary: bytes, max_bytes: int) -> None:
        self.fields: dict[str, str] = {}
        self.label = ""
        self.size = 0
        self.is_complete = False
        self._max_bytes = max_bytes
        self._file = bytearray()
        self._has_file = False
        self._in_file = False
        self._parts = 0
        self._name = ""
        self._value = bytearray()
        self._header = (bytearray(), bytearray())
        self._broken = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._add(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._add(1, data[start:end]),
                "on_header_end": self._end_header,
                "on_part_data": lambda data, start, end: self._take(data[start:end]),
                "on_part_end": self._end,
                "on_end": self._complete,
            },
        )

    @property
    def data(self) -> bytes:
        """The file; of one that is too large only the beginning."""
        return bytes(self._file)

    def feed(self, chunk: bytes) -> None:
        """Take what has arrived; a broken body is told by ``is_complete``."""
        if self._broken:
            return
        try:
            self._parser.write(chunk)
        except FormParserError:
            self._broken = True

    def _begin(self) -> None:
        self._parts += 1
        self._broken = self._broken or self._parts > PARTS
        self._in_file = False
        self._name = ""
        self._value.clear()

    def _add(self, side: int, data: bytes) -> None:
        self._header[side].extend(data)
        self._broken = self._broken or len(self._header[side]) > HEADER_BYTES

    def _end_header(self) -> None:
        name, value = (bytes(side) for side in self._header)
        for side in self._header:
            side.clear()
        if name.lower() != b"content-disposition":
            return
        _, options = parse_options_header(value)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options and not self._has_file:
            self._has_file = self._in_file = True
            self.label = options[b"filename"].decode("utf-8", "replace")

    def _take(self, data: bytes) -> None:
        if self._in_file:
            self.size += len(data)
            self._file += data[: max(0, self._max_bytes + 1 - len(self._file))]
        elif len(self._value) <= FIELD_BYTES:
            self._value += data

    def _end(self) -> None:
        if not self._in_file and self._name and len(self._value) <= FIELD_BYTES:
            self.fields.setdefault(self._name, self._value.decode("utf-8", "replace"))

    def _complete(self) -> None:
        self.is_complete = True


@stream_request_body
class Uploading(BaseHandler):
    """Base of handlers whose POST brings a file. Other methods are as everywhere."""

    upload: Upload | None = None

    async def prepare(self) -> None:
        if self.request.method == "POST":
            connection = self.request.connection
            assert isinstance(connection, HTTP1Connection)
            connection.set_max_body_size(HARD_CAP)
        await super().prepare()
        if self.request.method == "POST":
            limit = self.application.configuration.certification.upload_max_bytes
            self.upload = Upload(_boundary(self.request.headers.get("Content-Type", "")), limit)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A refusal before the body was read: the rest is not waited for, so the connection ends."""
        if self.upload is None or not self.upload.is_complete:
            self.set_header("Connection", "close")
        super().write_error(status_code, **kwargs)

    def data_received(self, chunk: bytes) -> None:
        if self.upload is not None:
            self.upload.feed(chunk)

    def received(self) -> Upload:
        """The whole upload. Raises RequestMalformed, FileTooLarge."""
        if self.upload is None or not self.upload.is_complete:
            raise RequestMalformed()
        self.services.files.must_be_small(self.upload.size)
        return self.upload


class UploadApi(Uploading, ApiHandler):
    """An upload by a program."""

    def fingerprint(self) -> str:
        """What a repeat has in common with the first: the file."""
        return digest(self.received().data.hex())


class UploadPage(Uploading, PageHandler):
    """An upload by a form: ``_xsrf`` is its first field, and it comes from a page of ours."""

    def check_xsrf_cookie(self) -> None:
        """Not yet: the token is in the body. ``received`` checks it."""

    def received(self) -> Upload:
        """As above. Raises FormExpired for another site's form."""
        upload = super().received()
        self._must_come_from_us()
        if next(iter(upload.fields), "") == "_xsrf":
            self.request.arguments["_xsrf"] = [upload.fields["_xsrf"].encode()]
        PageHandler.check_xsrf_cookie(self)
        return upload

    def _must_come_from_us(self) -> None:
        origin = self.request.headers.get("Origin")
        public = urlsplit(self.application.configuration.server.public_url).netloc
        if origin is not None and urlsplit(origin).netloc not in (self.request.host, public):
            raise FormExpired()


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary or len(boundary) > BOUNDARY_BYTES:
        raise MediaTypeUnknown()
    return boundary
