"""`relab reset`: bring one tenant back to a baseline, and take away what is more."""

import os
from typing import TYPE_CHECKING

import click

from relab.cli.restore import How, perform
from relab.errors import UsageError
from relab.text import safe

if TYPE_CHECKING:
    from snapshot.vault.model import Snapshot
    from snapshot.vault.vault import Vault


@click.command()
@click.option("--tenant", required=True, help="Whose things: one number, such as 07.")
@click.option("--to", "name", metavar="SNAPSHOT", help="The baseline (default: the newest pinned).")
@click.option("--no-data", is_flag=True, help="Configuration only.")
@click.option("--plan", "plan_only", is_flag=True, help="Show what would be done, and keep it.")
@click.option("--explain", metavar="ITEM", help="Say what becomes of ITEM and why; do nothing.")
@click.option("--report", metavar="FILE", help="Write a report: .html, or JSON.")
@click.option("--no-verify", is_flag=True, help="Do not read the world again at the end.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="The plan, or events one a line, as JSON.")
@click.pass_context
def command(  # noqa: PLR0913 - one argument an option
    ctx: click.Context,
    /,
    *,
    tenant: str,
    name: str | None,
    no_data: bool,
    plan_only: bool,
    explain: str | None,
    report: str | None,
    no_verify: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make a tenant what it was in a baseline: restore what changed or went, remove what came.

    The baseline is the newest pinned complete snapshot that holds the tenant, else the newest
    complete one. Nobody else's things are touched. Ended early, a run again goes on.
    """
    from profiles.loader import active
    from profiles.naming import tenant_number
    from relab.cli.means import the_vault
    from restore.model import Choice, Existing

    profile = active(os.environ)
    number = tenant_number(profile, tenant)
    vault = the_vault()
    snapshot = baseline(vault, number, name)
    click.echo(safe(f"tenant {number} back to {snapshot.name}, {_told(snapshot)}"), err=True)
    choice = Choice((number,), (), Existing.UPDATE, data=not no_data, exact=True)
    how = How(
        plan_only,
        graph=False,
        explain=explain,
        report=report,
        plan_id=None,
        resume=False,
        verified=not no_verify,
        yes=yes,
        as_json=as_json,
        exact=True,
    )
    perform(ctx, (vault, snapshot, profile), choice, how)


def baseline(vault: "Vault", tenant: str, name: str | None) -> "Snapshot":
    """Return the snapshot called `name`, or the one to take; UsageError when it has no `tenant`."""
    from snapshot.showing import find
    from snapshot.vault.model import State

    if name:
        found = [find(vault, name)]
    else:
        every = [one for one in vault.reader().snapshots() if one.state is State.COMPLETE]
        found = sorted(every, key=lambda one: (one.pinned, one.finished_at, one.id), reverse=True)
    for one in found:
        if _holds(vault, one, tenant):
            return one
    what = f"snapshot {safe(name)} does not hold" if name else "no complete snapshot holds"
    raise UsageError(
        f"{what} tenant {tenant}", fix="name one that does with --to (relab snapshot list)"
    )


def _holds(vault: "Vault", snapshot: "Snapshot", tenant: str) -> bool:
    asked = snapshot.scope.get("tenants")
    if asked is not None and tenant not in asked:
        return False
    return any(entry.item.tenant == tenant for entry in vault.reader().entries(snapshot))


def _told(snapshot: "Snapshot") -> str:
    pinned = "pinned, " if snapshot.pinned else ""
    return f"{pinned}{snapshot.state.value}, of {snapshot.finished_at}"
