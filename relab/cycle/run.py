"""A cycle as events: each stage that is not done yet, in order, until one cannot be.

book = yield from run(Doing(vault, profile, environ, book))
"""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from relab.cycle import books
from relab.cycle.back import prove, restore
from relab.cycle.doing import Doing, Told
from relab.cycle.model import Book, Ended, Stage
from relab.cycle.proof import check, gate, save, verify, wipe
from relab.errors import RelabError
from relab.events import CycleFinished, CycleStarted, Event, StageEnded, StageStarted
from restore import start

Do = Callable[[Doing], Generator[Event, None, Told]]
STAGES: Mapping[Stage, Do] = {
    Stage.SAVE: save,
    Stage.VERIFY: verify,
    Stage.GATE: gate,
    Stage.WIPE: wipe,
    Stage.RESTORE: restore,
    Stage.PROVE: prove,
    Stage.CHECK: check,
}


def run(doing: Doing, until: Stage = Stage.CHECK) -> Generator[Event, None, Book]:
    """Do what is left of the cycle `doing.book`; yield events and return its book at the end.

    `until` is the last stage to be done: up to the gate, nothing of the world is changed. A stage
    that ends badly ends the run; it is tried again when the cycle is gone on with. What a stage
    raises is written down as its end and raised on. Locked while another restores there.
    """
    with start.alone(doing.profile):
        books.keep(doing.book)
        yield CycleStarted(doing.book.id, doing.book.snapshot, doing.book.account, _now())
        while (stage := _next(doing)) and not follows(stage, until):
            ended = yield from _stage(doing, stage)
            if not ended.done:
                break
        yield CycleFinished(doing.book.id, doing.book.next is None, _now())
        return doing.book


def follows(stage: Stage, other: Stage) -> bool:
    """Tell whether `stage` comes after `other`."""
    order = list(Stage)
    return order.index(stage) > order.index(other)


def _next(doing: Doing) -> Stage | None:
    # A permit to wipe is not kept: a later run asks the gate again.
    again = doing.book.next is Stage.WIPE and doing.permit is None
    return Stage.GATE if again else doing.book.next


def _stage(doing: Doing, stage: Stage) -> Generator[Event, None, Ended]:
    if stage is Stage.WIPE:
        doing.book = replace(doing.book, wiping=True)
        books.keep(doing.book)
    yield StageStarted(doing.book.id, stage.value, _now())
    began = time.monotonic()
    try:
        told = yield from STAGES[stage](doing)
    except RelabError as error:
        told = Told(done=False, said=(str(error),), code=error.exit_code)
        _write(doing, stage, told, began)
        raise
    ended = _write(doing, stage, told, began)
    yield StageEnded(doing.book.id, stage.value, told.done, told.said, told.facts, ended.seconds)
    return ended


def _write(doing: Doing, stage: Stage, told: Told, began: float) -> Ended:
    seconds = round(time.monotonic() - began, 1)
    ended = Ended(stage, told.done, told.said, told.facts, seconds, _now(), told.code)
    doing.book = replace(doing.book.after(ended), plan=doing.plan)
    books.keep(doing.book)
    return ended


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
