"""What WeChat pushes to the official account. https://developers.weixin.qq.com/doc/service/guide/dev/push/

The signature in the address is judged by the access mark, that of the content when it is opened.
Anything but 200 makes WeChat tell it again, three times.
"""

from handlers.access import Scheme, partner
from handlers.api.base import ApiHandler
from handlers.errors import BodyTooLarge
from server.core.actor import Surface
from server.official_account.envelope import LARGEST_BODY

NOTHING = "success"  # an empty answer would do, a sealed empty one would not


class WeChatCallback(ApiHandler):
    """No session, no token: the account's own secret signs."""

    surface = Surface.SYSTEM

    @partner(Scheme.WECHAT)
    async def get(self) -> None:
        """The proof that this address is ours, asked for when it is entered at WeChat."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(self.get_query_argument("echostr", ""))

    @partner(Scheme.WECHAT)
    async def post(self) -> None:
        if len(self.request.body) > LARGEST_BODY:
            raise BodyTooLarge()
        callbacks, asked = self.services.callbacks, self.get_query_argument
        incoming = callbacks.open(
            self.request.body, asked("msg_signature", ""), asked("timestamp"), asked("nonce")
        )
        self.application.metrics.count_push(incoming.kind)
        reply = await callbacks.answer(incoming)
        kind = "text/plain" if reply is None else "application/xml"
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.write(NOTHING if reply is None else reply)
