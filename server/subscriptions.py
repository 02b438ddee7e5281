"""The one table: which event is followed by which reaction.

A reaction happens at least once and is keyed by the event's id; it may be called again for
the same event after a crash. Adding news means adding a row here.
"""

from collections.abc import Awaitable, Callable, Mapping

from server.core.events import Event

Reaction = Callable[[Event], Awaitable[None]]


class Subscriptions:
    """Event name to reactions."""

    def __init__(self, table: Mapping[str, tuple[Reaction, ...]]) -> None:
        self._table = table

    async def react(self, event: Event) -> None:
        """Every reaction to the event, in the table's order; an unknown event has none."""
        for reaction in self._table.get(event.name, ()):
            await reaction(event)
