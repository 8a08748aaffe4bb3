"""`relab restore`: put a snapshot back, and prove it."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from relab.cli.restore_choice import choice as choice_of
from relab.cli.restore_choice import elsewhere, named, tell, tell_name
from relab.cli.restore_removing import agree_to_removals, ask_for_removals, tell_removals
from relab.cli.snapshot.live import Line, follow_save
from relab.cli.snapshot.opened import opened
from relab.clouds import expect_many_objects
from relab.errors import Exit, Refused, UsageError
from relab.events import (
    Differs,
    Event,
    RestoreFinished,
    StepDone,
    StepFailed,
    StepWaits,
    Verified,
    to_json,
)
from relab.text import pad, safe, size_of

if TYPE_CHECKING:
    from profiles.model import Profile
    from restore.live import Live
    from restore.model import Choice, Plan
    from restore.plan import Saved
    from restore.verify import Report
    from snapshot.vault.model import Snapshot
    from snapshot.vault.vault import Vault

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class How:
    """What is to be done with a plan, and how it is told.

    `exact` says that removals were asked for in so many words, as `yes` alone does not.
    """

    plan_only: bool
    graph: bool
    explain: str | None
    report: str | None
    plan_id: str | None
    resume: bool
    verified: bool
    yes: bool
    as_json: bool
    exact: bool

    @property
    def looking(self) -> bool:
        """Whether nothing is to be done."""
        return self.plan_only or self.graph or self.explain is not None


@click.command()
@click.argument("name", metavar="SNAPSHOT", required=False)
@click.option(
    "--tenants", "--tenant", default="all", help="Such as 07, 01..05 or 01,03 (default: all)."
)
@click.option("--as", "targets", help="Clone the one tenant of --tenant under these numbers.")
@click.option("--only", multiple=True, help="Types to restore, such as 's3.*'; repeat for more.")
@click.option("--no-data", is_flag=True, help="Configuration only.")
@click.option(
    "--existing",
    type=click.Choice(["adopt-if-equal", "update", "replace", "skip"]),
    default="adopt-if-equal",
    help="What to do with what is there and differs.",
)
@click.option("--exact", is_flag=True, help="Remove, too, what the snapshot does not have.")
@elsewhere
@click.option("--plan", "plan_only", is_flag=True, help="Show what would be done, and keep it.")
@click.option("--graph", is_flag=True, help="Show what waits for what, as Mermaid; do nothing.")
@click.option("--explain", metavar="ITEM", help="Say what becomes of ITEM and why; do nothing.")
@click.option("--report", "report_file", metavar="FILE", help="Write a report: .html, or JSON.")
@click.option("--apply", "plan_id", help="Do a plan that was kept, by its id.")
@click.option("--resume", is_flag=True, help="Go on with a restore that was not ended.")
@click.option("--unfinished", is_flag=True, help="Tell of the restore that can be gone on with.")
@click.option("--no-verify", is_flag=True, help="Do not read the world again at the end.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="The plan, or events one a line, as JSON.")
@click.pass_context
def command(  # noqa: PLR0913 - one argument an option
    ctx: click.Context,
    /,
    *,
    name: str | None,
    plan_only: bool,
    graph: bool,
    explain: str | None,
    report_file: str | None,
    plan_id: str | None,
    resume: bool,
    unfinished: bool,
    no_verify: bool,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Put SNAPSHOT back: plan, apply, verify.

    What is there and equal is left as it is; nothing is removed without --exact. Exit 3 when
    something could not be restored or is not as it was saved; --resume, or a run again, goes on.
    """
    from profiles.loader import active

    expect_many_objects()
    profile = active(os.environ)
    vault, _, snapshot = opened(named(name, options["golden"]))
    if unfinished:
        _unfinished(snapshot, profile, as_json)
        ctx.exit(Exit.OK)
    choice = choice_of(profile, (vault, snapshot), options)
    how = How(
        plan_only,
        graph,
        explain,
        report_file,
        plan_id,
        resume,
        verified=not no_verify,
        yes=yes,
        as_json=as_json,
        exact=choice.exact,
    )
    perform(ctx, (vault, snapshot, profile), choice, how)


