"""The OpenAPI document is made from the code, is sound, and says what really happens."""

import re
from typing import Any

import pytest
from openapi_spec_validator import validate

from handlers.openapi import describe, path_of
from handlers.route import Route
from handlers.routes import ROUTES
from tests.platforms import Running


def document() -> dict[str, Any]:
    return describe(ROUTES)


def example_of(route: Route) -> str:
    """An address of the route, of something that is not there."""
    for sample in ("0" * 26, "0" * 22, "0" * 64, "privacy"):
        address = re.sub(r"\{[a-z_]+\}", sample, path_of(route))
        if re.fullmatch(route.pattern, address):
            return address
    raise AssertionError(f"no example for {route.pattern}")


@pytest.mark.shows("F198")
async def test_the_document_is_served_and_valid(running: Running) -> None:
    async with running.http.get(running.url + "/api/openapi.json") as answer:
        served = await answer.json()
    validate(served)
    assert served == document()


@pytest.mark.shows("F198")
def test_every_method_of_every_api_route_is_described() -> None:
    missing = []
    for route in ROUTES:
        if route.pattern.startswith("/api/v1/"):
            for method in ("get", "post", "put", "patch", "delete"):
                function = getattr(route.handler, method)
                if hasattr(function, "access") and method not in route.operations:
                    missing.append(f"{method} {route.pattern}")
    assert not missing


@pytest.mark.shows("F198")
async def test_what_an_unsigned_call_is_answered_stands_in_the_document(running: Running) -> None:
    paths = document()["paths"]
    for route in ROUTES:
        for method, operation in route.operations.items():
            described = paths[path_of(route)][method]
            path = example_of(route).removeprefix("/api/v1")
            body: Any = {} if operation.form is not None else None
            answer = await running.api().call(method.upper(), path, body)
            assert str(answer.status) in described["responses"], (method, path, answer.text)
            if answer.status >= 400:
                codes = described["responses"][str(answer.status)]["x-codes"]
                assert answer.code in codes, (method, path, answer.code, codes)


async def test_a_method_that_an_address_lacks_is_405(running: Running) -> None:
    answer = await running.api().call("DELETE", "/me")
    assert (answer.status, answer.code) == (405, "core.method_not_allowed")
