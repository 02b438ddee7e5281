"""Aliyun's RPC gateway through its core SDK: one client, its own small pool, never a repetition
by itself.

The SDK chooses TLS by comparing the protocol with a constant by identity: "https" read from a
file would go out in the clear. It puts phone numbers, codes and signed URLs into its errors: none
leaves the worker's thread.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from server.providers.bodies import body_within
from server.providers.call_log import silence_vendor_loggers

VERSION = "2017-05-25"
_NEVER_LEFT = ("NewConnectionError", "ConnectTimeoutError")
_NO_PROXY = {"http": "", "https": ""}  # an empty one would make the SDK read the environment


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunAccess:
    """domain: host without scheme; port: None is the protocol's own.

    The read timeout counts from byte to byte.
    """

    access_key_id: str
    access_key_secret: str = field(repr=False)
    protocol: Literal["https", "http"]
    domain: str
    port: int | None
    connect_timeout_seconds: float
    read_timeout_seconds: float


class Exchange(StrEnum):
    """How far a call got."""

    ANSWERED = "answered"
    REFUSED = "refused"  # the gateway said no before it acted
    NEVER_LEFT = "never_left"
    BROKEN = "broken"  # it left, and what came back, if anything, says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    exchange: Exchange
    body: Mapping[str, object] = field(default_factory=dict, repr=False)
    code: str = ""
    request_id: str = ""


class AliyunClient:
    """Blocking: run in a worker."""

    def __init__(self, access: AliyunAccess, *, connections: int) -> None:
        self._access = access
        self._connections = connections
        self._client: Any = None
        self._client_lock = threading.Lock()

    def send(self, action: str, params: Mapping[str, str]) -> Reply:
        """Returns, never raises."""
        from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException

        try:
            answer = self.connected().do_action_with_exception(self._request(action, params))
            body = json.loads(answer)
        except ServerException as error:
            return _reply_to_status(error)
        except ClientException as error:
            never_left = any(name in str(error.message) for name in _NEVER_LEFT)
            return Reply(exchange=Exchange.NEVER_LEFT if never_left else Exchange.BROKEN)
        except Exception:
            return Reply(exchange=Exchange.BROKEN)
        if not isinstance(body, dict) or not isinstance(body.get("Code"), str):
            return Reply(exchange=Exchange.BROKEN)
        return Reply(
            exchange=Exchange.ANSWERED,
            body=body,
            code=body["Code"],
            request_id=str(body.get("RequestId") or ""),
        )

    def connected(self) -> Any:
        """The SDK's client; the first call imports the SDK."""
        with self._client_lock:
            if self._client is None:
                self._client = self._connect()
                silence_vendor_loggers()
        return self._client

    def _connect(self) -> Any:
        from aliyunsdkcore.client import AcsClient

        access = self._access
        client = AcsClient(
            access.access_key_id,
            access.access_key_secret,
            "cn-hangzhou",
            auto_retry=False,
            port=80 if access.port is None else access.port,  # 80: leave the address as it is
            connect_timeout=access.connect_timeout_seconds,
            timeout=access.read_timeout_seconds,
            pool_size=self._connections,
            proxy=_NO_PROXY,
        )
        client.session.trust_env = False
        client.session.hooks["response"].append(body_within(access.read_timeout_seconds))
        return client

    def _request(self, action: str, params: Mapping[str, str]) -> Any:
        from aliyunsdkcore.http.protocol_type import HTTP, HTTPS
        from aliyunsdkcore.request import CommonRequest

        request = CommonRequest(
            domain=self._access.domain, version=VERSION, action_name=action, product="Dysmsapi"
        )
        request.set_method("POST")
        request.set_protocol_type(HTTP if self._access.protocol == "http" else HTTPS)
        for name, value in params.items():
            request.add_query_param(name, value)
        return request


def _reply_to_status(error: Any) -> Reply:
    """A 4xx, or 503, is said before the gateway acts; any other 5xx may come after."""
    status = int(error.get_http_status() or 0)
    said_before = 400 <= status < 500 or status == 503
    return Reply(
        exchange=Exchange.REFUSED if said_before else Exchange.BROKEN,
        code=str(error.get_error_code() or ""),
        request_id=str(error.get_request_id() or ""),
    )
