"""The safe mode (安全模式) of what WeChat pushes: signature, window, seal, and the XML inside.

https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption.html. wechatpy decrypts and
knows the types; what it does not guard stands here: comparison in constant time and before
anything is decrypted, a window for the time stamp, no document types, a depth, and one exception
for all that is wrong. Plain text, whose signature covers no content, is not accepted.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from wechatpy import parse_message
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from server.core.errors import Forbidden, Invalid
from server.official_account.incoming import EVENTS, MEDIA_TYPES, Incoming, IncomingKind

WINDOW_SECONDS = 600
LARGEST_BODY = 64 * 1024
_DEEPEST = 8
_NONCE = re.compile(r"[0-9A-Za-z_-]{1,64}")
_NAME = re.compile(r"[0-9A-Za-z_@-]{1,64}")
_TYPE = re.compile(r"[0-9a-z_]{1,64}")


class SignatureWrong(Forbidden):
    """Not signed by WeChat with our token, or too long ago."""

    code = "official_account.signature_wrong"
    sentence = "签名无效或已过期。"


class PushMalformed(Invalid):
    """Signed, but nothing that we can read: plain text, cut, too deep, or no message."""

    code = "official_account.push_malformed"
    sentence = "推送内容的格式有误。"


class Envelope:
    """One account's token and key."""

    def __init__(self, *, token: str, aes_key: str, app_id: str) -> None:
        if not token:
            raise ValueError("without a token anybody can sign")
        self._token = token
        self._crypto = _Crypto(token, aes_key, app_id)

    def must_be_signed(self, signature: str, timestamp: str, nonce: str, *, now: datetime) -> None:
        """The signature of the address. Raises SignatureWrong."""
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
            raise SignatureWrong()
        is_fresh = abs(now.timestamp() - int(timestamp)) <= WINDOW_SECONDS
        is_ours = _is_same(signature, self._sign(timestamp, nonce))
        if not (is_fresh and is_ours and _NONCE.fullmatch(nonce)):
            raise SignatureWrong()

    def open(self, body: bytes, msg_signature: str, timestamp: str, nonce: str) -> Incoming:
        """The message in a body. Raises SignatureWrong, PushMalformed."""
        encrypted = _values(body).get("Encrypt", "")
        if not encrypted:
            raise PushMalformed()
        if not _is_same(msg_signature, self._sign(timestamp, nonce, encrypted)):
            raise SignatureWrong()
        try:
            xml = self._crypto.decrypt_message(
                {"Encrypt": encrypted}, msg_signature, timestamp, nonce
            )
        except Exception:  # whatever wechatpy lets through: struct.error, IndexError, ...
            raise PushMalformed() from None
        values = _values(xml.encode())
        try:
            return _incoming(parse_message(xml), values)
        except (AttributeError, KeyError, OSError, TypeError, ValueError, OverflowError):
            raise PushMalformed() from None

    def seal(self, xml: str, *, now: datetime) -> str:
        """A reply as WeChat takes it."""
        sealed: str = self._crypto.encrypt_message(
            xml, secrets.token_hex(8), str(int(now.timestamp()))
        )
        return sealed

    def _sign(self, *parts: str) -> str:
        text = "".join(sorted((self._token, *parts)))
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class _Prp(PrpCrypto):  # type: ignore[misc]
    """wechatpy's random beginning is not made for secrets; the IV is fixed, so it is all there is."""

    def get_random_string(self) -> str:
        return secrets.token_hex(8)


class _Crypto(WeChatCrypto):  # type: ignore[misc]
    def encrypt_message(self, msg: str, nonce: str, timestamp: str | None = None) -> str:
        sealed: str = self._encrypt_message(msg, nonce, timestamp, _Prp)
        return sealed


def _is_same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), right.encode())


def _values(xml: bytes) -> Mapping[str, str]:
    """The texts one floor below the root; guards against what an XML parser can be made to do."""
    if len(xml) > LARGEST_BODY:
        raise PushMalformed()
    reading = _Reading()
    try:
        xml.decode("utf-8")
        reading.parser.Parse(xml, True)
    except (ExpatError, UnicodeDecodeError, ValueError):
        raise PushMalformed() from None
    return reading.values


class _Reading:
    """One pass; what is refused ends it at once."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._path: list[str] = []
        self.parser = ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._read

    def _refuse(self, *_: Any) -> None:
        raise PushMalformed()

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        is_second = len(self._path) == 2 and name in self.values
        if attributes or self._path[0] != "xml" or len(self._path) > _DEEPEST or is_second:
            raise PushMalformed()
        if len(self._path) == 2:
            self.values[name] = ""

    def _end(self, _: str) -> None:
        self._path.pop()

    def _read(self, text: str) -> None:
        if len(self._path) == 2:
            self.values[self._path[1]] += text


def _incoming(message: Any, values: Mapping[str, str]) -> Incoming:
    """wechatpy tells what it is; a type that it doesn't know goes by its own word."""
    word = str(message.type if message.type != "event" else message.event)
    is_event = values["MsgType"] == "event"
    if word == "unknown":
        word = values["Event" if is_event else "MsgType"].lower()
    kind = _kind(word, is_event=is_event)
    openid, account, seconds = values["FromUserName"], values["ToUserName"], values["CreateTime"]
    if kind in (IncomingKind.AUTHORIZATION_REVOKED, IncomingKind.AUTHORIZATION_CANCELLED):
        openid = values.get("OpenID", openid)  # the sender is WeChat's own
    for name in (openid, account):
        if not _NAME.fullmatch(name):
            raise PushMalformed()
    if not (_TYPE.fullmatch(word) and seconds.isascii() and seconds.isdecimal()):
        raise PushMalformed()
    return Incoming(
        key=_key(values, openid),
        openid=openid,
        account=account,
        at=datetime.fromtimestamp(int(seconds), UTC),
        kind=kind,
        type=word,
        text=values.get("Content", "").strip() if kind is IncomingKind.TEXT else "",
        event_key=_event_key(word, values),
        msgid=values.get("MsgID", ""),
        status=values.get("Status", ""),
    )


def _kind(word: str, *, is_event: bool) -> IncomingKind:
    if is_event:
        return EVENTS.get(word, IncomingKind.OTHER)
    if word == "text":
        return IncomingKind.TEXT
    return IncomingKind.MEDIA if word in MEDIA_TYPES else IncomingKind.OTHER


def _event_key(word: str, values: Mapping[str, str]) -> str:
    key = values.get("EventKey", "")
    return key.removeprefix("qrscene_") if word == "subscribe_scan" else key


def _key(values: Mapping[str, str], openid: str) -> str:
    """Messages have an id; an event is told by who, when and what."""
    msg_id = values.get("MsgId", "")
    if msg_id.strip("0"):
        if not msg_id.isascii() or not msg_id.isdecimal():
            raise PushMalformed()
        return f"m:{msg_id}"
    parts = (openid, values["CreateTime"], values.get("Event", ""), values.get("EventKey", ""))
    return ":".join(("e", *parts, values.get("MsgID", "")))
