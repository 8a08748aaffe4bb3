"""What a person is told of removals, and how they are asked for: apart from all else."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from relab.errors import Refused
from relab.text import safe

if TYPE_CHECKING:
    from restore.model import Plan

WORD = "remove"
_SHOWN = 20


def tell_removals(plan: "Plan") -> None:
    """Say what goes and why, and of what the snapshot lacks what stays nevertheless."""
    from restore.model import Action

    if not plan.choice.exact:
        return
    going = [row for row in plan.items if row.action is Action.REMOVE]
    staying = [row for row in plan.items if row.action is Action.SKIP and row.extra]
    for row in going[:_SHOWN]:
        count = f" ({row.count})" if row.count > 1 else ""
        click.echo(safe(f"remove: {row.identity}{count}: {row.reason}"), err=True)
    if going[_SHOWN:]:
        click.echo(f"and {len(going) - _SHOWN} more to remove (--plan --json lists them)", err=True)
    alike = Counter((row.type, row.reason) for row in staying)
    for (kind, why), number in sorted(alike.items())[:_SHOWN]:
        click.echo(safe(f"{number} {kind}: {why}"), err=True)


def agree_to_removals(plan: "Plan", exact: bool) -> None:
    """Refuse removals that `--yes` alone would do: they are asked for with `--exact` beside it."""
    if plan.removals and not exact:
        raise Refused(
            f"the plan removes {plan.removals} things",
            where=plan.id,
            fix="look at it (--plan), then say --exact beside --yes",
        )


def ask_for_removals(plan: "Plan") -> None:
    """Let the person type how many things go; Abort for anything else."""
    if not plan.removals:
        return
    told = f"It removes {plan.removals} things that the snapshot does not have."
    click.echo(told, err=True)
    question = f"Type {plan.removals}, or the word {WORD}, to go on"
    answer = click.prompt(question, default="", show_default=False, err=True)
    if answer.strip() not in (str(plan.removals), WORD):
        raise click.Abort
