"""What the restore screen knows, as a pure reduction of its moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tui import restore_run
from tui.restore_model import Plan, Unfinished
from tui.restore_moves import (
    ChecksAsked,
    ChecksNotTold,
    ChecksTold,
    Looked,
    Move,
    NotTold,
    Order,
    Page,
    PageShown,
    PlanAsked,
    PlanTold,
    RunAsked,
    RunEnded,
    StopAsked,
    UnfinishedTold,
)
from tui.restore_run import Run
from tui.vault_moves import Folded, Heard, Narrowed

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restore:
    """All that is known of restoring `snapshot`, and what the person looks at.

    `planning` is since when the world is read; `unfinished` is None until relab has told.
    """

    snapshot: str = ""
    order: Order = field(default_factory=Order)
    unfinished: Unfinished | None = None
    planning: float | None = None
    plan: Plan | None = None
    trouble: NotTold | None = None
    run: Run | None = None
    page: Page = Page.PLAN
    tenant: str | None = None
    unfolded: frozenset[Group] = frozenset()

    @property
    def is_running(self) -> bool:
        """Tell whether a restore is under way here."""
        return self.run is not None and self.run.is_running

    @property
    def waits(self) -> Plan | None:
        """Return the plan of the restore that can be gone on with; None when there is none."""
        if self.run and self.run.is_resumable and self.plan in (None, self.run.plan):
            return self.run.plan
        return self.unfinished.plan if self.unfinished and self.plan is None else None

    @property
    def shown(self) -> Plan | None:
        """Return the plan that is shown: one made here, else the one to be gone on with."""
        return self.plan or self.waits


def _looked(state: Restore, move: Looked) -> Restore:
    if state.is_running or (state.snapshot == move.snapshot and state.run):
        return state
    return Restore(move.snapshot)


def _unfinished(state: Restore, move: UnfinishedTold) -> Restore:
    return replace(state, unfinished=move.found, trouble=None)


def _plan_asked(state: Restore, move: PlanAsked) -> Restore:
    kept = replace(state, order=move.order, planning=move.at, plan=None, trouble=None)
    return replace(kept, page=Page.PLAN, unfolded=frozenset())


def _plan_told(state: Restore, move: PlanTold) -> Restore:
    return replace(state, plan=move.plan, planning=None)


def _not_told(state: Restore, move: NotTold) -> Restore:
    return replace(state, trouble=move, planning=None)


def _run_asked(state: Restore, move: RunAsked) -> Restore:
    run = restore_run.begun(move)
    return replace(state, run=run, plan=move.plan, page=Page.PROGRESS, trouble=None)


def _heard(state: Restore, move: Heard) -> Restore:
    return replace(state, run=state.run and restore_run.heard(state.run, move))


def _stop_asked(state: Restore, _: StopAsked) -> Restore:
    return replace(state, run=state.run and replace(state.run, stopping=True))


def _run_ended(state: Restore, move: RunEnded) -> Restore:
    run = state.run and restore_run.ended(state.run, move)
    page = Page.RESULT if run and run.verified else state.page
    return replace(state, run=run, page=page)


def _checks_asked(state: Restore, _: ChecksAsked) -> Restore:
    return replace(state, run=state.run and replace(state.run, checking=True))


def _checks_told(state: Restore, move: ChecksTold) -> Restore:
    run = state.run and replace(state.run, checking=False, checks=move.checks)
    return replace(state, run=run)


def _checks_not_told(state: Restore, move: ChecksNotTold) -> Restore:
    run = state.run and replace(state.run, checking=False, unchecked=move)
    return replace(state, run=run)


def _page(state: Restore, move: PageShown) -> Restore:
    return replace(state, page=move.page)


def _narrowed(state: Restore, move: Narrowed) -> Restore:
    return replace(state, tenant=move.tenant)


def _folded(state: Restore, move: Folded) -> Restore:
    return replace(state, unfolded=state.unfolded ^ {move.group})


_REDUCERS: Mapping[type, Callable[[Restore, Any], Restore]] = {
    Looked: _looked,
    UnfinishedTold: _unfinished,
    PlanAsked: _plan_asked,
    PlanTold: _plan_told,
    NotTold: _not_told,
    RunAsked: _run_asked,
    Heard: _heard,
    StopAsked: _stop_asked,
    RunEnded: _run_ended,
    ChecksAsked: _checks_asked,
    ChecksTold: _checks_told,
    ChecksNotTold: _checks_not_told,
    PageShown: _page,
    Narrowed: _narrowed,
    Folded: _folded,
}


def reduce(state: Restore, move: Move) -> Restore:
    """Return `state` after `move`."""
    return _REDUCERS[type(move)](state, move)