def perform(
    ctx: click.Context, of: "tuple[Vault, Snapshot, Profile]", choice: "Choice", how: How
) -> None:
    """Make a plan for `choice` and look at it, or do it; leave with an exit code."""
    from restore import start

    _, snapshot, profile = of
    if not how.looking:
        ctx.with_resource(start.alone(profile))
    kept = _kept(snapshot, profile, how.plan_id, how.resume)
    if kept is None and not how.looking:
        kept = _begun(snapshot, profile, choice)
    told = _printed if how.as_json and not how.looking else None
    made = _made(of, kept.choice if kept else choice, told)
    if how.looking:
        _look(made, how)
        ctx.exit(Exit.OK)
    if kept is not None:
        made = (_fitting(kept, made, named=how.plan_id is not None), *made[1:])
    _ask(made[0], how)
    ctx.exit(_restore(of, made, how))


def _kept(
    snapshot: "Snapshot", profile: "Profile", plan_id: str | None, resume: bool
) -> "Plan | None":
    """Return the plan that is to be done, when it is one that was kept."""
    from restore import start

    if plan_id:
        if not plan_id.isalnum():
            raise UsageError(f"'{safe(plan_id)}' is no plan", fix="see the id that --plan shows")
        return start.load(start.folder_of(plan_id) / "plan.json")
    if not resume:
        return None
    found = start.unfinished(snapshot, profile.aws.account)
    if found is None:
        raise UsageError(
            f"no restore of {safe(snapshot.name)} is unfinished", fix="run it without --resume"
        )
    return found


def _begun(snapshot: "Snapshot", profile: "Profile", choice: "Choice") -> "Plan | None":
    """Return the plan of a restore of just this that was begun and not ended."""
    from restore import start

    found = start.unfinished(snapshot, profile.aws.account)
    return found if found and found.choice == choice else None


def _unfinished(snapshot: "Snapshot", profile: "Profile", as_json: bool) -> None:
    """Tell of the restore of `snapshot` that can be gone on with: its plan and the steps done."""
    from restore import start
    from restore.model import to_json as plan_json

    plan = start.unfinished(snapshot, profile.aws.account)
    done = start.steps_done(plan) if plan else 0
    if as_json:
        click.echo(json.dumps({"plan": plan and plan_json(plan), "done": done}, ensure_ascii=False))
    elif plan:
        click.echo(safe(f"plan {plan.id} of {plan.made_at}: {done} steps done; go on: --resume"))
    else:
        click.echo(f"no restore of {safe(snapshot.name)} is unfinished", err=True)


def _printed(event: Event) -> None:
    click.echo(json.dumps(to_json(event), ensure_ascii=False))


def _made(
    of: "tuple[Vault, Snapshot, Profile]",
    choice: "Choice",
    told: "Callable[[Event], None] | None",
) -> "tuple[Plan, Saved, Live]":
    from restore.plan import make

    click.echo("reading the world", err=True)
    return follow_save(make(*of, choice, os.environ), told)


def _fitting(kept: "Plan", made: "tuple[Plan, Saved, Live]", *, named: bool) -> "Plan":
    """Return the plan to be done: `kept` when it fits the world that was read, else a new one.

    One that the person has named is never replaced: Refused when it does not fit.
    """
    from restore import start

    if named:
        _compare(kept, made[0])
        return kept
    if not start.still_fits(kept, made[2]):
        click.echo(f"what plan {kept.id} had found is gone: planned anew", err=True)
        return made[0]
    click.echo(f"going on with plan {kept.id}, begun at {kept.made_at}", err=True)
    return kept


def _compare(kept: "Plan", now: "Plan") -> None:
    """Refuse when the world is no longer what the plan was made for."""
    if kept.content != now.content:
        raise Refused("the plan is for another snapshot", where=kept.snapshot, fix="plan again")
    before = {row.identity: row.action for row in kept.items}
    after = {row.identity: row.action for row in now.items}
    moved = [name for name in before if before[name] != after.get(name)]
    if moved:
        raise Refused(
            f"the world has moved since the plan was made: {len(moved)} items, such as {moved[0]}",
            where=kept.id,
            fix=f"plan again: relab restore {kept.snapshot} --plan",
        )


def _look(made: "tuple[Plan, Saved, Live]", how: How) -> None:
    """Show what is asked of a plan: its picture, one item, or all of it."""
    from restore import telling

    plan, saved, live = made
    if how.explain is not None:
        for line in telling.explained(plan, saved, live, telling.find(plan, how.explain)):
            click.echo(safe(line))
    elif how.graph:
        for line in telling.picture(plan, saved, live):
            click.echo(line)
    else:
        _show_plan(plan, how.as_json, keep=True)


