"""wechatpy in a bare Tornado handler: no log, no headers of ours, no limits, nothing kept."""

import asyncio
import os
import sys

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

TOKEN, KEY, APP_ID = (os.environ[f"BENCH_{name}"] for name in ("TOKEN", "AES_KEY", "APP_ID"))
KEYWORDS = {os.environ["BENCH_KEYWORD"]: os.environ["BENCH_ANSWER"]}
WELCOME = os.environ["BENCH_WELCOME"]
CRYPTO = WeChatCrypto(TOKEN, KEY, APP_ID)


class Plain(RequestHandler):
    """Answers and keeps nothing."""

    def compute_etag(self) -> None:
        """None is needed."""

    def post(self) -> None:
        asked = self.get_query_argument
        stamp, nonce = asked("timestamp"), asked("nonce")
        check_signature(TOKEN, asked("signature"), stamp, nonce)
        message = parse_message(
            CRYPTO.decrypt_message(self.request.body, asked("msg_signature"), stamp, nonce)
        )
        text = WELCOME if message.type == "event" else KEYWORDS[message.content]
        self.set_header("Content-Type", "application/xml; charset=utf-8")
        self.finish(CRYPTO.encrypt_message(create_reply(text, message).render(), nonce, stamp))


async def serve(port: int) -> None:
    """Until killed."""
    application = Application([("/plain", Plain)], log_function=lambda _: None)
    HTTPServer(application).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
