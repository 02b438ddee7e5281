"""Everything on a page that is not a form field, as Tornado UI modules, and the table of all modules.

Each renders one template of templates/components. docs/looks.md lists them with examples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tornado.web import UIModule

from handlers.fields import FIELDS, chosen


class Numbered(Protocol):
    """What the pager reads: any server.core.paging.Page."""

    @property
    def number(self) -> int: ...

    @property
    def last(self) -> int: ...

    @property
    def total_text(self) -> str: ...


def page_numbers(number: int, last: int) -> list[int | None]:
    """1, 2, the last and those around `number`; None is a gap."""
    shown = sorted({1, 2, number - 1, number, number + 1, last} & set(range(1, last + 1)))
    numbers: list[int | None] = []
    for before, now in zip([0, *shown], shown, strict=False):
        if now - before > 1:
            numbers.append(None)
        numbers.append(now)
    return numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductView:
    """A product as its card shows it: texts only, amounts in 万元, the rate in % a year."""

    id: str
    name: str
    institution: str
    kind: str
    rate: str
    cap: str
    term: str
    href: str
    apply_href: str
    tags: Sequence[tuple[str, str]] = ()
    applied: int | None = None
    tone: int = 1

    @property
    def mark(self) -> str:
        """The institution's first character."""
        return self.institution[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of a timeline. `tone`: done, now, todo or bad."""

    title: str
    text: str = ""
    at: str = ""
    tone: str = "done"


class Pager(UIModule):
    """Numbers below a list; with `target` (a selector) htmx swaps that part only."""

    def render(self, page: Numbered, target: str = "") -> bytes:
        numbers = page_numbers(page.number, page.last)
        return self.render_string(
            "components/pager.html", page=page, numbers=numbers, target=target
        )


class Empty(UIModule):
    """Nothing to show: a sentence and ways on, (label, address)."""

    def render(self, title: str, text: str = "", actions: Sequence[tuple[str, str]] = ()) -> bytes:
        return self.render_string("components/empty.html", title=title, text=text, actions=actions)


class ErrorSummary(UIModule):
    """All that is wrong with a form, field to sentence; "" is the form as a whole."""

    def render(self, errors: Mapping[str, str]) -> bytes:
        return self.render_string("components/error_summary.html", errors=errors)


class Steps(UIModule):
    """A wizard's steps, (title, hint); `current` counts from 0."""

    def render(self, items: Sequence[tuple[str, str]], current: int) -> bytes:
        return self.render_string("components/steps.html", items=items, current=current)


class StateTag(UIModule):
    """A state: dot, word, tint. Tones: primary ok warn bad info gold, "" for grey."""

    def render(self, label: str, tone: str = "") -> bytes:
        return self.render_string("components/state_tag.html", label=label, tone=tone)


class Timeline(UIModule):
    """What happened, in the order given."""

    def render(self, items: Sequence[Moment]) -> bytes:
        return self.render_string("components/timeline.html", items=items)


class ProductCard(UIModule):
    """A product in a list; `level` is its heading's."""

    def render(self, product: ProductView, level: int = 3) -> bytes:
        return self.render_string("components/product_card.html", product=product, level=level)


class FilterRow(UIModule):
    """label | 不限 | options (value, label); the chosen ones are in the query string under `name`."""

    def render(
        self,
        label: str,
        name: str,
        options: Sequence[tuple[str, str]],
        picked: Sequence[str] | str | None = (),
        *,
        several: bool = False,
        target: str = "",
    ) -> bytes:
        return self.render_string(
            "components/filter_row.html",
            label=label,
            name=name,
            options=options,
            chosen=chosen(picked),
            several=several,
            target=target,
        )


class Chips(UIModule):
    """The filters in force, (name, value, label), each with a way out, and 清空."""

    def render(self, items: Sequence[tuple[str, str, str]], target: str = "") -> bytes:
        return self.render_string("components/chips.html", items=items, target=target)


class Tabs(UIModule):
    """(key, label, address, count or None)."""

    def render(
        self,
        items: Sequence[tuple[str, str, str, int | None]],
        current: str,
        label: str = "分类",
        target: str = "",
    ) -> bytes:
        return self.render_string(
            "components/tabs.html", items=items, current=current, label=label, target=target
        )


class StatCard(UIModule):
    """A figure. `trend` like "+8.2%"; `good` says whether that is good news; `hot` needs attention."""

    def render(
        self,
        label: str,
        value: str | int,
        unit: str = "",
        *,
        more: str = "",
        trend: str = "",
        good: bool = True,
        href: str = "",
        hot: bool = False,
    ) -> bytes:
        return self.render_string(
            "components/stat_card.html",
            label=label,
            value=value,
            unit=unit,
            more=more,
            trend=trend,
            good=good,
            href=href,
            hot=hot,
        )


class KeyValue(UIModule):
    """Pairs (label, text); in a table, those named in `wide` take the whole width."""

    def render(
        self, pairs: Sequence[tuple[str, str]], *, table: bool = False, wide: Sequence[str] = ()
    ) -> bytes:
        rows = [(label, text, label in wide) for label, text in pairs]
        narrow = 0
        for index, (label, text, is_wide) in enumerate(rows):
            closes_row = index + 1 == len(rows) or rows[index + 1][2]
            if not is_wide and narrow % 2 == 0 and closes_row:
                rows[index] = (label, text, True)
            narrow = 0 if rows[index][2] else narrow + 1
        return self.render_string("components/key_value.html", rows=rows, table=table)


class ConfirmButton(UIModule):
    """A submit button that asks first. Without JavaScript it submits at once."""

    def render(
        self,
        label: str,
        question: str,
        text: str = "",
        *,
        name: str = "",
        value: str = "",
        tone: str = "bad",
        confirm_label: str = "",
    ) -> bytes:
        return self.render_string(
            "components/confirm_button.html",
            label=label,
            question=question,
            text=text,
            name=name,
            value=value,
            tone=tone,
            confirm_label=confirm_label or label,
        )


class Note(UIModule):
    """A boxed sentence. Tones: info ok warn bad. With `says` it is announced (what has just been done)."""

    def render(
        self, text: str, tone: str = "info", *, title: str = "", says: bool = False
    ) -> bytes:
        return self.render_string(
            "components/note.html", text=text, tone=tone, title=title, says=says
        )


class QrBox(UIModule):
    """A QR code (`svg` is raw markup) that counts down, tells when it is dead and is refreshed by a link.

    `events` is the address of server-sent events, `poll` the one asked every 2 s when they fail.
    """

    def render(
        self,
        svg: str,
        caption: str,
        *,
        label: str = "二维码",
        expires_at: datetime | None = None,
        refresh: str = "",
        events: str = "",
        poll: str = "",
    ) -> bytes:
        return self.render_string(
            "components/qr_box.html",
            svg=svg,
            caption=caption,
            label=label,
            expires=expires_at.isoformat() if expires_at else "",
            refresh=refresh,
            events=events,
            poll=poll,
        )


UI_MODULES: dict[str, type[UIModule]] = FIELDS | {
    module.__name__: module
    for module in (
        Pager, Empty, ErrorSummary, Steps, StateTag, Timeline, ProductCard, FilterRow, Chips,
        Tabs, StatCard, KeyValue, ConfirmButton, Note, QrBox,
    )
}  # fmt: skip