def _show_plan(plan: "Plan", as_json: bool, *, keep: bool = False) -> None:
    from restore import start
    from restore.model import Action
    from restore.model import to_json as plan_json

    if keep:
        start.keep(plan)
    tell(plan)
    if as_json:
        click.echo(json.dumps(plan_json(plan), ensure_ascii=False))
        return
    rows = Counter((row.tenant, row.type, row.action) for row in plan.items)
    for (tenant, kind, action), count in sorted(rows.items()):
        click.echo(f"{tenant or '-':<3} {pad(safe(kind), 44)} {action.value:<8} {count:>6}")
    for action in (Action.BLOCKED, Action.UPDATE):
        for row in [row for row in plan.items if row.action is action][:_SHOWN]:
            click.echo(safe(f"{action.value}: {row.identity}: {row.reason}"), err=True)
    tell_removals(plan)
    click.echo(_counts(plan), err=True)
    if keep:
        exact = " --exact" if plan.choice.exact else ""
        words = f"relab restore {plan.snapshot} --apply {plan.id}{exact}"
        click.echo(f"do it with: {words}", err=True)


def _counts(plan: "Plan") -> str:
    told = ", ".join(f"{count} {action.value}" for action, count in sorted(plan.counts.items()))
    data = sum(row.size for row in plan.items)
    return f"plan {plan.id}: {told}; {size_of(data)} of data"


def _ask(plan: "Plan", how: How) -> None:
    if how.yes:
        tell(plan)
        agree_to_removals(plan, how.exact)
        return
    _show_plan(plan, as_json=False)
    if not sys.stdin.isatty():
        raise Refused("a restore changes the world", fix="look at the plan, then add --yes")
    question = f"Restore {plan.snapshot} into account {plan.account}?"
    click.confirm(question, default=False, abort=True, err=True)
    ask_for_removals(plan)


def _restore(
    of: "tuple[Vault, Snapshot, Profile]", made: "tuple[Plan, Saved, Live]", how: How
) -> Exit:
    from pathlib import Path

    from restore import report as reports
    from restore import start
    from restore.apply import Applier
    from restore.verify import verify

    plan = made[0]
    start.keep(plan)
    resumed = start.is_begun(plan)
    hands = start.hands(*of, made)
    try:
        failed, end = _follow(Applier(plan, hands).run(resumed=resumed), how.as_json)
        report: Report | None = None
        if how.verified:
            click.echo("verifying", err=True)
            reading = verify(hands, of[2], plan.choice, os.environ)
            report = follow_save(reading, _printed if how.as_json else None)
            _tell(report, how.as_json)
        if not failed:
            start.end(hands.journal)
        if how.report:
            reports.write(Path(how.report), reports.told(plan, failed, end, report))
    finally:
        hands.journal.close()
    good = not (failed or plan.blocked or (report and (report.differences or report.partial)))
    return Exit.OK if good else Exit.PARTIAL


def _follow(
    events: Iterator[Event], as_json: bool
) -> tuple[list[StepFailed], RestoreFinished | None]:
    """Tell what happens; return what was not done, and how it ended."""
    line, failed, end = Line(sys.stderr), list[StepFailed](), None
    for event in events:
        if as_json:
            _printed(event)
        if isinstance(event, StepFailed):
            failed.append(event)
            line.say(safe(f"not done: {event.identity} ({event.phase}): {event.why}"))
        elif isinstance(event, StepWaits):
            line.say(safe(f"waits {event.left:.0f} s at most: {event.identity}: {event.why}"))
        elif isinstance(event, StepDone):
            if event.note:
                line.say(safe(f"note: {event.identity}: {event.note}"))
            line.write(f"{event.done} done, {event.left} left")
        elif isinstance(event, RestoreFinished):
            end = event
            line.say(f"{event.done} steps done, {event.failed} not, {event.seconds:.1f} s")
    line.clear()
    return failed, end


def _tell(report: "Report", as_json: bool) -> None:
    for old, new in report.renamed:
        tell_name(old, new)
    if as_json:
        for event in _events(report):
            _printed(event)
        return
    for one in report.differences[:_SHOWN]:
        where = f" at {', '.join(one.pointers)}" if one.pointers else ""
        click.echo(safe(f"{one.wrong.value}: {one.identity}{where}"))
    more = len(report.differences) - _SHOWN
    if more > 0:
        click.echo(f"and {more} more (--json lists them)")
    click.echo(f"{report.equal} as they were, {len(report.differences)} not")


def _events(report: "Report") -> Iterator[Event]:
    for one in report.differences:
        values = tuple(asdict(value) for value in one.fields)
        yield Differs(one.identity, one.tenant, one.key, one.wrong.value, one.pointers, values)
    yield Verified(report.equal, len(report.differences), report.partial)
