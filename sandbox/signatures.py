"""The vendors' signatures, verified exactly as their SDKs make them, on real time.

Tencent TC3-HMAC-SHA256 (product/api/1729) and Aliyun RPC HMAC-SHA1 version 1.0. A refusal carries
the vendor's own code.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from tornado.httputil import HTTPServerRequest

TC3_SKEW_SECONDS = 300
ALIYUN_SKEW_SECONDS = 31 * 60
_AUTHORIZATION = re.compile(
    r"^TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/([a-z0-9]+)/tc3_request, ?"
    r"SignedHeaders=([a-z0-9;\-]+), ?Signature=([0-9a-f]{64})$"
)


class SignatureRefused(Exception):
    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tc3:
    secret_id: str
    date: str
    service: str
    signed_headers: str
    signature: str


def verify_tc3(request: HTTPServerRequest, secrets: Mapping[str, str]) -> str:
    """The service named in the credential scope, such as faceid. X-TC-Action is not signed."""
    claim = _tc3_claim(request)
    if claim.secret_id not in secrets:
        raise SignatureRefused("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
    stamp = request.headers.get("X-TC-Timestamp", "")
    if not stamp.isdigit() or abs(int(stamp) - time.time()) > TC3_SKEW_SECONDS:
        raise SignatureRefused(
            "AuthFailure.SignatureExpire", "The timestamp differs by more than five minutes."
        )
    failure = SignatureRefused(
        "AuthFailure.SignatureFailure",
        "The provided credentials could not be validated. Please check your signature is correct.",
    )
    if time.strftime("%Y-%m-%d", time.gmtime(int(stamp))) != claim.date:
        raise failure
    names = claim.signed_headers.split(";")
    if not {"content-type", "host"} <= set(names):
        raise failure
    scope = f"{claim.date}/{claim.service}/tc3_request"
    to_sign = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{_tc3_canonical_digest(request, claim)}"
    key = f"TC3{secrets[claim.secret_id]}".encode()
    for part in (claim.date, claim.service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    wanted = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, claim.signature):
        raise failure
    return claim.service


def _tc3_claim(request: HTTPServerRequest) -> _Tc3:
    found = _AUTHORIZATION.match(request.headers.get("Authorization", ""))
    if found is None:
        raise SignatureRefused(
            "AuthFailure.InvalidAuthorization", "The Authorization header is not valid."
        )
    secret_id, date, service, signed_headers, signature = found.groups()
    return _Tc3(
        secret_id=secret_id,
        date=date,
        service=service,
        signed_headers=signed_headers,
        signature=signature,
    )


def _tc3_canonical_digest(request: HTTPServerRequest, claim: _Tc3) -> str:
    is_get = request.method == "GET"
    payload = b"" if is_get else request.body
    if request.headers.get("X-TC-Content-SHA256") == "UNSIGNED-PAYLOAD":
        payload = b"UNSIGNED-PAYLOAD"
    # The SDK signs header values as they are sent, trimmed but not lower-cased.
    headers = "".join(
        f"{name}:{request.headers.get(name, '').strip()}\n"
        for name in claim.signed_headers.split(";")
    )
    canonical = "\n".join(
        [
            request.method or "",
            "/",
            request.query if is_get else "",
            headers,
            claim.signed_headers,
            hashlib.sha256(payload).hexdigest(),
        ]
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


class AliyunVerifier:
    """Remembers nonces for as long as a time stamp can be valid."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = dict(secrets)
        self._nonces: dict[str, float] = {}

    def verify(self, request: HTTPServerRequest) -> dict[str, str]:
        """The signed parameters, without the signature."""
        params = aliyun_params(request)
        signature = params.pop("Signature", "")
        if not signature:
            raise SignatureRefused(
                "MissingSignature", "Signature is mandatory for this action.", 400
            )
        secret = self._secrets.get(params.get("AccessKeyId", ""))
        if secret is None:
            raise SignatureRefused(
                "InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404
            )
        if (params.get("SignatureMethod"), params.get("SignatureVersion")) != ("HMAC-SHA1", "1.0"):
            raise SignatureRefused(
                "InvalidSignatureMethod", "Specified signature method is not valid.", 400
            )
        self._must_be_recent(params.get("Timestamp", ""))
        pairs = "&".join(f"{_encode(key)}={_encode(params[key])}" for key in sorted(params))
        to_sign = f"{request.method}&%2F&{_encode(pairs)}"
        digest = hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()
        if not hmac.compare_digest(base64.b64encode(digest).decode(), signature):
            raise SignatureRefused(
                "SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation. "
                f"server string to sign is:{to_sign}",
                400,
            )
        self._must_be_new(params.get("SignatureNonce", ""))
        return params

    def _must_be_recent(self, stamp: str) -> None:
        try:
            at = calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ"))
        except ValueError:
            raise SignatureRefused(
                "InvalidTimeStamp.Format", "Specified time stamp is not well formatted.", 400
            ) from None
        if abs(at - time.time()) > ALIYUN_SKEW_SECONDS:
            raise SignatureRefused(
                "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400
            )

    def _must_be_new(self, nonce: str) -> None:
        now = time.time()
        if len(self._nonces) > 10_000:
            oldest = now - 2 * ALIYUN_SKEW_SECONDS
            self._nonces = {key: at for key, at in self._nonces.items() if at > oldest}
        if not nonce or nonce in self._nonces:
            raise SignatureRefused(
                "SignatureNonceUsed", "Specified signature nonce was used already.", 400
            )
        self._nonces[nonce] = now


def aliyun_params(request: HTTPServerRequest) -> dict[str, str]:
    params = dict(parse_qsl(request.query, keep_blank_values=True))
    if request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        params.update(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return params


def _encode(text: str) -> str:
    return quote(text, safe="~")
