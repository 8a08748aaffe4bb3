"""`relab snapshot prune`: forget snapshots by rule."""

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from relab.cli.asking import ask_first
from relab.cli.means import the_vault
from relab.text import size_of

if TYPE_CHECKING:
    from snapshot.vault.prune import Pruned

_AGE = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


class Age(click.ParamType[timedelta]):
    """A length of time, such as `36h`, `30d` or `8w`."""

    name = "age"

    def convert(self, value: Any, param: Any, ctx: Any) -> timedelta:
        """Return the timedelta."""
        if isinstance(value, timedelta):
            return value
        found = _AGE.fullmatch(value)
        if not found:
            self.fail(f"'{value}' is no age such as 36h, 30d or 8w", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


@click.command()
@click.option("--keep-last", type=click.IntRange(0), default=0, help="Keep so many, the newest.")
@click.option(
    "--keep-within", type=Age(), default=timedelta(0), help="Keep the younger, such as 30d."
)
@click.option(
    "--keep-per-cohort", type=click.IntRange(0), default=0, help="Keep so many of each cohort."
)
@click.option("--dry-run", is_flag=True, help="Only tell what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(
    *,
    keep_last: int,
    keep_within: timedelta,
    keep_per_cohort: int,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove snapshots that no rule keeps, and data that nothing names any more.

    Pinned ones, and the newest that was verified, always stay. stdout names what goes.
    """
    from snapshot.showing import unharmed
    from snapshot.vault.prune import Keep

    vault = the_vault()
    keep = Keep(keep_last, keep_within, keep_per_cohort)
    with unharmed(vault.where):
        plan = vault.prune(keep, dry_run=True)
    if not dry_run and (plan.snapshots or plan.blobs):
        if not yes:
            click.echo(f"{_told(plan)} would go: {', '.join(plan.snapshots) or '-'}", err=True)
        ask_first("Remove them for good?", yes=yes)
        plan = vault.prune(keep)
    _conclude(plan, dry_run, as_json)


def _told(plan: "Pruned") -> str:
    return f"{len(plan.snapshots)} snapshots, {plan.blobs} blobs of {size_of(plan.bytes)}"


def _conclude(plan: "Pruned", dry_run: bool, as_json: bool) -> None:
    if as_json:
        row = {"snapshots": list(plan.snapshots), "blobs": plan.blobs, "bytes": plan.bytes}
        click.echo(json.dumps(row | {"removed": not dry_run}, ensure_ascii=False))
        return
    for name in plan.snapshots:
        click.echo(name)
    click.echo(f"{_told(plan)} {'would go' if dry_run else 'removed'}", err=True)
