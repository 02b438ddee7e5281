"""Hashed style sheets, scripts and icons: made by the assets step, looked up by their plain names."""

import json
from pathlib import Path


class Assets:
    """The manifest, read once. ``address('portal.css')`` is its hashed address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: dict[str, str] = json.loads((folder / "manifest.json").read_text("utf-8"))
        self._icons: dict[str, str] = json.loads((folder / "icons.json").read_text("utf-8"))
        self._files = frozenset(self._names.values())

    def address(self, name: str) -> str:
        """``/assets/portal.0123456789.css``; KeyError for a name that the step did not make."""
        return f"/assets/{self._names[name]}"

    def icon(self, name: str, cls: str = "") -> str:
        """An inline SVG, hidden from screen readers; KeyError for an icon that was not taken."""
        return (
            f'<svg class="rq-i {cls}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
            f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
            f"{self._icons[name]}</svg>"
        )

    def find(self, name: str) -> Path | None:
        """The file behind a hashed name, if it is one of ours."""
        return self.folder / name if name in self._files else None
