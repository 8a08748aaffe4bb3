"""What `relab nuke` shows: what a wipe would take, by service and tenant, and how it went."""

import json
import sys
from collections import Counter
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, TypeVar

import click

from relab.cli.snapshot.live import Line
from relab.events import Event, GapMet, NukeSaid, UnitSaved, WipeStarted, to_json
from relab.text import pad, safe

if TYPE_CHECKING:
    from relab.nuke.model import Forecast, Left, Refusal
    from relab.nuke.wipe import Result
    from snapshot.vault.model import Snapshot

T = TypeVar("T")
_SHOWN = 20
_HEADS = ("captured", "rebuilt", "left out", "not captured", "cannot be")


def follow(events: Generator[Event, None, T], *, as_json: bool = False) -> T:
    """Show what happens on one line of stderr, or as JSON lines on stdout; return the result."""
    line = Line(sys.stderr)
    try:
        while True:
            event = next(events)
            if as_json:
                click.echo(json.dumps(to_json(event), ensure_ascii=False))
            _show(event, line)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        line.clear()


def _show(event: Event, line: Line) -> None:
    if isinstance(event, UnitSaved):
        line.write(f"reading what is there: {event.done} done, {event.left} left")
    elif isinstance(event, GapMet):
        line.say(safe(f"{event.state}: {event.type}: {event.detail}"))
    elif isinstance(event, WipeStarted):
        line.say(f"wiping account {event.account}: {event.things} things")
    elif isinstance(event, NukeSaid):
        _show_line(event, line)


def _show_line(event: NukeSaid, line: Line) -> None:
    if event.kind in ("wrong", "unknown") or (event.state == "failed" and event.text):
        line.say(safe(f"aws-nuke: {event.type or event.kind} {event.name}: {event.text}"))
    elif event.kind == "thing":
        line.write(safe(f"{event.state}: {event.type} {event.name}")[:100])
    elif event.kind == "round":
        line.write(safe(f"aws-nuke: {event.text}"))


def show(forecast: "Forecast", refusals: Iterable["Refusal"]) -> None:
    """Print the forecast as a table, with what is left and why; refusals last."""
    for row in _table(forecast):
        click.echo(row)
    _list("would be lost", [f"{d.type} {d.key}: {d.why or d.fate.value}" for d in forecast.losses])
    _list("survives, and a restore meets it", map(_left, forecast.survivors))
    _reasons("kept", forecast.kept)
    for note in forecast.notes:
        click.echo(f"note: {note}")
    _list("refused", [_refused(one) for one in refusals], err=True)


def since(snapshot: "Snapshot", instead: str) -> None:
    """Say what no gate looks at: what pods wrote since `snapshot`; `instead` is what helps."""
    words = f"saved at {snapshot.finished_at}: what pods wrote to volumes or databases since goes"
    click.echo(f"{words}; {instead}", err=True)


def _table(forecast: "Forecast") -> Iterable[str]:
    from relab.nuke.model import Fate

    fates = list(Fate)
    counts: dict[tuple[str, str], Counter[str]] = {}
    for one in forecast.doomed:
        counts.setdefault((one.service, one.tenant), Counter())[one.fate.value] += 1
    yield f"{'service':<16} {'of':<3} " + " ".join(f"{head:>12}" for head in _HEADS)
    for (service, tenant), fate in sorted(counts.items()):
        cells = " ".join(f"{fate[one.value] or '':>12}" for one in fates)
        yield f"{pad(safe(service), 16)} {tenant or '-':<3} {cells}".rstrip()
    total = Counter(one.fate.value for one in forecast.doomed)
    yield f"{'all':<20} " + " ".join(f"{total[one.value]:>12}" for one in fates)


def _left(one: "Left") -> str:
    return f"{one.type} {one.key}: {one.why}"


def _list(head: str, rows: Iterable[str], *, err: bool = False) -> None:
    found = list(rows)
    for row in found[:_SHOWN]:
        click.echo(safe(f"{head}: {row}"), err=err)
    if len(found) > _SHOWN:
        click.echo(f"{head}: and {len(found) - _SHOWN} more (--json lists them)", err=err)


def _reasons(head: str, rows: Iterable["Left"]) -> None:
    """Print what is kept by reason and type: the reasons are few."""
    counts = Counter((one.why, one.type) for one in rows)
    for (why, kind), count in sorted(counts.items()):
        click.echo(safe(f"{head}: {count} {kind}: {why}"))


def _refused(one: "Refusal") -> str:
    return f"{one.what} -> {one.fix}" if one.fix else one.what


def told(result: "Result") -> None:
    """Print what is there after a wipe."""
    _list("still there", map(_left, result.left))
    _list("stays", map(_left, result.stays))
    _list("not certain", result.problems, err=True)
    words = "the account is clean" if result.clean else "the account is NOT clean"
    click.echo(f"{words}: {len(result.left)} things are left", err=True)
