"""What the cycle's screen knows, as a pure reduction of its moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from relab.cycle.model import PATIENCE, Stage
from relab.errors import Exit
from tui import cycle_run
from tui.cycle_model import Known, Proof
from tui.cycle_moves import (
    KnownTold,
    Looked,
    Move,
    Page,
    PageShown,
    ProofNotTold,
    ProofTold,
    RunAsked,
    Way,
)
from tui.cycle_run import Run, Told
from tui.restore_moves import NotTold, RunEnded, StopAsked
from tui.vault_moves import Folded, Heard

Group = tuple[str, ...]
_UP_TO_GATE = frozenset({Stage.SAVE, Stage.VERIFY, Stage.GATE, Stage.WIPE})


class Offer(StrEnum):
    """What can be done next: nothing, begin, go on up to the gate, wipe, or go on to the end."""

    NONE = "none"
    BEGIN = "begin"
    GATE = "gate"
    WIPE = "wipe"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Cycle:
    """All that is known of the cycle, and what the person looks at.

    `known` is None until relab has told; `unread` is why there is no proof though the gate looked.
    """

    known: Known | None = None
    trouble: NotTold | None = None
    run: Run | None = None
    proof: Proof | None = None
    unread: str = ""
    page: Page = Page.STAGES
    unfolded: frozenset[Group] = frozenset()

    @property
    def is_running(self) -> bool:
        """Tell whether a cycle is under way here."""
        return self.run is not None and self.run.is_running

    @property
    def ends(self) -> Told:
        """Return how the stages ended: here, else in the cycle that can be gone on with."""
        return (
            self.run.ends
            if self.run
            else cycle_run.ends_of(self.known.book if self.known else None)
        )

    @property
    def cycle(self) -> str:
        """Return the id of the cycle that is shown; empty for none."""
        book = self.known.book if self.known else None
        return self.run.cycle if self.run else book.id if book else ""

    @property
    def snapshot(self) -> str:
        """Return the name of its snapshot; empty while there is none."""
        book = self.known.book if self.known else None
        return self.run.snapshot if self.run else book.snapshot if book else ""

    @property
    def next(self) -> Stage | None:
        """Return the stage that is to be done; None when all are, or when there is no cycle."""
        return cycle_run.to_do(self.ends) if self.cycle else None

    @property
    def has_wiped(self) -> bool:
        """Tell whether some of the account may be gone, and is not proved to be back."""
        book = self.known.book if self.known else None
        return Stage.WIPE in self.ends or bool(book and book.has_wiped)

    @property
    def is_proved(self) -> bool:
        """Tell whether the gate has just let the wipe through, and its proof is here."""
        run = self.run
        passed = run is not None and run.way is not Way.END and run.code == Exit.OK
        return passed and self.next is Stage.WIPE and self.proof is not None

    def is_late(self, now: float) -> bool:
        """Tell whether the proof was read for so long, by `now`, that its save is no good for it.

        What pods wrote meanwhile is not in it.
        """
        read = now - self.run.ended if self.run and self.is_proved else 0.0
        return read > PATIENCE.total_seconds()

    @property
    def offer(self) -> Offer:
        """Return what can be done next."""
        if self.known is None or self.is_running:
            return Offer.NONE
        if self.next is None:
            return Offer.BEGIN
        if self.is_proved:
            return Offer.WIPE
        return Offer.GATE if self.next in _UP_TO_GATE else Offer.REST


def _looked(state: Cycle, _: Looked) -> Cycle:
    return state if state.is_running else Cycle(unfolded=state.unfolded)


def _known(state: Cycle, move: KnownTold) -> Cycle:
    return replace(state, known=move.known, trouble=None)


def _not_told(state: Cycle, move: NotTold) -> Cycle:
    return replace(state, trouble=move)


def _run_asked(state: Cycle, move: RunAsked) -> Cycle:
    new = move.way is Way.BEGIN
    ends, snapshot = ({}, move.order.name) if new else (state.ends, state.snapshot)
    run = cycle_run.begun(move, ends, snapshot)
    proof = state.proof if move.way is Way.END else None
    return replace(state, run=run, proof=proof, unread="", page=Page.STAGES, trouble=None)


def _heard(state: Cycle, move: Heard) -> Cycle:
    return replace(state, run=state.run and cycle_run.heard(state.run, move))


def _proof(state: Cycle, move: ProofTold) -> Cycle:
    return replace(state, proof=move.proof, unread="")


def _no_proof(state: Cycle, move: ProofNotTold) -> Cycle:
    return replace(state, proof=None, unread=move.words)


def _stop_asked(state: Cycle, _: StopAsked) -> Cycle:
    return replace(state, run=state.run and replace(state.run, stopping=True))


def _run_ended(state: Cycle, move: RunEnded) -> Cycle:
    run = state.run and cycle_run.ended(state.run, move)
    return replace(state, run=run, page=_after(run, state.page))


def _after(run: Run | None, page: Page) -> Page:
    """Return the page that tells what the person needs to know when a run has ended."""
    if run is None or run.was_cancelled:
        return page
    if run.finished:
        return Page.REPORT
    at_gate = run.next is Stage.WIPE and run.way is not Way.END and run.code == Exit.OK
    refused = run.next is Stage.GATE and Stage.GATE in run.ends and run.code == Exit.REFUSED
    return Page.PROOF if at_gate or refused else page


def _page(state: Cycle, move: PageShown) -> Cycle:
    return replace(state, page=move.page)


def _folded(state: Cycle, move: Folded) -> Cycle:
    return replace(state, unfolded=state.unfolded ^ {move.group})


_REDUCERS: Mapping[type, Callable[[Cycle, Any], Cycle]] = {
    Looked: _looked,
    KnownTold: _known,
    NotTold: _not_told,
    RunAsked: _run_asked,
    Heard: _heard,
    ProofTold: _proof,
    ProofNotTold: _no_proof,
    StopAsked: _stop_asked,
    RunEnded: _run_ended,
    PageShown: _page,
    Folded: _folded,
}


def reduce(state: Cycle, move: Move) -> Cycle:
    """Return `state` after `move`."""
    return _REDUCERS[type(move)](state, move)
