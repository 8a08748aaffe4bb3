"""`relab snapshot diff`: what is different between two snapshots, by tenant."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from relab.cli.snapshot.live import follow_save
from relab.cli.snapshot.opened import opened
from relab.errors import Exit
from relab.text import safe, size_of

if TYPE_CHECKING:
    from snapshot.compare import Change, Field
    from snapshot.vault.model import Entry, Snapshot
    from snapshot.vault.vault import Vault

_SHOWN = 20
_LONGEST = 160
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--observed", is_flag=True, help="Also what was only observed: times, states.")
@click.option("--full", is_flag=True, help="Every object and image, and values in full.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, an item a row.")
@click.pass_context
def command(
    ctx: click.Context, *, before: str, after: str, observed: bool, full: bool, as_json: bool
) -> None:
    """Show what is different in snapshot B from snapshot A; exit 1 when anything is.

    With `live` as B, what A was to save is read anew from the world, and not kept; exit 3 when
    some of it could not be read. Sealed values and data are compared by fingerprint and digest:
    between snapshots no key is needed.
    """
    with _sides(before, after) as (left, right):
        if left.same(right) and not observed:
            changes: Iterable[Change] = ()
        else:
            changes = _compared(left, right, observed)
        tally: Counter[str] = Counter()
        if as_json:
            _print_json(_tallied(changes, tally))
        else:
            _print_text((left.name, right.name), _tallied(changes, tally), full)
    click.echo(_summary(tally), err=True)
    ctx.exit(_code(tally, right))


@dataclass(frozen=True, slots=True)
class _Side:
    """A snapshot of a vault; `name` is what it is called on the command line."""

    name: str
    vault: "Vault"
    snapshot: "Snapshot"

    @property
    def live(self) -> bool:
        return self.snapshot.name == "live"

    def same(self, other: "_Side") -> bool:
        return self.snapshot.content == other.snapshot.content

    def entries(self, other: "_Side") -> "Iterator[Entry]":
        """Return the entries; without those that the other side has just so, in the same vault."""
        from snapshot.showing import intact

        beside = other.snapshot if other.vault is self.vault else None
        found = self.vault.reader().entries(self.snapshot, beside=beside)
        return intact(found, self.vault.where)


@contextmanager
def _sides(before: str, after: str) -> "Iterator[tuple[_Side, _Side]]":
    from snapshot.vault.model import LIVE

    vault, _, left = opened(before)
    if after != LIVE:
        yield _Side(before, vault, left), _Side(after, vault, opened(after)[2])
        return
    from profiles.loader import active
    from snapshot.collect.live import read, scratch

    with scratch(vault) as into:
        events = read(vault, into, active(os.environ), left, os.environ)
        yield _Side(before, vault, left), _Side(LIVE, into, follow_save(events))


def _compared(left: _Side, right: _Side, observed: bool) -> "Iterator[Change]":
    from snapshot.compare import compare

    return compare(left.entries(right), right.entries(left), observed=observed)


def _code(tally: Counter[str], right: _Side) -> Exit:
    if right.live and right.snapshot.state == "partial":
        click.echo("some of the world could not be read: what is missing may be there", err=True)
        return Exit.PARTIAL
    return Exit.FAILED if tally else Exit.OK


def _tallied(changes: "Iterable[Change]", tally: Counter[str]) -> "Iterator[Change]":
    for change in changes:
        tally[change.change] += 1
        yield change


def _summary(tally: Counter[str]) -> str:
    told = ", ".join(f"{tally[kind]} {kind}" for kind in _SIGNS if tally[kind])
    return told or "no difference"


def _print_json(changes: "Iterable[Change]") -> None:
    from snapshot.spool import grouped

    rows = grouped((change.tenant, json.dumps(_row(change))) for change in changes)
    start = "["
    for _, row in rows:
        click.echo(f"{start}{row}", nl=False)
        start = ",\n"
    click.echo("]" if start != "[" else "[]")


def _row(change: "Change") -> dict[str, Any]:
    names = ("tenant", "provider", "type", "region", "key", "change", "bytes")
    row = {name: getattr(change, name) for name in names}
    return row | {"fields": [_field_row(field) for field in change.fields]}


def _field_row(field: "Field") -> dict[str, Any]:
    row: dict[str, Any] = {"pointer": field.pointer, "change": field.change, "sealed": field.sealed}
    if field.change != "added":
        row["before"] = field.before
    if field.change != "removed":
        row["after"] = field.after
    return row


def _print_text(names: tuple[str, str], changes: "Iterable[Change]", full: bool) -> None:
    from snapshot.spool import grouped

    last = None
    for tenant, line in grouped(_lines(changes, full)):
        if last is None:
            click.echo(f"--- {safe(names[0])}\n+++ {safe(names[1])}")
        if tenant != last:
            click.echo(f"@@ {safe(f'tenant {tenant}') if tenant else 'shared'} @@")
            last = tenant
        click.echo(line)


def _lines(changes: "Iterable[Change]", full: bool) -> Iterator[tuple[str, str]]:
    """Yield each line with its tenant; of many objects only the first, and then their sum."""
    from snapshot.kinds import BULK

    bulk: Counter[tuple[str, str]] = Counter()
    rest: dict[tuple[str, str], _Rest] = {}
    for change in changes:
        place = (change.tenant, change.type)
        bulk[place] += change.type in BULK
        if bulk[place] > _SHOWN and not full:
            rest.setdefault(place, _Rest()).add(change)
            continue
        yield change.tenant, _title(change)
        for field in change.fields:
            yield from ((change.tenant, line) for line in _values(field, full))
    for (tenant, kind), sums in rest.items():
        yield tenant, f"  and {safe(kind)}: {sums} (--full lists them)"


class _Rest:
    """Changes that are only counted."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._bytes = 0

    def add(self, change: "Change") -> None:
        self._counts[change.change] += 1
        self._bytes += change.bytes

    def __str__(self) -> str:
        return f"{_summary(self._counts)} more, {size_of(self._bytes)} of data"


def _title(change: "Change") -> str:
    region = f" ({change.region})" if change.region else ""
    size = f", {size_of(change.bytes)}" if change.bytes and not change.fields else ""
    sign = _SIGNS[change.change]
    return safe(f"{sign} {change.provider} {change.type} {change.key}{region}{size}")


def _values(field: "Field", full: bool) -> Iterator[str]:
    pointer = safe(field.pointer)
    if field.sealed and field.change == "changed":
        yield f"~     {pointer}: (sealed, changed)"
        return
    for sign, there, value in (
        ("-", field.change != "added", field.before),
        ("+", field.change != "removed", field.after),
    ):
        if there:
            yield f"{sign}     {pointer}: {'(sealed)' if field.sealed else _short(value, full)}"


def _short(value: Any, full: bool) -> str:
    text = safe(json.dumps(value, ensure_ascii=False))
    return text if full or len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
