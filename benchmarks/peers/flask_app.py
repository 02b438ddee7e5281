"""wechatpy in Flask, run by gunicorn with one sync worker: the customary way.

``/plain`` answers and keeps nothing. ``/keeping`` answers an event once: it claims the event,
writes the follower down and marks the event done, with PyMongo.
"""

import os
from datetime import UTC, datetime
from typing import Any

from flask import Flask, request
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

TOKEN, KEY, APP_ID = (os.environ[f"BENCH_{name}"] for name in ("TOKEN", "AES_KEY", "APP_ID"))
KEYWORDS = {os.environ["BENCH_KEYWORD"]: os.environ["BENCH_ANSWER"]}
WELCOME = os.environ["BENCH_WELCOME"]
DATABASE: Any = MongoClient(os.environ["BENCH_MONGODB_URI"], connect=False)["benchmark_flask"]


def plain() -> str:
    """Answer."""
    crypto, message = _opened()
    return _sealed(crypto, message)


def keeping() -> str:
    """Answer an event once."""
    crypto, message = _opened()
    now = datetime.now(UTC)
    key = f"{message.source}:{message.time}:{message.event}"
    try:
        DATABASE["pushes"].insert_one({"_id": key, "claimed_at": now})
    except DuplicateKeyError:
        return "success"
    DATABASE["followers"].update_one(
        {"_id": message.source}, {"$set": {"following": True, "followed_at": now}}, upsert=True
    )
    answer = _sealed(crypto, message)
    DATABASE["pushes"].update_one({"_id": key}, {"$set": {"done": True, "reply": answer}})
    return answer


def _opened() -> tuple[Any, Any]:
    asked = request.args
    check_signature(TOKEN, asked["signature"], asked["timestamp"], asked["nonce"])
    crypto = WeChatCrypto(TOKEN, KEY, APP_ID)
    xml = crypto.decrypt_message(
        request.data, asked["msg_signature"], asked["timestamp"], asked["nonce"]
    )
    return crypto, parse_message(xml)


def _sealed(crypto: Any, message: Any) -> str:
    text = WELCOME if message.type == "event" else KEYWORDS[message.content]
    xml = create_reply(text, message).render()
    sealed: str = crypto.encrypt_message(xml, request.args["nonce"], request.args["timestamp"])
    return sealed


app = Flask(__name__)
app.add_url_rule("/plain", view_func=plain, methods=["POST"])
app.add_url_rule("/keeping", view_func=keeping, methods=["POST"])
