"""Refusals: the one way in which the product says no.

A refusal is raised wherever a rule is broken and is turned into JSON, a page or a
WeChat reply by the surface. It carries a stable code, a sentence for the person and
typed facts; its ``str`` is the code alone, so that no log can hold what a person typed.
"""

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """The seven kinds; one table in handlers/errors.py maps them to HTTP statuses."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


class Refusal(Exception):
    """Base of all refusals. Concrete ones set ``code`` and ``sentence``."""

    kind: ClassVar[Kind]
    code: ClassVar[str]
    sentence: ClassVar[str]

    def __init__(self, *, field: str | None = None, **facts: object) -> None:
        super().__init__(self.code)
        self.field = field
        self.facts: dict[str, object] = facts

    @property
    def message(self) -> str:
        """The Chinese sentence with its facts filled in."""
        return self.sentence.format_map(self.facts)


class Invalid(Refusal):
    """What was sent can't be right, whatever the state."""

    kind = Kind.INVALID


class Unauthenticated(Refusal):
    """Nobody we know is asking."""

    kind = Kind.UNAUTHENTICATED


class Forbidden(Refusal):
    """We know who asks, and he may not (yet)."""

    kind = Kind.FORBIDDEN


class NotFound(Refusal):
    """It is not there, or not his to see."""

    kind = Kind.NOT_FOUND


class Conflict(Refusal):
    """Right in itself, but not in the present state."""

    kind = Kind.CONFLICT


class TooMany(Refusal):
    """Too often. The fact ``retry_after_seconds`` says how long to wait."""

    kind = Kind.TOO_MANY

    def __init__(
        self, *, retry_after_seconds: int, field: str | None = None, **facts: object
    ) -> None:
        super().__init__(field=field, retry_after_seconds=retry_after_seconds, **facts)


class Unavailable(Refusal):
    """Somebody else's service, or our database, does not answer."""

    kind = Kind.UNAVAILABLE


class FieldsInvalid(Invalid):
    """Several fields at once, each with its own sentence: what a form gives back."""

    code = "core.fields_invalid"
    sentence = "有 {count} 处需要修改，请按提示更正后重新提交。"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(field=next(iter(problems), None), count=len(problems))
        self.problems = problems
