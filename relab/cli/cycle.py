"""`relab cycle`: save, wipe, restore and prove, as one run that can be gone on with."""

import json
import os
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relab.cli.snapshot.live import Line
from relab.cli.wiping import show, since
from relab.errors import Exit, Refused, UsageError
from relab.events import (
    CheckFinished,
    CycleStarted,
    Event,
    GapMet,
    NukeSaid,
    StageEnded,
    StageStarted,
    StepDone,
    StepFailed,
    UnitSaved,
    to_json,
)
from relab.text import safe

if TYPE_CHECKING:
    from profiles.model import Profile
    from relab.cycle.doing import Doing
    from relab.cycle.model import Book, Stage
    from snapshot.vault.vault import Vault

_WIDTH = 78
# As in `relab.cycle.model.Stage`, which the help of relab does not load.
_STAGES = ("save", "verify", "gate", "wipe", "restore", "prove", "check")


@click.command()
@click.option("--name", help="Name of the snapshot (default: profile, date and time).")
@click.option("--soft", is_flag=True, help="Empty buckets and repositories, and keep them.")
@click.option(
    "--accept-loss", "accepted", multiple=True, metavar="TYPE", help="Let go of TYPE; repeatable."
)
@click.option("--resume", is_flag=True, help="Go on with the newest cycle that did not end.")
@click.option(
    "--cycle",
    "wanted",
    metavar="ID",
    help="With --resume: this cycle with its save, or none.",
)
@click.option("--unfinished", is_flag=True, help="Tell which cycle --resume would go on with.")
@click.option(
    "--until", type=click.Choice(_STAGES), help="Stop after this stage; gate: nothing is wiped."
)
@click.option("--rehearse", metavar="SNAPSHOT", help="Do it on a sandbox loaded from SNAPSHOT.")
@click.option("--report", "report_file", metavar="FILE", help="Write a report: .html, or JSON.")
@click.option("--yes", is_flag=True, help="Do not ask; the alias must still be the profile's.")
@click.option("--json", "as_json", is_flag=True, help="Events as JSON, one a line.")
@click.pass_context
def command(  # noqa: PLR0913 - one argument an option
    ctx: click.Context,
    *,
    name: str | None,
    soft: bool,
    accepted: tuple[str, ...],
    resume: bool,
    wanted: str | None,
    unfinished: bool,
    until: str | None,
    rehearse: str | None,
    report_file: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Save everything, prove the snapshot, wipe the account, restore, compare, check.

    Stops at the first stage that does not end well; --resume goes on from there. Exit 13 when the
    gate refuses the wipe, 3 when something is left or not as it was, 4 when a check failed.
    --until gate ends with 0 when the gate would let the wipe through; --resume looks again.
    """
    from profiles.loader import active
    from relab.cli.means import the_vault
    from relab.cycle import report
    from relab.cycle.doing import Doing
    from relab.cycle.model import Stage
    from relab.cycle.run import follows

    if rehearse:
        ctx.exit(_rehearse(rehearse, report_file, until, as_json=as_json))
    profile, vault = active(os.environ), the_vault()
    if unfinished:
        _tell_unfinished(profile, vault, as_json=as_json)
        return
    book = _book(profile, vault, name, resume=resume, soft=soft, accepted=accepted)
    if wanted and (not resume or book.id != wanted):
        what = f"cycle {wanted} is not the one to be gone on with"
        raise Refused(what, fix="relab cycle --unfinished tells which is")
    last = Stage(until) if until else Stage.CHECK
    if not yes and follows(last, Stage.GATE) and not sys.stdin.isatty():
        raise Refused("a cycle wipes the account", fix="run relab nuke plan first, then add --yes")
    doing = Doing(vault, profile, os.environ, book, exact=bool(wanted))
    try:
        _follow(doing, last, as_json=as_json, yes=yes)
    finally:
        if report_file:
            report.write(Path(report_file), doing.book)
    if not as_json:
        for line in report.lines(doing.book):
            click.echo(line)
    ctx.exit(_concluded(doing.book, last))


def _tell_unfinished(profile: "Profile", vault: "Vault", *, as_json: bool) -> None:
    """Tell which cycle can be gone on with, and what account it is about."""
    from relab.cycle import books, model, report

    found = books.unfinished(profile, vault.where)
    if as_json:
        told = {
            "profile": profile.name,
            "account": profile.aws.account,
            "alias": profile.aws.alias or "",
            "preset": profile.nuke.preset,
            "vault": vault.where,
            "cycle": model.to_json(found) if found else None,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    if found is None:
        click.echo("no cycle is unfinished", err=True)
        return
    click.echo(safe(f"cycle {found.id}: snapshot {found.snapshot}, begun at {found.began}"))
    for line in report.lines(found):
        click.echo(line)


def _book(
    profile: "Profile",
    vault: "Vault",
    name: str | None,
    *,
    resume: bool,
    soft: bool,
    accepted: tuple[str, ...],
) -> "Book":
    """Return the book of the cycle that is to be gone on with, or of a new one."""
    from relab.cli.snapshot.opened import new_name
    from relab.cycle import books

    found = books.unfinished(profile, vault.where)
    if resume:
        if found is None:
            raise UsageError("no cycle is unfinished", fix="run it without --resume")
        return replace(found, accepted=tuple(dict.fromkeys((*found.accepted, *accepted))))
    if found and found.has_wiped:
        what = f"the cycle {found.id} has begun to wipe and did not end"
        raise UsageError(what, fix="go on with --resume, or restore its snapshot")
    book = books.begin(profile, vault.where, new_name(name) if name else "")
    _check_new(vault, book.snapshot)
    return replace(book, soft=soft or profile.nuke.preset == "soft", accepted=accepted)


def _check_new(vault: "Vault", name: str) -> None:
    """Refuse a name that stands: a new cycle wipes only what it has saved itself."""
    reader = vault.reader()
    if any(one.name == name for one in (*reader.snapshots(), *reader.unfinished())):
        what = f"there is a snapshot {safe(name)} already, and a cycle saves anew"
        raise UsageError(what, where="--name", fix="choose another name")


def _follow(doing: "Doing", last: "Stage", *, as_json: bool, yes: bool) -> None:
    """Drive the run: show each event, and ask when the gate has let the wipe through."""
    from relab.cycle.model import Stage
    from relab.cycle.run import follows, run

    line, events = Line(sys.stderr), run(doing, last)
    asks = not yes and follows(last, Stage.GATE)
    try:
        for event in events:
            if as_json:
                click.echo(json.dumps(to_json(event), ensure_ascii=False))
            _show(event, line)
            if isinstance(event, StageEnded) and event.stage == "gate" and event.done and asks:
                line.clear()
                _ask(doing)
    finally:
        line.clear()
        _close(events)


def _close(events: Generator[Event, None, "Book"]) -> None:
    events.close()


def _show(event: Event, line: Line) -> None:
    if isinstance(event, CycleStarted):
        line.say(safe(f"cycle {event.cycle}: snapshot {event.snapshot}"))
    elif isinstance(event, StageStarted):
        line.say(f"{event.stage}: begins")
    elif isinstance(event, StageEnded):
        told = event.said[:1] if not event.done else event.said[-1:]
        line.say(safe(f"{event.stage}: {'done' if event.done else 'stopped'}: {' '.join(told)}"))
    elif isinstance(event, GapMet):
        line.say(safe(f"{event.state}: {event.type}: {event.detail}"))
    elif isinstance(event, StepFailed):
        line.say(safe(f"not done: {event.identity}: {event.why}"))
    else:
        line.write(safe(_passing(event))[:_WIDTH])


def _passing(event: Event) -> str:
    """Return what stands on the line until the next event comes."""
    if isinstance(event, UnitSaved):
        return f"{event.done} read, {event.left} left"
    if isinstance(event, StepDone):
        return f"{event.done} done, {event.left} left"
    if isinstance(event, NukeSaid):
        return f"aws-nuke: {event.state} {event.type} {event.name} {event.text}"
    if isinstance(event, CheckFinished):
        return f"{event.check} of tenant {event.tenant}: {event.verdict.value}"
    return ""


def _ask(doing: "Doing") -> None:
    """Show the gate's proof, and let the person type the account's alias."""
    if doing.look is None:
        return
    show(doing.look.facts.forecast, ())
    alias, account = str(doing.profile.aws.alias), doing.profile.aws.account
    since(doing.snapshot, "after 15 minutes of waiting it is saved anew")
    question = f"Type the alias of account {account} to wipe it"
    if click.prompt(question, err=True, default="", show_default=False) != alias:
        what = "that is not its alias; nothing was wiped"
        raise Refused(what, where="gate", fix="go on with: relab cycle --resume")


def _concluded(book: "Book", last: "Stage") -> Exit:
    from relab.cycle.model import Stage

    if book.next is not None:
        click.echo("go on with: relab cycle --resume", err=True)
    asked = last is not Stage.CHECK and not book.is_stopped
    return Exit.OK if asked else book.code


def _rehearse(name: str, report_file: str | None, until: str | None, *, as_json: bool) -> Exit:
    from relab.cli.means import the_vault
    from relab.cycle.rehearse import rehearse
    from snapshot.showing import find

    vault = the_vault()
    find(vault, name)
    words = ["--json"] if as_json else []
    words += ["--until", until] if until else []
    if report_file:
        words += ["--report", str(Path(report_file).absolute())]
    return Exit(rehearse(name, os.environ, words, lambda text: click.echo(safe(text), err=True)))
