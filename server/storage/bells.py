"""A bell rings for every change in one collection, whichever process made it.

What a service hands to those who keep people waiting: they learn which document changed and
nothing of what is in it. A watcher of changes.py needs a task for each who waits; a bell needs none.
"""

from collections.abc import Callable

from server.storage.changes import ChangeFeed

Listener = Callable[[str | None], None]
"""Called with the document's id; with None when any may have changed unseen."""


class Bell:
    """Make it before the feed is started."""

    def __init__(self, feed: ChangeFeed, collection: str) -> None:
        self._feed = feed
        self._listeners: list[Listener] = []
        feed.subscribe(collection, lambda document_id, *_: self._ring(document_id))
        feed.on_resume(lambda: self._ring(None))

    @property
    def alive(self) -> bool:
        """False while changes may go by unheard."""
        return self._feed.alive

    def listen(self, listener: Listener) -> None:
        """``listener`` is quick and never raises."""
        self._listeners.append(listener)

    def _ring(self, document_id: str | None) -> None:
        for listener in self._listeners:
            listener(document_id)
