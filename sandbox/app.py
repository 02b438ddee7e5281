"""The whole sandbox as one Tornado application: vendors on "/", its own addresses, the phone."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.netutil import bind_sockets
from tornado.routing import Matcher, Rule
from tornado.web import Application, RedirectHandler

from sandbox.aliyun import AliyunHandler, Receipts
from sandbox.control import (
    ClockHandler,
    FaultsHandler,
    HealthHandler,
    LedgerHandler,
    SmsHandler,
)
from sandbox.signatures import AliyunVerifier, aliyun_params
from sandbox.state import State
from sandbox.tencent import TencentHandler
from sandbox.wechat import api as wechat_api
from sandbox.wechat import doors as wechat_doors

# Tencent takes 7 MB of base64 and more for other products; the refusal must be ours.
BODY_LIMIT = 64 * 2**20
PHONE_PAGES = "sandbox.phone_pages"


class TencentCall(Matcher):
    """The SDKs of both clouds post to "/", so the caller is told by its way of speaking."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        return {} if request.path == "/" and "X-TC-Action" in request.headers else None


class AliyunCall(Matcher):
    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        if request.path not in ("/", "/aliyun"):
            return None
        params = aliyun_params(request)
        return {} if "Action" in params and "Version" in params else None


def make_app(state: State) -> Application:
    """Starts nothing; receipts are pushed from the running loop once a message is sent."""
    credentials = state.credentials
    verifier = AliyunVerifier(
        {credentials.aliyun_access_key_id: credentials.aliyun_access_key_secret}
    )
    if state.receipt_url:
        state.sms.listeners.append(Receipts(state.receipt_url, state.clock).push)
    own = {"state": state}
    return Application(
        [
            # First, because a person's own origin belongs to the platform with all its paths.
            *_phone_rules(state),
            Rule(TencentCall(), TencentHandler, own),
            Rule(AliyunCall(), AliyunHandler, {**own, "verifier": verifier}),
            *wechat_api.routes(state),
            *wechat_doors.routes(state),
            (r"/clock", ClockHandler, own),
            (r"/ledger", LedgerHandler, own),
            (r"/faults", FaultsHandler, own),
            (r"/sms", SmsHandler, own),
            (r"/healthz", HealthHandler, own),
            (r"/", RedirectHandler, {"url": "/phone", "permanent": False}),
        ]
    )


def listen(state: State, port: int) -> HTTPServer:
    """On 127.0.0.1 only; port 0 takes a free one. `state.port` then tells which."""
    server = HTTPServer(make_app(state), max_buffer_size=BODY_LIMIT, max_body_size=BODY_LIMIT)
    sockets = bind_sockets(port, "127.0.0.1")
    server.add_sockets(sockets)
    state.port = sockets[0].getsockname()[1]
    return server


def _phone_rules(state: State) -> list[Any]:
    if importlib.util.find_spec(PHONE_PAGES) is None:
        return []
    rules: list[Any] = importlib.import_module(PHONE_PAGES).routes(state)
    return rules
