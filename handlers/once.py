"""Once only: a POST with an idempotency key has one effect and one answer, however often it is sent.

``@once`` stands under the access mark. The method writes its answer (``reply``, ``show``,
``go``) without finishing; what it wrote is kept, sealed, and given again to a repeat.
The id of what the method makes is ``self.created_id``: derived from account, route and
key, so that a retry after a crash finds what the first try made.
"""

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from server.core.errors import Invalid
from server.core.ids import digest
from server.core.once import Replay

# As Tornado writes the names.
KEPT_HEADERS = ("Content-Type", "Location", "Set-Cookie", "Hx-Redirect", "Hx-Trigger")


class KeyMissing(Invalid):
    """A POST that creates or moves something came without its key."""

    code = "idempotency.key_missing"
    sentence = "缺少防重复提交标识（Idempotency-Key，8 到 128 个字符），请刷新后重试。"


def once(method: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Run the method at most once for one (account, route, key)."""

    @functools.wraps(method)
    async def run(handler: Any, *arguments: str) -> None:
        keys = handler.services.idempotency
        begun = await keys.begin(
            account_id=handler.visitor.account_id if handler.visitor else "anonymous",
            route=f"{handler.route.name}:{'/'.join(arguments)}",
            key=handler.idempotency_key(),
            body_digest=digest(handler.fingerprint()),
        )
        if isinstance(begun, Replay):
            _replay(handler, begun)
            return
        handler.created_id = begun.created_id
        try:
            await method(handler, *arguments)
        except BaseException:
            await keys.abandon(begun)
            raise
        if handler.get_status() >= 400:
            await keys.abandon(begun)
        else:
            await keys.finish(
                begun, status=handler.get_status(), body=_body(handler), headers=_headers(handler)
            )

    run.is_once = True  # type: ignore[attr-defined]
    return run


def _body(handler: Any) -> bytes:
    return b"".join(handler._write_buffer)


def _headers(handler: Any) -> list[tuple[str, str]]:
    kept = [(n, v) for n, v in handler._headers.get_all() if n in KEPT_HEADERS]
    new = getattr(handler, "_new_cookie", {}).values()
    cookies = [("Set-Cookie", morsel.OutputString(None)) for morsel in new]
    return kept + cookies


def _replay(handler: Any, replay: Replay) -> None:
    handler.set_status(replay.status)
    handler.set_header("Idempotent-Replay", "true")
    for name, value in replay.headers:
        if name == "Set-Cookie":
            handler.add_header(name, value)
        else:
            handler.set_header(name, value)
    if replay.body:
        handler.write(replay.body)
