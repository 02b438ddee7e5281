"""Tencent Cloud on loopback: faceid (E证通) and ocr (licence, register), TC3-signed.

Errors are HTTP 200 with an Error object, and the content type is exactly `application/json`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox import pictures
from sandbox.eid import MESSAGES, EidCode, EidState, EidToken, ResultGone, UnknownToken
from sandbox.ledger import masked
from sandbox.register import Register
from sandbox.signatures import SignatureRefused, verify_tc3
from sandbox.web import Answer, RemoteHandler, json_bytes

IMAGE_LIMIT = 7 * 2**20
WARNINGS = {-9102: "WARN_COPY_CARD", -9104: "WARN_RESHOOT_CARD", -9108: "WARN_EARLY_STOP"}
Params = dict[str, Any]
Fields = dict[str, Any]


class TencentError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class TencentHandler(RemoteHandler):
    vendor = "tencent"

    async def post(self) -> None:
        await self.serve()

    async def get(self) -> None:
        await self.serve()

    def action(self) -> str:
        return self.request.headers.get("X-TC-Action", "")

    def part(self) -> str:
        return _ACTIONS[self.action()][0] if self.action() in _ACTIONS else ""

    async def answer(self) -> Answer:
        try:
            fields, facts = await self._do()
        except (TencentError, SignatureRefused) as refused:
            return self._error(refused.code, refused.message)
        body = json_bytes({"Response": {**fields, "RequestId": self.request_id}})
        return Answer(status=200, content_type="application/json", body=body, ok=True, facts=facts)

    def refusal(self, code: str) -> Answer:
        return self._error(code, "The sandbox was told to refuse.")

    def _error(self, code: str, message: str) -> Answer:
        error = {"Error": {"Code": code, "Message": message}, "RequestId": self.request_id}
        return Answer(
            status=200,
            content_type="application/json",
            body=json_bytes({"Response": error}),
            ok=False,
            code=code,
        )

    async def _do(self) -> tuple[Fields, Fields]:
        credentials = self.state.credentials
        service = verify_tc3(
            self.request, {credentials.tencent_secret_id: credentials.tencent_secret_key}
        )
        part, version, deed = _ACTIONS.get(self.action(), ("", "", None))
        if deed is None or part != service:
            raise TencentError("InvalidAction", "The request action is invalid.")
        if self.request.headers.get("X-TC-Version") != version:
            raise TencentError("NoSuchVersion", "The request version does not exist.")
        try:
            params = json.loads(self.request.body or b"{}")
        except ValueError:
            raise TencentError("InvalidParameter", "The body is not JSON.") from None
        return await deed(self, params)

    def _token(self, params: Params, read: Callable[[str], EidToken]) -> EidToken:
        try:
            return read(_text(params, "EidToken"))
        except UnknownToken:
            raise TencentError(
                "InvalidParameterValue.BizTokenIllegal", "BizToken不合法。"
            ) from None
        except ResultGone:
            raise TencentError("InvalidParameterValue.BizTokenExpired", "BizToken过期。") from None

    async def get_eid_token(self, params: Params) -> tuple[Fields, Fields]:
        merchant = _text(params, "MerchantId")
        if merchant != self.state.credentials.eid_merchant_id:
            raise TencentError("InvalidParameterValue.RuleIdNotExist", "RuleId不存在。")
        config = params.get("Config") or {}
        ours = config.get("InputType", "1") == "4"
        row = self.state.eid.create(
            merchant,
            _text(params, "Name", limit=32) if ours else None,
            _text(params, "IdCard", limit=32) if ours else None,
            str(params.get("Extra") or "")[:1024],
            str(params.get("RedirectUrl") or "")[:1024],
        )
        facts = {"token": row.token, "id_number": row.id_number or ""}
        return {"EidToken": row.token, "Url": row.url}, facts

    async def check_eid_token_status(self, params: Params) -> tuple[Fields, Fields]:
        row = self._token(params, self.state.eid.status)
        return {"Status": str(row.state)}, {"token": row.token, "status": str(row.state)}

    async def get_eid_result(self, params: Params) -> tuple[Fields, Fields]:
        row = self._token(params, self.state.eid.result)
        facts = {"token": row.token, "code": int(row.code)}
        return eid_result(row), facts

    async def biz_license_ocr(self, params: Params) -> tuple[Fields, Fields]:
        if params.get("ImageUrl"):
            raise TencentError("FailedOperation.DownLoadError", "文件下载失败。")
        image = _image(params)
        try:
            truth = await asyncio.to_thread(pictures.read_licence, image)
        except pictures.NotAPicture:
            raise TencentError("FailedOperation.ImageDecodeFailed", "图片解码失败。") from None
        if truth is None:
            raise TencentError("FailedOperation.NoBizLicense", "非营业执照。")
        warnings = truth.warnings if params.get("EnableCopyWarn") else ()
        fields: Fields = {
            **truth.fields,
            "RecognizeWarnCode": list(warnings),
            "RecognizeWarnMsg": [WARNINGS[code] for code in warnings if code in WARNINGS],
            "IsDuplication": 1,
            "Angle": 0.0,
            "NationalEmblem": False,
            "QRCode": True,
            "Seal": True,
            "Title": "营业执照",
            "SerialNumber": "",
            "Important": "",
            "Electronic": False,
            "BusinessCertificate": [],
        }
        return fields, {"uscc": truth.fields.get("RegNum", ""), "bytes": len(image)}

    async def verify_enterprise4(self, params: Params) -> tuple[Fields, Fields]:
        fields = Register(self.state.world).four_factors(
            uscc=_text(params, "CreditCode"),
            name=_text(params, "EntName"),
            legal_rep=_text(params, "LrName"),
            id_number=_text(params, "IdNum"),
        )
        facts = {
            "uscc": params["CreditCode"],
            "id_number": masked(params["IdNum"].upper()),
            "result": fields["VerifyResult"],
        }
        return fields, facts

    async def query_enterprise(self, params: Params) -> tuple[Fields, Fields]:
        uscc, name = str(params.get("CreditCode") or ""), str(params.get("EntName") or "")
        if not (uscc or name):
            raise TencentError("MissingParameter", "CreditCode or EntName is required.")
        fields = Register(self.state.world).basic_info(uscc=uscc, name=name)
        return fields, {"uscc": uscc, "name": name, "status_code": fields["StatusCode"]}


Deed = Callable[[TencentHandler, Params], Awaitable[tuple[Fields, Fields]]]
_FACEID, _OCR = ("faceid", "2018-03-01"), ("ocr", "2018-11-19")
_ACTIONS: dict[str, tuple[str, str, Deed]] = {
    "GetEidToken": (*_FACEID, TencentHandler.get_eid_token),
    "CheckEidTokenStatus": (*_FACEID, TencentHandler.check_eid_token_status),
    "GetEidResult": (*_FACEID, TencentHandler.get_eid_result),
    "BizLicenseOCR": (*_OCR, TencentHandler.biz_license_ocr),
    "VerifyBizLicenseEnterprise4": (*_OCR, TencentHandler.verify_enterprise4),
    "QueryEnterpriseBasicInfo": (*_OCR, TencentHandler.query_enterprise),
}


def eid_result(row: EidToken) -> Fields:
    """GetEidResult with InfoType 1: the text only. Name and number never come back in clear."""
    judged = row.state is EidState.FINISHED
    passed = judged and row.code is EidCode.OK
    compared = judged and row.code in (EidCode.OK, EidCode.NOT_SAME_PERSON)
    similarity = "98.22" if passed else "31.40" if compared else None
    text: Fields = {
        "ErrCode": int(row.code),
        "ErrMsg": MESSAGES[row.code],
        "IdCard": "",
        "Name": "",
        "Extra": row.extra,
        "LiveStatus": (0 if compared else int(row.code)) if judged else None,
        "LiveMsg": "成功" if compared else None,
        "Comparestatus": int(row.code) if compared else None,
        "Comparemsg": MESSAGES[row.code] if compared else None,
        "Sim": similarity,
        "LivenessDetail": [],
    }
    return {
        "Text": text,
        "IdCardData": None,
        "BestFrame": None,
        "EidInfo": None,
        "IsVerifyIntention": False,
    }


def _text(params: Params, name: str, limit: int = 1024) -> str:
    value = params.get(name)
    if value is None or value == "":
        raise TencentError("MissingParameter", f"The request is missing the parameter `{name}`.")
    if not isinstance(value, str) or len(value) > limit:
        raise TencentError("InvalidParameterValue", f"The value of `{name}` is not valid.")
    return value


def _image(params: Params) -> bytes:
    encoded = params.get("ImageBase64")
    if not encoded:
        raise TencentError("FailedOperation.EmptyImageError", "图片内容为空。")
    if len(encoded) > IMAGE_LIMIT:
        raise TencentError("LimitExceeded.TooLargeFileError", "文件内容太大。")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise TencentError("FailedOperation.ImageDecodeFailed", "图片解码失败。") from None
