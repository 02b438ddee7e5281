"""From a refusal, or anything else that was raised, to what the person or the program reads.

One table maps kinds to statuses. Whatever we did not foresee is a 500 without a word of
its own: its text could hold personal data.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError

from server.core.errors import (
    FieldsInvalid,
    Forbidden,
    Invalid,
    Kind,
    NotFound,
    Refusal,
    TooMany,
    Unavailable,
)

STATUS: dict[Kind, HTTPStatus] = {
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


class RequestMalformed(Invalid):
    """Not JSON, not UTF-8, not a form."""

    code = "core.request_malformed"
    sentence = "请求格式有误，请刷新页面后重试。"


class AddressUnknown(NotFound):
    """No such route."""

    code = "core.address_unknown"
    sentence = "没有找到这个页面，可能已被移除，或链接有误。"


class FormExpired(Forbidden):
    """The XSRF token is missing or another one's."""

    code = "core.form_expired"
    sentence = "页面打开太久，已经过期。请刷新后重新提交。"


class MethodNotAllowed(Invalid):
    """405."""

    code = "core.method_not_allowed"
    sentence = "这个地址不支持该操作。"


class BodyTooLarge(Invalid):
    """413."""

    code = "core.body_too_large"
    sentence = "提交的内容太大，请减少后重试。"


class MediaTypeUnknown(Invalid):
    """415."""

    code = "core.media_type_unknown"
    sentence = "不支持这种内容格式。"


class Unforeseen(Unavailable):
    """A fault of ours; the request id finds it in the log."""

    code = "core.unforeseen"
    sentence = "系统出了点问题，我们已经记录。请稍后重试，或拨打平台电话并告知编号。"


class DatabaseDown(Unavailable):
    """The database does not answer; the person has lost nothing."""

    code = "core.database_down"
    sentence = "系统正在恢复，请稍候再试。您填写的内容没有丢失。"


_OWN_STATUS: dict[type[Refusal], HTTPStatus] = {
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    MediaTypeUnknown: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    Unforeseen: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(refusal: type[Refusal]) -> HTTPStatus:
    """The kind's status; 405, 413, 415 and 500 are the only ones that a refusal has of its own."""
    return _OWN_STATUS.get(refusal, STATUS[refusal.kind])


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out for something that was raised."""

    status: HTTPStatus
    refusal: Refusal


_OF_TORNADO: dict[int, type[Refusal]] = {
    404: AddressUnknown,
    403: FormExpired,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: MediaTypeUnknown,
}


def answer_to(
    error: BaseException | None, is_unavailable: Callable[[BaseException], bool]
) -> Answer:
    """The status and the refusal for what was raised."""
    refusal: Refusal = Unforeseen()
    if isinstance(error, Refusal):
        refusal = error
    elif isinstance(error, HTTPError):
        if 400 <= error.status_code < 500:
            refusal = _OF_TORNADO.get(error.status_code, RequestMalformed)()
    elif error is not None and is_unavailable(error):
        refusal = DatabaseDown()
    return Answer(status_of(type(refusal)), refusal)


def as_json(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """The one JSON shape of a refusal (docs/api.md)."""
    body: dict[str, Any] = {
        "code": refusal.code,
        "message": refusal.message,
        "field": refusal.field,
        "facts": refusal.facts,
        "request_id": request_id,
    }
    if isinstance(refusal, FieldsInvalid):
        body["problems"] = refusal.problems
    return body


def problems_of(refusal: Refusal) -> dict[str, str]:
    """Field to sentence, for a form that is shown again; '' is the form as a whole."""
    if isinstance(refusal, FieldsInvalid):
        return refusal.problems
    return {refusal.field or "": refusal.message}


def retry_after(refusal: Refusal) -> int | None:
    """Seconds for the header Retry-After."""
    if isinstance(refusal, TooMany):
        return int(str(refusal.facts["retry_after_seconds"]))
    return 5 if refusal.kind is Kind.UNAVAILABLE else None
