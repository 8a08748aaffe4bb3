"""A cycle as events: each stage that is not done yet, in order, until one cannot be.

book = yield from run(Doing(vault, profile, environ, book))
"""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from relab.cycle import books, waiting
from relab.cycle.back import prove, restore
from relab.cycle.doing import Doing, Told
from relab.cycle.model import Book, Ended, Stage
from relab.cycle.proof import check, gate, save, verify, wipe
from relab.errors import Refused, RelabError
from relab.events import CycleFinished, CycleStarted, Event, StageEnded, StageStarted
from restore import start

# How often a cycle writes down that it is at work, in seconds: a kill is dated by that.
_BEAT = 20.0
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

    A save that has waited too long, or is partial, is made anew before anything else is done;
    Refused where the run is to wipe with that very save, or when it waits too long within the run.
    """
    with start.alone(doing.profile):
        _go_on(doing, until)
        books.keep(doing.book)
        yield CycleStarted(doing.book.id, doing.book.snapshot, doing.book.account, _now())
        while (stage := _next(doing)) and not follows(stage, until):
            if stage is Stage.WIPE:
                waiting.check(doing.book, _moment())
            ended = yield from _stage(doing, stage)
            if not ended.done:
                break
        yield CycleFinished(doing.book.id, doing.book.next is None, _now())
        return doing.book


def _go_on(doing: Doing, until: Stage) -> None:
    now = _moment()
    doing.anew = waiting.why_anew(doing.book, doing.vault, now)
    if not doing.anew:
        doing.book = waiting.gone_on(doing.book, doing.vault, now)
        return
    if doing.exact and follows(until, Stage.GATE):
        raise Refused(doing.anew, where="cycle", fix="save anew: relab cycle --resume --until gate")
    doing.book = waiting.at_work(waiting.anew(doing.book, doing.vault), now)
    doing.plan = ""


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
        told = yield from _at_work(doing, STAGES[stage](doing))
    except RelabError as error:
        told = Told(done=False, said=(str(error),), code=error.exit_code)
        _write(doing, stage, told, began)
        raise
    ended = _write(doing, stage, told, began)
    yield StageEnded(doing.book.id, stage.value, told.done, told.said, told.facts, ended.seconds)
    return ended


def _at_work(doing: Doing, events: Generator[Event, None, Told]) -> Generator[Event, None, Told]:
    """Yield `events`, and write down now and then that the cycle is at work."""
    written = time.monotonic()
    with closing(events):
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                told: Told = end.value
                return told
            if time.monotonic() - written > _BEAT:
                written = time.monotonic()
                doing.book = waiting.at_work(doing.book, _moment())
                books.keep(doing.book)
            yield event


def _write(doing: Doing, stage: Stage, told: Told, began: float) -> Ended:
    seconds = round(time.monotonic() - began, 1)
    ended = Ended(stage, told.done, told.said, told.facts, seconds, _now(), told.code)
    book = replace(doing.book.after(ended), plan=doing.plan)
    doing.book = waiting.at_work(book, _moment())
    books.keep(doing.book)
    return ended


def _moment() -> datetime:
    return datetime.now(UTC)


def _now() -> str:
    return _moment().isoformat(timespec="seconds")
