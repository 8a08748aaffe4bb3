"""`relab cycle`: save, wipe, restore and prove, as one run that can be gone on with."""

import json
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relab.cli.snapshot.live import Line
from relab.cli.wiping import show
from relab.errors import Exit, Refused, UsageError
from relab.events import (
    CheckFinished,
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
    from relab.cycle.model import Book
    from snapshot.vault.vault import Vault

_WIDTH = 78


@click.command()
@click.option("--name", help="Name of the snapshot (default: profile, date and time).")
@click.option("--soft", is_flag=True, help="Empty buckets and repositories, and keep them.")
@click.option(
    "--accept-loss", "accepted", multiple=True, metavar="TYPE", help="Let go of TYPE; repeatable."
)
@click.option("--resume", is_flag=True, help="Go on with the newest cycle that did not end.")
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
    rehearse: str | None,
    report_file: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Save everything, prove the snapshot, wipe the account, restore, compare, check.

    Stops at the first stage that does not end well; --resume goes on from there. Exit 13 when the
    gate refuses the wipe, 3 when something is left or not as it was, 4 when a check failed.
    """
    from profiles.loader import active
    from relab.cli.means import the_vault
    from relab.cycle import report
    from relab.cycle.doing import Doing

    if rehearse:
        ctx.exit(_rehearse(rehearse, report_file, as_json=as_json))
    profile, vault = active(os.environ), the_vault()
    book = _book(profile, vault, name, resume=resume, soft=soft, accepted=accepted)
    if not yes and not sys.stdin.isatty():
        raise Refused("a cycle wipes the account", fix="run relab nuke plan first, then add --yes")
    doing = Doing(vault, profile, os.environ, book)
    try:
        _follow(doing, as_json=as_json, yes=yes)
    finally:
        if report_file:
            report.write(Path(report_file), doing.book)
    if not as_json:
        for line in report.lines(doing.book):
            click.echo(line)
    ctx.exit(_concluded(doing.book))


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
    from dataclasses import replace

    from relab.cli.snapshot.opened import new_name
    from relab.cycle import books

    found = books.unfinished(profile, vault.where)
    if resume:
        if found is None:
            raise UsageError("no cycle is unfinished", fix="run it without --resume")
        return found
    if found and any(one.stage.value == "wipe" for one in found.stages):
        what = f"the cycle {found.id} has begun to wipe and did not end"
        raise UsageError(what, fix="go on with --resume, or restore its snapshot")
    book = books.begin(profile, vault.where, new_name(name) if name else "")
    return replace(book, soft=soft or profile.nuke.preset == "soft", accepted=accepted)


def _follow(doing: "Doing", *, as_json: bool, yes: bool) -> None:
    """Drive the run: show each event, and ask when the gate has let the wipe through."""
    from relab.cycle.run import run

    line, events = Line(sys.stderr), run(doing)
    try:
        for event in events:
            if as_json:
                click.echo(json.dumps(to_json(event), ensure_ascii=False))
            _show(event, line)
            if isinstance(event, StageEnded) and event.stage == "gate" and event.done and not yes:
                line.clear()
                _ask(doing)
    finally:
        line.clear()
        _close(events)


def _close(events: Generator[Event, None, "Book"]) -> None:
    events.close()


def _show(event: Event, line: Line) -> None:
    if isinstance(event, StageStarted):
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
    question = f"Type the alias of account {account} to wipe it"
    if click.prompt(question, err=True, default="", show_default=False) != alias:
        what = "that is not its alias; nothing was wiped"
        raise Refused(what, where="gate", fix="go on with: relab cycle --resume")


def _concluded(book: "Book") -> Exit:
    if book.next is not None:
        click.echo("go on with: relab cycle --resume", err=True)
    return book.code


def _rehearse(name: str, report_file: str | None, *, as_json: bool) -> Exit:
    from relab.cli.means import the_vault
    from relab.cycle.rehearse import rehearse
    from snapshot.showing import find

    vault = the_vault()
    find(vault, name)
    words = ["--json"] if as_json else []
    if report_file:
        words += ["--report", str(Path(report_file).absolute())]
    return Exit(rehearse(name, os.environ, words, lambda text: click.echo(safe(text), err=True)))
