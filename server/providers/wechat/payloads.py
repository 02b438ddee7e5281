"""wechatpy's client with another way out: its methods write address and payload, ours carry them.

wechatpy is synchronous and released no more. 331 of its methods end in ``return self._get`` or
``self._post``, so they become awaitable when ``_request`` is a coroutine; see docs/providers.md
for those that don't. Its own token code, which repeats without end, is never reached.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from server.providers.call_log import silence_vendor_loggers
from server.providers.wechat.exchange import Outgoing, Reply

VENDOR_ORIGIN = "https://api.weixin.qq.com"

Carry = Callable[[Outgoing], Awaitable[Reply]]


def payloads_over(carry: Carry, *, app_id: str) -> Any:
    """A WeChatClient whose calls are coroutines; imports wechatpy, which takes a second."""
    from wechatpy import WeChatClient

    class Payloads(WeChatClient):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(app_id, "", auto_retry=False)
            self._http.close()  # requests' session is never used

        @property
        def access_token(self) -> str:
            # WeChatClient reads every attribute of a new object, and takes this error only.
            raise AttributeError("the token belongs to the carrier")

        def fetch_access_token(self) -> None:
            raise NotImplementedError("the token belongs to the carrier")

        async def _request(self, method: str, url_or_endpoint: str, **asked: Any) -> Reply:
            return await carry(outgoing(method, url_or_endpoint, asked, self.API_BASE_URL))

    silence_vendor_loggers()
    return Payloads()


def outgoing(method: str, endpoint: str, asked: Mapping[str, Any], base: str) -> Outgoing:
    """What wechatpy would have sent, without its host and its token."""
    is_whole = endpoint.startswith(("http://", "https://"))
    url = endpoint if is_whole else asked.get("api_base_url", base) + endpoint
    if not url.startswith(VENDOR_ORIGIN + "/"):
        raise ValueError("another host than WeChat's API")
    if asked.get("files") or asked.get("result_processor"):
        raise NotImplementedError("files and processed results are not carried")
    params = {name: str(value) for name, value in (asked.get("params") or {}).items()}
    data = asked.get("data")
    body = None if data is None else json.dumps(data, ensure_ascii=False).encode()
    return Outgoing(method=method.upper(), path=url[len(VENDOR_ORIGIN) :], params=params, body=body)
