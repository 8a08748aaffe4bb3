"""A plan told to people: why an item is in it, and a picture of what waits for what."""

from collections.abc import Iterator

from relab.errors import UsageError
from relab.resources.registry import by_name
from restore.decide import AWS
from restore.live import Live
from restore.model import CHANGES, Action, Plan, Planned
from restore.order import is_barrier
from restore.order_back import waits as goes_after
from restore.plan import Saved
from restore.references import Reference, references

_SHOWN = 20


def find(plan: Plan, words: str) -> Planned:
    """Return the item that `words` name: an identity, `type:key` or a key. UsageError for none."""
    rows = [row for row in plan.items if words in _names(row)]
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise UsageError(f"the plan has no '{words}'", fix="see --plan --json for what it has")
    fix = f"say which: {', '.join(row.identity for row in rows[:_SHOWN])}"
    raise UsageError(f"'{words}' is {len(rows)} items", fix=fix)


def _names(row: Planned) -> tuple[str, ...]:
    return row.identity, f"{row.type}:{row.key}", row.key


def explained(plan: Plan, saved: Saved, live: Live, row: Planned) -> Iterator[str]:
    """Yield lines: what becomes of an item and why, what it waits for and what it refers to."""
    yield f"{row.identity}: {row.action.value}: {row.reason}"
    if row.now:
        yield f"stands as: {row.now}"
    notes = by_name()[row.type].notes if row.type in by_name() else ""
    if notes:
        yield f"mind: {notes}"
    actions = {one.identity: one.action.value for one in plan.items}
    waits = needed(plan, saved, live)
    for name in sorted(waits.get(row.identity, ())):
        yield f"waits for: {name} ({actions.get(name, 'not in the plan')})"
    for one in _references(saved, row.identity):
        owner = saved.directory.owners[one.identifier]
        if owner != row.identity:
            yield f"refers to: {owner} at {one.pointer}"
    for name in sorted(waits):
        if row.identity in waits[name]:
            yield f"is waited for by: {name} ({actions.get(name, 'not in the plan')})"


def _references(saved: Saved, identity: str) -> Iterator[Reference]:
    entry = saved.entries.get(identity)
    if entry is not None:
        yield from references(dict(entry.item.document), saved.directory.finder)


def needed(plan: Plan, saved: Saved, live: Live) -> dict[str, set[str]]:
    """Return by identity which other items each item must wait for, at whatever step.

    What goes waits for what stands on it to go.
    """
    found: dict[str, set[str]] = {}
    for node, after in saved.graph(saved.entries, ()).waits.items():
        names = {one.identity for one in after if not is_barrier(one)}
        if not is_barrier(node):
            found.setdefault(node.identity, set()).update(names - {node.identity})
    for name, before in goes_after(plan.items, live):
        found.setdefault(name, set()).add(before)
    return found


def picture(plan: Plan, saved: Saved, live: Live) -> Iterator[str]:
    """Yield the lines of a Mermaid flowchart of the AWS items; an arrow leads to what waits.

    Objects of a cluster go by tiers, not by references, and are left out.
    """
    rows = {row.identity: row for row in plan.items if row.provider == AWS}
    numbers = {name: f"n{number}" for number, name in enumerate(sorted(rows))}
    waits = needed(plan, saved, live)
    yield "flowchart LR"
    for name, number in numbers.items():
        row = rows[name]
        label = f"{row.type}<br/>{_escaped(row.key)}<br/>{row.action.value}"
        yield f'  {number}["{label}"]{_style(row)}'
    for name, number in numbers.items():
        for before in sorted(waits.get(name, ())):
            if before in numbers:
                yield f"  {numbers[before]} --> {number}"
    yield "  classDef change stroke-width:3px"
    yield "  classDef gone stroke-dasharray:4"


def _style(row: Planned) -> str:
    if row.action is Action.REMOVE:
        return ":::gone"
    return ":::change" if row.action in CHANGES else ""


def _escaped(text: str) -> str:
    """Return `text` so that Mermaid takes none of it for its own signs."""
    plain = (one if one.isalnum() or one in "-_./ " else f"#{ord(one)};" for one in text)
    return "".join(plain)
