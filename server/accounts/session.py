"""A session: what a log-in leaves behind. The token is known to the browser alone."""

from dataclasses import dataclass, field
from datetime import datetime

from server.core.actor import Surface
from server.core.errors import NotFound


class SessionNotFound(NotFound):
    """Not there, or another account's."""

    code = "accounts.session_not_found"
    sentence = "这个登录记录已经失效。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """``id`` is the SHA-256 of the token; ``agent`` a short word for the browser."""

    id: str
    account_id: str
    surface: Surface
    address: str
    agent: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """What the door that logged somebody in hands out."""

    token: str = field(repr=False)
    account_id: str
    expires_at: datetime


def agent_word(user_agent: str) -> str:
    """A word a person recognises for a User-Agent header."""
    for mark, word in (
        ("MicroMessenger", "微信"),
        ("Edg/", "Edge 浏览器"),
        ("Firefox/", "火狐浏览器"),
        ("Chrome/", "Chrome 浏览器"),
        ("Safari/", "Safari 浏览器"),
    ):
        if mark in user_agent:
            return word
    return "其他设备"
