"""Reading a vendor's answer within a limit of time and size.

A read timeout counts from byte to byte, so a server that drips would hold a worker for as long as
it likes. Both SDKs send through a requests session (Aliyun's through a copy of its own), whose
response hook is the one public place before the body is read.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

_MAX_BYTES = 1024 * 1024  # an answer is a few thousand bytes
_CHUNK_BYTES = 16  # a chunk is read to its end, so a drip costs at most 16 read timeouts


class BodyRefused(OSError):
    """OSError, because that is what both SDKs take for a failed exchange."""


class BodyTooSlow(BodyRefused, TimeoutError):
    pass


def body_within(seconds: float) -> Callable[..., None]:
    """A response hook: the body within so many seconds and 1 MiB, and no redirect."""

    def read(response: Any, *_: object, **__: object) -> None:
        if response.is_redirect:
            response.close()
            raise BodyRefused("redirect")
        begun = monotonic()
        parts: list[bytes] = []
        size = 0
        for chunk in response.iter_content(_CHUNK_BYTES):
            parts.append(chunk)
            size += len(chunk)
            if size > _MAX_BYTES:
                response.close()
                raise BodyRefused("size")
            if monotonic() - begun > seconds:
                response.close()
                raise BodyTooSlow("time")
        response._content = b"".join(parts)

    return read
