"""Every address is in the route table and every method says who gets through."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tornado.web import RequestHandler

from handlers.access import access_of
from handlers.routes import ROUTES
from tests.architecture.sources import loaded


def _methods(handler: type[RequestHandler]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The HTTP methods that a handler answers."""
    for name in map(str.lower, handler.SUPPORTED_METHODS):
        method = getattr(handler, name)
        if method is not getattr(RequestHandler, name):
            yield f"{handler.__module__}.{handler.__name__}.{name}", method


def _handlers(base: type[RequestHandler] = RequestHandler) -> Iterator[type[RequestHandler]]:
    for child in base.__subclasses__():
        if child.__module__.startswith("handlers."):
            yield child
        yield from _handlers(child)


def test_every_method_of_every_route_carries_an_access_mark() -> None:
    methods = [method for route in ROUTES for method in _methods(route.handler)]
    assert methods
    assert not [name for name, method in methods if access_of(method) is None]


def test_every_handler_that_answers_stands_in_the_route_table() -> None:
    assert loaded()
    routed = {base for route in ROUTES for base in route.handler.__mro__}
    assert not {h for h in _handlers() if list(_methods(h)) and h not in routed}


def test_names_and_patterns_of_routes_are_unique() -> None:
    for values in ([route.name for route in ROUTES], [route.pattern for route in ROUTES]):
        assert not [value for value, times in Counter(values).items() if times > 1]
