"""The server's side of the official account, with wechatpy's crypto: takes pushes, answers as told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from tornado.escape import xhtml_escape
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import ArticlesReply, BaseReply, TextReply
from wechatpy.utils import check_signature

from sandbox.state import State

APP_ID, SECRET, TOKEN = "wx0sandbox00000001", "sandbox-wechat-secret", "sandboxtoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@dataclass
class Inbox:
    """`statuses`: what the next attempts are answered with before the server is well (0: silence).

    `words` and `articles`: the reply; `raw`: an answer as it stands.
    """

    messages: list[Any] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    cookies: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    words: str = ""
    articles: list[dict[str, str]] = field(default_factory=list)
    raw: str | None = None
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def reply_to(self, message: Any) -> BaseReply | None:
        if self.words:
            return TextReply(message=message, content=self.words)
        if self.articles:
            reply = ArticlesReply(message=message)
            for article in self.articles:
                reply.add_article(article)
            return reply
        return None


class Callback(RequestHandler):
    def initialize(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def on_connection_close(self) -> None:
        self.inbox.left.set()

    async def post(self) -> None:
        asked = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        check_signature(TOKEN, asked["signature"], asked["timestamp"], asked["nonce"])
        assert asked["encrypt_type"] == "aes"
        crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
        xml = crypto.decrypt_message(
            self.request.body, asked["msg_signature"], asked["timestamp"], asked["nonce"]
        )
        message = parse_message(xml)
        assert message.source == asked["openid"]
        self.inbox.queries.append(asked)
        self.inbox.messages.append(message)
        if self.inbox.statuses:
            await self._fail(self.inbox.statuses.pop(0))
            return
        reply = self.inbox.reply_to(message)
        if self.inbox.raw is not None:
            self.finish(self.inbox.raw)
        elif reply is None:
            self.finish("success")
        else:
            self.finish(crypto.encrypt_message(reply.render(), "1234", str(int(time.time()))))

    async def _fail(self, status: int) -> None:
        if status:
            self.set_status(status)
            return
        await self.inbox.left.wait()
        self.inbox.left.clear()


class Page(RequestHandler):
    """What authorisation comes back to."""

    def get(self) -> None:
        asked = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        self.write(f"<title>平台的网页</title><p>{xhtml_escape(json.dumps(asked))}</p>")


class ToAuthorise(RequestHandler):
    def get(self) -> None:
        self.redirect(self.get_query_argument("to"))


@asynccontextmanager
async def server_of(state: State) -> AsyncIterator[Inbox]:
    """A server that the sandbox knows as its own."""
    inbox = Inbox()
    application = Application(
        [
            (r"/wechat/callback", Callback, {"inbox": inbox}),
            (r"/go", ToAuthorise),
            (r"/.*", Page),
        ]
    )
    server = HTTPServer(application)
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    state.server_url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    state.pushes.pause_seconds = 0.0
    yield inbox
    inbox.left.set()
    server.stop()
    await server.close_all_connections()


class Caller:
    """Asks the API as a server does, and the sandbox's own doors."""

    def __init__(self, state: State, http: aiohttp.ClientSession) -> None:
        self.state = state
        self.http = http

    async def get(self, path: str, **query: str) -> Any:
        async with self.http.get(self.state.base_url + path, params=query) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json(content_type=None)

    async def post(self, path: str, document: Any, **query: str) -> Any:
        address = self.state.base_url + path
        async with self.http.post(address, json=document, params=query) as answer:
            return {"status": answer.status, **(await answer.json(content_type=None))}

    async def token(self, *, force: bool = False, **other: Any) -> Any:
        asked = {
            "grant_type": "client_credential",
            "appid": APP_ID,
            "secret": SECRET,
            "force_refresh": force,
            **other,
        }
        return await self.post("/cgi-bin/stable_token", asked)

    async def call(self, path: str, document: Any = None, **query: str) -> Any:
        """With a good access_token; a GET when there is no document."""
        query["access_token"] = (await self.token())["access_token"]
        if document is None:
            return await self.get(f"/cgi-bin/{path}", **query)
        return await self.post(f"/cgi-bin/{path}", document, **query)

    async def push(self, person: str, kind: str, **more: Any) -> Any:
        return await self.post("/wechat/push", {"person": person, "kind": kind, **more})

    async def chat(self, person: str) -> Any:
        return await self.get("/wechat/chat", person=person)


@asynccontextmanager
async def caller_of(state: State) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as http:
        yield Caller(state, http)
