"""A plan as a tree: what is in the way and what can never come back first, then by tenant."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rich.text import Text

from relab.text import safe, size_of
from restore.model import Action, Existing
from tui import figures
from tui.marks import Mark
from tui.restore_model import Flag, Plan, Row
from tui.restore_state import Group, Restore
from tui.view import View
from tui.widgets.outline import MARK_INKS
from tui.widgets.restore_signs import SIGNS, sign_of, words_of
from tui.widgets.snapshot_contents import tenant_name
from tui.widgets.stack import Piece, Pieces

GO = "go"
_BLOCKED: Group = ("blocked",)
_LOST: Group = ("lost",)
_REMOVED: Group = ("removed",)
_FLAGS: Group = ("flags",)
_FEW = 20
_REASON = 4
_GRAVE_FIRST = ("blocked", "remove", "replace", "update", "create", "adopt", "skip")
_GRAVITY = {action: rank for rank, action in enumerate(_GRAVE_FIRST)}
_RANK = {action: rank for rank, action in enumerate(SIGNS)}


def tree(state: Restore, plan: Plan, view: View) -> Pieces:
    """Return the rows of `plan`; the key of a group is its `Group`, and `GO` begins or goes on."""
    open_ = _Open(state, plan)
    return Pieces([*_top(state, plan, view), *_first(plan, open_, view), *_all(plan, open_, view)])


class _Open:
    """Which groups are open: the short ones that matter, and what the person has opened."""

    def __init__(self, state: Restore, plan: Plan) -> None:
        self._unfolded = state.unfolded
        self._narrow = state.tenant
        few = {_REMOVED: plan.removed, _BLOCKED: plan.blocked, _FLAGS: plan.flags}
        self._usual = {**{group: len(found) <= _FEW for group, found in few.items()}, _LOST: True}

    def shows(self, tenant: str) -> bool:
        return self._narrow in (None, tenant)

    def __contains__(self, group: Group) -> bool:
        alone = len(group) == 2 and group[0] == "of" and self._narrow is not None
        return (group in self._unfolded) != self._usual.get(group, alone)


def _top(state: Restore, plan: Plan, view: View) -> Iterator[Piece]:
    yield Piece(None, counts(plan.counts, view))
    yield Piece(None, _amount(plan, view))
    yield Piece(None, Text(choice(plan, view), "dim"))
    waits = state.waits
    if waits is plan:
        yield Piece(GO, _offer(state, plan, view))
    elif not state.is_running and state.run is None:
        yield Piece(GO, Text(view.say("plan.go"), "bold"))


def counts(found: Mapping[str, int], view: View) -> Text:
    """Return how many items each action has, with its sign."""
    text = Text()
    for action in [*SIGNS, *sorted(found.keys() - SIGNS.keys())]:
        if found.get(action):
            text.append(view.glyphs.between if text else "")
            text.append_text(words_of(action, found[action], view))
    return text if text else Text(view.say("plan.nothing"))


def _amount(plan: Plan, view: View) -> Text:
    data = plan.data
    if not data:
        return Text(view.say("plan.estimate", changes=f"{plan.changes:,}"))
    size, things = sum(row.size for row in data), sum(row.count for row in data)
    words = {"changes": f"{plan.changes:,}", "places": f"{len(data):,}", "things": f"{things:,}"}
    return Text(view.say("plan.estimate-data", size=size_of(size), **words))


def choice(plan: Plan, view: View) -> str:
    """Return what was asked for: whose things, of which types, and what of existing ones."""
    asked = plan.choice
    whole = "" in plan.tenants
    whose = view.say("vault.everyone") if whole else ", ".join(map(safe, plan.tenants))
    words = [view.say("plan.whose", whose=whose)]
    only = asked.get("only") or ()
    words += [view.say("plan.only", only=safe(" ".join(map(str, only))))] if only else []
    words += [] if asked.get("data", True) else [view.say("plan.no-data")]
    words += [view.say("plan.exact")] if asked.get("exact") else []
    words += [safe(plan.moved)] if plan.moved else []
    existing = str(asked.get("existing", ""))
    known = view.say(f"existing.{existing}") if existing in {*Existing} else safe(existing)
    words += [view.say("plan.existing", existing=known)]
    source = str(asked.get("source", ""))
    words += [view.say("plan.source", source=safe(source))] if source else []
    return view.plain(view.glyphs.between.join(words))


def _offer(state: Restore, plan: Plan, view: View) -> Text:
    mark = f"{view.glyphs.marks[Mark.WARN]} "
    if state.run and state.run.plan is plan:
        words = view.say("plan.stopped", done=f"{state.run.done:,}", steps=f"{state.run.steps:,}")
    else:
        done = state.unfinished.done if state.unfinished else 0
        words = view.say("plan.unfinished", at=figures.moment(plan.made_at), done=f"{done:,}")
    return Text(mark + words, f"bold {MARK_INKS[Mark.WARN]}")


def _first(plan: Plan, open_: _Open, view: View) -> Iterator[Piece]:
    removed = [row for row in plan.removed if open_.shows(row.tenant)]
    if removed:
        title = view.say("plan.removed", count=f"{sum(row.count for row in removed):,}")
        yield _heading(_REMOVED, 0, Text(title, "bold red"), open_, view)
        yield from (_item(row, 1, view) for row in removed if _REMOVED in open_)
    blocked = [row for row in plan.blocked if open_.shows(row.tenant)]
    if blocked:
        title = view.say("plan.blocked-title", count=f"{len(blocked):,}")
        yield _heading(_BLOCKED, 0, Text(title, "bold red"), open_, view)
        yield from (_item(row, 1, view) for row in blocked if _BLOCKED in open_)
    lost = [row for row in plan.lost if open_.shows(row.tenant)]
    if lost:
        title = view.say("plan.lost", count=f"{len(lost):,}")
        yield _heading(_LOST, 0, Text(title, "bold yellow"), open_, view)
        yield from _reasons(lost, open_, view) if _LOST in open_ else ()
    if plan.flags:
        title = view.say("plan.flags", count=f"{len(plan.flags):,}")
        yield _heading(_FLAGS, 0, Text(title, "bold yellow"), open_, view)
        yield from (_flag(one, view) for one in plan.flags if _FLAGS in open_)


def _flag(one: Flag, view: View) -> Piece:
    text = Text(f"    {view.plain(safe(f'{one.identity} {one.pointer}: {one.what}: '))}")
    return Piece(None, text.append(view.plain(safe(one.reason)), "dim"), _REASON + 2)


def _reasons(lost: Sequence[Row], open_: _Open, view: View) -> Iterator[Piece]:
    """Yield a row a reason, and below it what is lost for it."""
    ordered = sorted(lost, key=lambda row: (row.type, row.reason, row.tenant, row.key))
    for (kind, reason), found in groupby(ordered, key=lambda row: (row.type, row.reason)):
        own, group = list(found), ("lost", kind, reason)
        text = Text(f"{len(own):,} {view.plain(safe(kind))}").append(
            f": {view.plain(safe(reason))}", "dim"
        )
        yield _heading(group, 1, text, open_, view)
        for row in own if group in open_ else ():
            who = tenant_name(row.tenant, view)
            yield Piece(
                None, Text(f"      {who}  ", "dim").append(view.plain(safe(row.key)), "not dim"), 6
            )


def _all(plan: Plan, open_: _Open, view: View) -> Iterator[Piece]:
    for tenant, own in _grouped(plan.items, lambda row: row.tenant):
        if not open_.shows(tenant):
            continue
        group = ("of", tenant)
        yield _heading(group, 0, _sum(tenant_name(tenant, view), own, view), open_, view)
        for service, rows in _grouped(own, lambda row: row.service) if group in open_ else ():
            inner = (*group, service)
            title = _sum(view.plain(safe(service)), rows, view)
            yield _heading(inner, 1, title, open_, view)
            yield from (_item(row, 2, view) for row in _ordered(rows) if inner in open_)


def _grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> Iterator[tuple[str, list[Row]]]:
    for name, found in groupby(sorted(rows, key=key), key=key):
        yield name, list(found)


def _ordered(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (_GRAVITY.get(row.action, -1), row.type, row.key))


def _sum(name: str, rows: Sequence[Row], view: View) -> Text:
    text = Text(f"{name} ", "bold")
    for action, count in sorted(
        Counter(row.action for row in rows if not row.is_data).items(),
        key=lambda pair: _RANK.get(pair[0], len(_RANK)),
    ):
        text.append(" ").append_text(sign_of(action)).append(f"{count:,}", "not bold")
    size = sum(row.size for row in rows if row.is_data)
    return text.append(f"  {view.say('plan.data', size=size_of(size))}", "dim") if size else text


def _heading(group: Group, level: int, title: Text, open_: _Open, view: View) -> Piece:
    fold = view.glyphs.open if group in open_ else view.glyphs.folded
    text = Text.assemble("  " * level, (f"{fold} ", "dim")).append_text(title)
    return Piece(group, text, 2 * level + _REASON)


def _item(row: Row, level: int, view: View) -> Piece:
    text = Text("  " * (level + 1))
    if row.is_data and row.action == Action.CREATE:
        text.append(f"{view.say('plan.data-sign')} ", "cyan")
    else:
        text.append_text(sign_of(row.action)).append(" ")
    text.append(view.plain(safe(f"{row.type} ")), "dim").append(view.plain(safe(row.key)))
    reason = view.plain(safe(row.reason))
    size = f" {size_of(row.size)}" if row.size else f" ({row.count:,})" if row.count > 1 else ""
    text.append(f"{size}: {reason}", "dim")
    return Piece(("item", row.identity), text, 2 * level + _REASON)
