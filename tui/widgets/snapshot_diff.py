"""What is different between two snapshots: by tenant, item by item, and inside an item by value."""

import json
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.text import Text

from relab.text import safe, size_of
from tui.messages import shortened
from tui.vault_model import Change, Field
from tui.vault_state import Group
from tui.view import View
from tui.widgets.snapshot_contents import tenant_name
from tui.widgets.snapshot_rows import Source, folded

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_INKS = {"added": "green", "removed": "red", "changed": "yellow"}
_FEW = 50
_INDENT = 6
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class _Heading:
    tenant: str | None
    counts: Mapping[str, int]


_What = _Heading | Change | Field


class Differences(Source):
    """A heading a tenant, a row an item; the values of a changed item can be opened and closed."""

    tall = True

    def __init__(
        self, changes: Sequence[Change], unfolded: frozenset[Group], narrow: str | None, view: View
    ) -> None:
        self._view = view
        shown = [one for one in changes if narrow in (None, one.tenant)]
        self._open = _Open(unfolded, len(shown) <= _FEW)
        self._rows = list(_rows(shown, self._open))

    def __len__(self) -> int:
        """Return the number of headings, items and values that are opened."""
        return len(self._rows)

    def height(self, row: int, width: int) -> int:
        """Return 1 for an item, which is cut where it is long; the rest is folded."""
        return 1 if isinstance(self._rows[row][1], Change) else len(self.draw(row, width))

    def draw(self, row: int, width: int) -> Sequence[Text]:
        """Return the lines of a heading, an item or a value."""
        what = self._rows[row][1]
        if isinstance(what, Change):
            line = self._item(what)
            line.truncate(width, overflow=self._view.overflow)
            return [line]
        if isinstance(what, Field):
            return [line for text in _values(what, self._view) for line in _indented(text, width)]
        return folded(_title(what, self._view), width)

    def _item(self, change: Change) -> Text:
        glyphs = self._view.glyphs
        fold = glyphs.open if self._open.is_open(change) else glyphs.folded
        text = Text(f" {fold if change.fields else ' '} ", "dim")
        text.append(f"{SIGNS.get(change.change, '?')} ", _INKS.get(change.change, ""))
        text.append(self._view.plain(safe(f"{change.type} ")), "dim")
        text.append(self._view.plain(safe(change.key)))
        return text.append(f" {size_of(change.bytes)}" if change.bytes else "", "dim")

    def key(self, row: int) -> Hashable:
        """Return the item's `Group`, for each of its values, too; else the heading's tenant."""
        return self._rows[row][0]


@dataclass(frozen=True, slots=True)
class _Open:
    unfolded: frozenset[Group]
    usually: bool

    def is_open(self, change: Change) -> bool:
        return bool(change.fields) and (group_of(change) in self.unfolded) != self.usually


def group_of(change: Change) -> Group:
    """Return what tells the values of `change` from those of all other items."""
    return ("diff", change.provider, change.type, change.region, change.key)


def _rows(changes: Sequence[Change], opened: _Open) -> Iterator[tuple[Hashable, _What]]:
    yield ("heading",), _Heading(None, Counter(one.change for one in changes))
    for tenant, found in groupby(changes, key=lambda one: one.tenant):
        own = list(found)
        yield ("heading", tenant), _Heading(tenant, Counter(one.change for one in own))
        for one in own:
            yield group_of(one), one
            yield from (
                ((*group_of(one), field.pointer), field)
                for field in (one.fields if opened.is_open(one) else ())
            )


def _title(heading: _Heading, view: View) -> Text:
    counts = [
        f"{SIGNS[kind]} {view.say(f'diff.{kind}', count=f'{heading.counts[kind]:,}')}"
        for kind in SIGNS
        if heading.counts.get(kind)
    ]
    words = view.glyphs.between.join(counts) or view.say("diff.none")
    who = view.say("diff.all") if heading.tenant is None else tenant_name(heading.tenant, view)
    return Text.assemble((f"{who}: ", "bold"), words)


def _indented(text: Text, width: int) -> list[Text]:
    lines = folded(text, max(width - _INDENT, 1))
    return [Text(" " * _INDENT).append_text(line) for line in lines]


def _values(field: Field, view: View) -> Iterator[Text]:
    pointer = view.plain(safe(field.pointer))
    if field.sealed and field.change == "changed":
        yield Text(f"~ {pointer}: {view.say('diff.sealed-changed')}", _INKS["changed"])
        return
    sides = (("removed", "added", field.before), ("added", "removed", field.after))
    for side, other, value in sides:
        if field.change != other:
            yield Text(f"{SIGNS[side]} {pointer}: {_value(field, value, view)}", _INKS[side])


def _value(field: Field, value: Any, view: View) -> str:
    if field.sealed:
        return view.say("diff.sealed")
    return view.plain(safe(shortened(json.dumps(value, ensure_ascii=False), _LONGEST)))
