"""What WeChat pushes, sealed and signed beforehand, and the answers opened again."""

import hashlib
import re
import time
from itertools import count
from urllib.parse import urlencode

from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto

from benchmarks.machine import Unmeasurable
from benchmarks.product import AES_KEY, APP_ID, TOKEN

ACCOUNT = "gh_benchmark01"
KEYWORD = "进度"
_ENCRYPTED = re.compile(r"<Encrypt><!\[CDATA\[(.+?)\]\]></Encrypt>")
_SIGNATURE = re.compile(r"<MsgSignature><!\[CDATA\[(.+?)\]\]></MsgSignature>")
_STAMP = re.compile(r"<TimeStamp>(\d+)</TimeStamp>")
_NONCE = re.compile(r"<Nonce><!\[CDATA\[(.+?)\]\]></Nonce>")
_numbers = count(1)


def keyword(path: str) -> bytes:
    """Somebody types the keyword."""
    number = next(_numbers)
    return _request(
        path,
        number,
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{KEYWORD}]]></Content>"
        f"<MsgId>{24_000_000_000_000_000 + number}</MsgId>",
    )


def follow(path: str) -> bytes:
    """Somebody new begins to follow the account."""
    return _request(
        path,
        next(_numbers),
        "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event>"
        "<EventKey><![CDATA[]]></EventKey>",
    )


def opened(answer: bytes) -> str:
    """The text that a sealed reply says. Raises Unmeasurable for anything else."""
    text = answer.decode()
    found = [one.search(text) for one in (_SIGNATURE, _STAMP, _NONCE)]
    try:
        words = [one[1] for one in found if one is not None]
        xml = WeChatCrypto(TOKEN, AES_KEY, APP_ID).decrypt_message(text, *words)
        return str(parse_message(xml).content)
    except Exception as error:
        raise Unmeasurable(f"Not a sealed reply ({type(error).__name__}): {text[:200]}") from None


def _request(path: str, number: int, inside: str) -> bytes:
    stamp, nonce = str(int(time.time())), str(100_000_000 + number)
    xml = (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
        f"<FromUserName><![CDATA[oBench{number:022d}]]></FromUserName>"
        f"<CreateTime>{stamp}</CreateTime>{inside}</xml>"
    )
    sealed = WeChatCrypto(TOKEN, AES_KEY, APP_ID).encrypt_message(xml, nonce, stamp)
    encrypted, signature = _ENCRYPTED.search(sealed), _SIGNATURE.search(sealed)
    assert encrypted is not None and signature is not None
    query = {
        "signature": hashlib.sha1("".join(sorted((TOKEN, stamp, nonce))).encode()).hexdigest(),
        "timestamp": stamp,
        "nonce": nonce,
        "openid": f"oBench{number:022d}",
        "encrypt_type": "aes",
        "msg_signature": signature[1],
    }
    body = (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
        f"<Encrypt><![CDATA[{encrypted[1]}]]></Encrypt></xml>"
    ).encode()
    head = (
        f"POST {path}?{urlencode(query)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
