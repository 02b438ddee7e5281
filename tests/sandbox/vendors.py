"""The vendors' real SDKs pointed at a running sandbox, and plain HTTP for the sandbox's own addresses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, TypeVar

from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.http.protocol_type import HTTP
from aliyunsdkcore.request import CommonRequest
from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.faceid.v20180301 import faceid_client
from tencentcloud.faceid.v20180301 import models as faceid
from tencentcloud.ocr.v20181119 import ocr_client
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from sandbox.state import State

T = TypeVar("T")


def _tencent(state: State, secret_id: str, secret_key: str, read: float) -> tuple[Any, Any]:
    profile = HttpProfile(protocol="http", endpoint=f"127.0.0.1:{state.port}", reqTimeout=(2, read))
    return credential.Credential(secret_id, secret_key), ClientProfile(httpProfile=profile)


def faceid_of(
    state: State,
    *,
    secret_id: str = "AKIDsandbox",
    secret_key: str = "sandbox-tencent-key",
    read_seconds: float = 10,
) -> Any:
    who, profile = _tencent(state, secret_id, secret_key, read_seconds)
    return faceid_client.FaceidClient(who, "", profile)


def ocr_of(state: State, *, read_seconds: float = 10) -> Any:
    who, profile = _tencent(state, "AKIDsandbox", "sandbox-tencent-key", read_seconds)
    return ocr_client.OcrClient(who, "", profile)


async def call(deed: Callable[..., T], *args: Any) -> T:
    """The SDKs block, so they get a thread while the sandbox answers on this loop."""
    return await asyncio.to_thread(deed, *args)


def token_request(name: str, id_number: str, **more: str) -> Any:
    request = faceid.GetEidTokenRequest()
    request.MerchantId = more.get("merchant", "0NSJ-sandbox")
    request.Name, request.IdCard = name, id_number
    request.Extra = more.get("extra", "")
    request.RedirectUrl = more.get("redirect_url", "http://127.0.0.1/back")
    request.Config = faceid.GetEidTokenConfig()
    request.Config.InputType = "4"
    return request


async def eid_token(state: State, name: str, id_number: str, **more: str) -> Any:
    return await call(faceid_of(state).GetEidToken, token_request(name, id_number, **more))


async def eid_status(state: State, token: str) -> str:
    request = faceid.CheckEidTokenStatusRequest()
    request.EidToken = token
    answer = await call(faceid_of(state).CheckEidTokenStatus, request)
    return str(answer.Status)


async def eid_result(state: State, token: str) -> Any:
    request = faceid.GetEidResultRequest()
    request.EidToken = token
    request.InfoType = "1"
    return (await call(faceid_of(state).GetEidResult, request)).Text


def aliyun_of(
    state: State, *, key: str = "LTAIsandbox", secret: str = "sandbox-aliyun-secret", read: int = 10
) -> Any:
    return AcsClient(
        key,
        secret,
        "cn-hangzhou",
        auto_retry=False,
        connect_timeout=2,
        timeout=read,
        port=state.port,
    )


def aliyun_request(action: str, **params: str) -> Any:
    request = CommonRequest(
        domain="127.0.0.1", version="2017-05-25", action_name=action, product="Dysmsapi"
    )
    request.set_method("POST")
    request.set_protocol_type(HTTP)
    for name, value in params.items():
        request.add_query_param(name, value)
    return request


async def aliyun(client: Any, action: str, **params: str) -> dict[str, Any]:
    body = await call(client.do_action_with_exception, aliyun_request(action, **params))
    answer: dict[str, Any] = json.loads(body)
    return answer


async def send_sms(
    state: State, phone: str, template: str = "SMS_CODE", **more: Any
) -> dict[str, Any]:
    params = more.get("params", {"code": "482913"})
    return await aliyun(
        more.get("client") or aliyun_of(state),
        "SendSms",
        PhoneNumbers=phone,
        SignName=more.get("sign_name", "融桥"),
        TemplateCode=template,
        TemplateParam=params if isinstance(params, str) else json.dumps(params),
        OutId=more.get("out_id", ""),
    )


async def http(
    state: State, method: str, path: str, document: Any = None, **headers: str
) -> HTTPResponse:
    request = HTTPRequest(
        f"{state.base_url}{path}",
        method=method,
        body=None if document is None else json.dumps(document),
        headers=headers,
        follow_redirects=False,
        request_timeout=20,
        allow_nonstandard_methods=True,
    )
    return await AsyncHTTPClient(force_instance=True).fetch(request, raise_error=False)


async def own(state: State, method: str, path: str, document: Any = None) -> Any:
    return json.loads((await http(state, method, path, document)).body)
