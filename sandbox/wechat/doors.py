"""The sandbox's own addresses of WeChat: what a person does, what stands in his chat, and the back office."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tornado.web import HTTPError

from sandbox.control import BadRequest, ControlHandler
from sandbox.state import State
from sandbox.wechat.codes import SCOPES
from sandbox.wechat.deeds import NotPossible

PICTURE_BYTES = 10 * 2**20
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")


class WeChatDoor(ControlHandler):
    def person_key(self, key: object) -> str:
        person = self.state.world.person(str(key))
        if person is None:
            raise BadRequest("person is the key of somebody in the world")
        return person.key


class Push(WeChatDoor):
    """Answers once the server has, or all retries are over."""

    async def post(self) -> None:
        asked = self.document()
        person_key = self.person_key(asked.get("person", ""))
        try:
            outcome = await self.state.wechat_deeds.do(person_key, asked, self.state.base_url)
        except NotPossible as refused:
            raise BadRequest(str(refused)) from refused
        self.reply({**outcome, **self.state.wechat.standing(person_key)})


class Chat(WeChatDoor):
    def get(self) -> None:
        person_key = self.person_key(self.get_query_argument("person", ""))
        wechat = self.state.wechat
        self.reply({**wechat.standing(person_key), "messages": wechat.chat(person_key)})


class Code(WeChatDoor):
    """A code of web authorisation without a browser, for tests."""

    def post(self) -> None:
        asked = self.document()
        person_key = self.person_key(asked.get("person", ""))
        scope = asked.get("scope", "snsapi_base")
        if scope not in SCOPES:
            raise BadRequest(f"scope is one of {', '.join(SCOPES)}")
        wechat = self.state.wechat
        snapshot = bool(asked.get("snapshot"))
        code = wechat.oauth.issue(person_key, scope, snapshot=snapshot)
        self.reply({"code": code, "openid": wechat.openid(person_key)})


class Server(WeChatDoor):
    """Where the server is: pushes go there and authorisation comes back there."""

    def get(self) -> None:
        self.reply({"url": self.state.server_url})

    def put(self) -> None:
        url = self.document().get("url")
        parts = urlsplit(url) if isinstance(url, str) else None
        if url != "" and (parts is None or parts.scheme not in ("http", "https")):
            raise BadRequest("url is the server's address, such as http://127.0.0.1:8800")
        self.state.server_url = str(url).rstrip("/")
        self.get()

    post = put


class Tokens(WeChatDoor):
    """Makes every access_token unknown, as resetting the secret does."""

    def delete(self) -> None:
        self.state.wechat.tokens.revoke()
        self.reply({})


class Everything(WeChatDoor):
    """As on the first day: nobody follows, no menu, no tokens, empty chats."""

    def delete(self) -> None:
        self.state.wechat.forget()
        self.reply({})


class Media(WeChatDoor):
    """Pictures that people send: POST the bytes, then push an image with its media_id."""

    def get(self, media_id: str) -> None:
        if media_id not in self.state.wechat.media:
            raise HTTPError(404)
        content_type, content = self.state.wechat.media[media_id]
        self.set_header("Content-Type", content_type)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(content)

    def post(self, media_id: str) -> None:
        content_type = self.request.headers.get("Content-Type", "")
        if content_type not in PICTURES or not 0 < len(self.request.body) <= PICTURE_BYTES:
            raise BadRequest("a picture of at most 10 MB, with its content type")
        media_id = self.state.wechat.keep_media(content_type, self.request.body)
        self.reply({"media_id": media_id})


def routes(state: State) -> list[Any]:
    own = {"state": state}
    return [
        (r"/wechat/push", Push, own),
        (r"/wechat/chat", Chat, own),
        (r"/wechat/code", Code, own),
        (r"/wechat/server", Server, own),
        (r"/wechat/tokens", Tokens, own),
        (r"/wechat/media/([\w-]*)", Media, own),
        (r"/wechat", Everything, own),
    ]
