"""The stages that put the world back, and compare it with what was saved."""

from collections.abc import Generator

from relab.cycle.doing import Doing, Told
from relab.errors import Exit
from relab.events import Event, RestoreFinished, StepFailed
from restore import start
from restore.apply import Applier
from restore.live import Live
from restore.model import Choice, Plan
from restore.plan import Saved, make
from restore.verify import verify
from snapshot.collect.scope import SHARED


def restore(doing: Doing) -> Generator[Event, None, Told]:
    """Plan and do the restore, or go on with the one that was begun."""
    choice = Choice((*doing.profile.tenants, SHARED))
    snapshot = doing.snapshot
    begun = start.unfinished(snapshot, doing.profile.aws.account)
    made = yield from make(doing.vault, snapshot, doing.profile, choice, doing.environ)
    if begun and begun.choice == choice and start.still_fits(begun, made[2]):
        made = (begun, *made[1:])
    start.keep(made[0])
    doing.plan = made[0].id
    failed, end = yield from _applied(doing, made)
    said = tuple(f"not done: {one.identity} ({one.phase}): {one.why}" for one in failed)
    said += tuple(f"blocked: {row.identity}: {row.reason}" for row in made[0].blocked)
    told = f"{end.done} steps done, {end.failed} not"
    facts = {"done": end.done, "failed": end.failed, "blocked": len(made[0].blocked)}
    return Told(not said, (*said, told), facts, Exit.PARTIAL if said else Exit.OK)


def _applied(
    doing: Doing, made: tuple[Plan, Saved, Live]
) -> Generator[Event, None, tuple[list[StepFailed], RestoreFinished]]:
    resumed = start.is_begun(made[0])
    hands = start.hands(doing.vault, doing.snapshot, doing.profile, made)
    failed: list[StepFailed] = []
    try:
        for event in Applier(made[0], hands).run(resumed=resumed):
            yield event
            failed += [event] if isinstance(event, StepFailed) else []
            if isinstance(event, RestoreFinished):
                end = event
        if not failed:
            start.end(hands.journal)
    finally:
        hands.journal.close()
    return failed, end


def prove(doing: Doing) -> Generator[Event, None, Told]:
    """Read all again and compare it with the snapshot, by the ids that the restore has made."""
    plan = start.load(start.folder_of(doing.plan) / "plan.json")
    snapshot, profile = doing.snapshot, doing.profile
    made = yield from make(doing.vault, snapshot, profile, plan.choice, doing.environ)
    hands = start.hands(doing.vault, snapshot, profile, (plan, *made[1:]))
    try:
        report = yield from verify(hands, profile, plan.choice, doing.environ)
        start.end(hands.journal)
    finally:
        hands.journal.close()
    said = tuple(
        f"{one.wrong.value}: {one.identity} {', '.join(one.pointers)}".rstrip()
        for one in report.differences
    )
    said += ("not all of the world could be read",) if report.partial else ()
    told = f"{report.equal} items as they were, {len(report.differences)} not"
    facts = {"equal": report.equal, "different": len(report.differences)}
    return Told(not said, (*said, told), facts, Exit.PARTIAL if said else Exit.OK)
