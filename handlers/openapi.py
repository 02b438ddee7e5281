"""The OpenAPI document, made from the route table and the forms: there is no hand-written copy."""

import inspect
import re
from functools import cache
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from handlers.access import Door, access_of, public
from handlers.api.base import ApiHandler
from handlers.errors import (
    BodyTooLarge,
    DatabaseDown,
    MediaTypeUnknown,
    RequestMalformed,
    Unforeseen,
    status_of,
)
from handlers.once import KeyMissing
from handlers.route import Operation, Route
from server.consents.consent import PrivacyNeeded
from server.core.actor import LoginNeeded, PermissionMissing
from server.core.errors import FieldsInvalid, Refusal
from server.core.paging import CursorBroken

REFUSAL = {
    "type": "object",
    "required": ["code", "message", "field", "facts", "request_id"],
    "properties": {
        "code": {"type": "string", "description": "稳定的错误码"},
        "message": {"type": "string", "description": "给用户看的话，说明下一步"},
        "field": {"type": ["string", "null"]},
        "facts": {"type": "object"},
        "problems": {"type": "object", "additionalProperties": {"type": "string"}},
        "request_id": {"type": "string"},
    },
}
_GROUP = re.compile(r"\([^()]*\)")


class Document(ApiHandler):
    """``/api/openapi.json``."""

    @public
    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.write(_document(self.application.routes))


@cache
def _document(routes: tuple[Route, ...]) -> bytes:
    return orjson.dumps(describe(routes))


def describe(routes: tuple[Route, ...]) -> dict[str, Any]:
    """The document for the routes that have operations."""
    described = [route for route in routes if route.operations]
    references, definitions = _schemas(described)
    return {
        "openapi": "3.1.0",
        "info": {"title": "融桥 API", "version": "1"},
        "paths": {path_of(route): _path_item(route, references) for route in described},
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Refusal": REFUSAL},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def path_of(route: Route) -> str:
    """The route's pattern with its groups named after the method's parameters."""
    names = iter(_parameters(route))
    path = _GROUP.sub(lambda _: "{" + next(names) + "}", route.pattern)
    return path.replace("\\", "")


def _parameters(route: Route) -> list[str]:
    method = getattr(route.handler, next(iter(route.operations)))
    return [name for name in inspect.signature(method).parameters if name != "self"]


def _schemas(routes: list[Route]) -> tuple[dict[Any, Any], dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], Any], None] = {}
    for route in routes:
        for operation in route.operations.values():
            for model, mode in (
                (operation.form, "validation"),
                (operation.query, "validation"),
                (operation.answer, "serialization"),
            ):
                if model is not None:
                    wanted[(model, mode)] = None
    references, definitions = models_json_schema(
        list(wanted), ref_template="#/components/schemas/{model}"
    )
    return references, definitions


def _path_item(route: Route, references: dict[Any, Any]) -> dict[str, Any]:
    return {
        method: _operation(route, method, operation, references)
        for method, operation in route.operations.items()
    }


def _operation(
    route: Route, method: str, operation: Operation, references: dict[Any, Any]
) -> dict[str, Any]:
    function = getattr(route.handler, method)
    access = access_of(function)
    is_once = bool(getattr(function, "is_once", False))
    described: dict[str, Any] = {
        "operationId": f"{route.name}_{method}",
        "summary": operation.summary,
        "parameters": _described_parameters(route, operation, is_once),
        "responses": _responses(operation, references, _refusals(operation, access, is_once)),
    }
    if access is not None and access.door is not Door.PUBLIC:
        described["security"] = [{"bearer": []}]
    if operation.form is not None:
        content = {"schema": references[(operation.form, "validation")]}
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    if operation.upload:
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": _FILE}}
    return described


_FILE = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
}


def _described_parameters(
    route: Route, operation: Operation, is_once: bool
) -> list[dict[str, Any]]:
    text = {"type": "string"}
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in _parameters(route)
    ]
    if is_once:
        key = {"type": "string", "minLength": 8, "maxLength": 128}
        found.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": key})
    if operation.query is not None:
        schema = operation.query.model_json_schema()
        required = set(schema.get("required", ()))
        found += [
            {"name": name, "in": "query", "required": name in required, "schema": one}
            for name, one in _inlined(schema.get("properties", {}), schema).items()
        ]
    return found


def _inlined(part: Any, schema: dict[str, Any]) -> Any:
    """The part with what it refers to put in its place: a parameter has no definitions of its own."""
    if isinstance(part, list):
        return [_inlined(one, schema) for one in part]
    if not isinstance(part, dict):
        return part
    own = {name: _inlined(one, schema) for name, one in part.items() if name != "$ref"}
    if "$ref" not in part:
        return own
    return {**_inlined(schema["$defs"][part["$ref"].rpartition("/")[2]], schema), **own}


def _refusals(operation: Operation, access: Any, is_once: bool) -> set[type[Refusal]]:
    refusals: set[type[Refusal]] = {*operation.refusals, DatabaseDown, Unforeseen}
    if operation.form is not None or operation.query is not None or operation.upload:
        refusals |= {FieldsInvalid, RequestMalformed, MediaTypeUnknown, BodyTooLarge}
    if operation.query is not None:
        refusals.add(CursorBroken)
    if is_once:
        refusals.add(KeyMissing)
    if access is not None and access.door is not Door.PUBLIC:
        refusals |= {LoginNeeded, PermissionMissing}
        if access.door is not Door.STAFF and not access.before_privacy:
            refusals.add(PrivacyNeeded)
    return refusals


def _responses(
    operation: Operation, references: dict[Any, Any], refusals: set[type[Refusal]]
) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        schema = references[(operation.answer, "serialization")]
        good["content"] = {"application/json": {"schema": schema}}
    responses: dict[str, Any] = {str(operation.status): good}
    by_status: dict[int, list[str]] = {}
    for refusal in refusals:
        status = int(status_of(refusal))
        by_status.setdefault(status, []).append(refusal.code)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": "、".join(sorted(codes)),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
            "x-codes": sorted(codes),
        }
    return responses
