"""What one entry of the route table says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel
from tornado.web import RequestHandler

from handlers.forms import Form
from server.core.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one method of an API route takes, gives and refuses with.

    ``refusals`` are those of the capability; what every route can refuse with
    (session, form, database) is added by handlers/openapi.py.
    """

    summary: str
    form: type[Form] | None = None
    query: type[Form] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    refusals: tuple[type[Refusal], ...] = ()
    upload: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One address. ``section`` is the navigation key that is lit while it is open."""

    pattern: str
    handler: type[RequestHandler]
    name: str
    section: str = ""
    operations: Mapping[str, Operation] = field(default_factory=dict)
