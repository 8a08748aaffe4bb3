"""What the restore screen draws of its state: header, tabs, status, and each page."""

from collections.abc import Hashable, Sequence

from rich.text import Text

from relab.text import safe
from tui import figures
from tui.restore_moves import Page
from tui.restore_run import Run
from tui.restore_state import Group, Restore
from tui.view import UNKNOWN, View
from tui.widgets import drawn, restore_plan, restore_progress, restore_result
from tui.widgets.drawn import Drawn, Pages
from tui.widgets.snapshot_contents import tenant_name
from tui.widgets.snapshot_rows import Source, Texts

_GROUPS = frozenset({"removed", "blocked", "lost", "flags", "of", "diff"})


def _plan_key(state: Restore, now: float) -> object:
    reading = int(now) if state.planning is not None else 0
    plans = (state.shown and state.shown.id, state.waits is None, state.run is None)
    return (plans, state.trouble, reading, state.tenant, state.unfolded, state.is_running)


def _plan(state: Restore, now: float, view: View) -> Source:
    if state.shown:
        return restore_plan.tree(state, state.shown, view)
    if state.trouble:
        return Texts([Text(view.say("plan.unread"), "dim")])
    if state.planning is None:
        return Texts([Text(view.say("vault.asking"), "dim")])
    time = figures.duration(now - state.planning)
    return Texts([Text(view.say("plan.reading", time=time), "cyan")])


def _progress_key(state: Restore, now: float) -> object:
    run = state.run
    if run is None:
        return None
    return (
        run.began,
        run.stage,
        run.stopping,
        run.done,
        run.failed,
        run.read,
        run.code,
        _ticks(run, now),
    )


def _ticks(run: Run, now: float) -> int:
    return int(now) if run.is_running else 0


def _progress(state: Restore, now: float, view: View) -> Source:
    return restore_progress.rows(state, now, view)


def _result_key(state: Restore, _: float) -> object:
    run = state.run
    told = run and (run.began, run.verified, run.code, run.checking, run.checks, run.unchecked)
    return (told, state.tenant, state.unfolded)


def _result(state: Restore, _: float, view: View) -> Source:
    return restore_result.result(state, view)


def head(state: Restore, view: View) -> Text:
    """Return the top line: what is restored, into which account of which profile."""
    plan = state.shown
    account = safe(plan.account if plan else view.state.values.get("account", UNKNOWN))
    profile = safe(plan.profile if plan else view.state.environment)
    into = view.say("restore.into", account=account, profile=profile)
    text = Text(no_wrap=True, overflow=view.overflow)
    text.append(f"{view.say('restore.title')} ", "bold")
    text.append(view.plain(safe(state.snapshot)), "bold")
    return text.append(f"{view.glyphs.between}{view.plain(into)}")


def restoring(state: Restore, view: View) -> Text:
    """Return how far the restore is that runs beside another screen; empty when none does."""
    run = state.run
    if run is None or not run.is_running:
        return Text("")
    words = view.say("vault.restoring-now", done=f"{run.done:,}", steps=f"{run.steps:,}")
    return Text(f"{view.glyphs.between}{view.glyphs.asking} {words}", "cyan")


def tabs(state: Restore, view: View) -> Text:
    """Return the names of the pages, the shown one marked; and whose things are shown."""
    line = drawn.tabs(list(Page), state.page, "page", "restore.page-", view)
    if state.tenant is not None:
        whose = view.say("vault.only", whose=tenant_name(state.tenant, view))
        line.append(f"{view.glyphs.between}{whose}", "dim")
    return line


def group(key: Hashable) -> Group:
    """Return the group that is opened and closed at a row; empty for none."""
    if not isinstance(key, tuple) or not key or key[0] not in _GROUPS:
        return ()
    return tuple(map(str, key[:5])) if key[0] == "diff" else tuple(map(str, key))


def tenants(state: Restore, view: View) -> Sequence[tuple[str, str]]:
    """Return the tenants of the plan and what people call them."""
    plan = state.shown
    found = sorted({row.tenant for row in plan.items}) if plan else []
    return [(tenant, tenant_name(tenant, view)) for tenant in found]


PAGES = Pages(
    head,
    tabs,
    group,
    {
        Page.PLAN: Drawn(_plan_key, _plan),
        Page.PROGRESS: Drawn(_progress_key, _progress),
        Page.RESULT: Drawn(_result_key, _result),
    },
)
