"""What a person chooses to restore: whose things, from where and into where."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from relab.errors import UsageError
from relab.text import safe

if TYPE_CHECKING:
    from profiles.model import Profile
    from restore.model import Choice, Plan
    from snapshot.vault.model import Snapshot
    from snapshot.vault.vault import Vault

_SHOWN = 20


def elsewhere(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for another home, for names that are taken, and for a new cohort."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--from", "golden", metavar="SNAPSHOT", help="Make the tenants from its only one."
    ),
    click.option(
        "--into",
        metavar="ACCOUNT/REGION",
        help="Needed when the snapshot is of another account, region or cluster.",
    ),
    click.option(
        "--from-profile", metavar="PROFILE", help="Whose naming rules held where it was saved."
    ),
    click.option(
        "--on-taken",
        type=click.Choice(["rename", "wait", "fail"]),
        default="rename",
        help="When a bucket's name is taken: wait, then rename; only wait; or fail at once.",
    ),
    click.option(
        "--patience",
        type=click.FloatRange(min=0),
        default=120.0,
        help="Seconds to wait for a name that is taken.",
    ),
)


def named(name: str | None, golden: str | None) -> str:
    """Return the snapshot that is meant; UsageError unless it is named once."""
    if bool(name) == bool(golden):
        raise UsageError("name one snapshot", fix="relab restore SNAPSHOT, or --from SNAPSHOT")
    return name or golden or ""


def choice(profile: "Profile", of: "tuple[Vault, Snapshot]", options: dict[str, Any]) -> "Choice":
    """Return what the `options` of the command ask for; UsageError when they cannot be meant."""
    from restore.model import Choice, Existing, OnTaken

    whose, source = _whose(profile, of, options)
    return Choice(
        whose,
        options["only"],
        Existing(options["existing"]),
        not options["no_data"],
        source,
        into=options["into"] or "",
        origin=options["from_profile"] or "",
        on_taken=OnTaken(options["on_taken"]),
        patience=options["patience"],
        exact=options["exact"],
    )


def _chosen(profile: "Profile", tenants: str) -> tuple[str, ...]:
    from relab.cli.check import chosen_tenants
    from snapshot.collect.scope import SHARED

    chosen = chosen_tenants(profile, tenants)
    return (*chosen, SHARED) if set(chosen) == set(profile.tenants) else chosen


def _whose(
    profile: "Profile", of: "tuple[Vault, Snapshot]", options: dict[str, Any]
) -> tuple[tuple[str, ...], str]:
    """Return the tenants to be made, and the one that they are clones of, if they are."""
    chosen, targets = _chosen(profile, options["tenants"]), options["targets"]
    if options["golden"]:
        if targets is not None:
            raise UsageError("--as and --from both say whose", fix="leave one of them out")
        return _only_students(chosen), _golden(*of)
    if targets is None:
        return chosen, ""
    if len(chosen) != 1:
        raise UsageError("--as clones one tenant", fix="name it with --tenant")
    return _only_students(_chosen(profile, targets)), chosen[0]


def _only_students(chosen: tuple[str, ...]) -> tuple[str, ...]:
    """Return `chosen` without what is nobody's: a clone has no such."""
    return tuple(filter(None, chosen))


def _golden(vault: "Vault", snapshot: "Snapshot") -> str:
    """Return the only tenant that `snapshot` holds; UsageError when there are none or more."""
    entries = vault.reader().entries(snapshot)
    found = sorted({entry.item.tenant for entry in entries} - {""})
    if len(found) == 1:
        return found[0]
    name = safe(snapshot.name)
    raise UsageError(
        f"{name} holds the tenants {', '.join(found)}" if found else f"{name} holds no tenant",
        fix=f"say which one: relab restore {name} --tenant NN --as 01..15",
    )


def tell(plan: "Plan") -> None:
    """Say what a person must know before a plan is done: from where to where, and what is lost."""
    if plan.moved:
        click.echo(safe(f"{plan.moved}: ids, ARNs, hosts and zones are said anew"), err=True)
    for flag in plan.flags[:_SHOWN]:
        where = f"{flag.identity} at {flag.pointer}"
        click.echo(safe(f"flagged: {where}: {flag.what}: {flag.reason}"), err=True)
    if plan.flags[_SHOWN:]:
        click.echo(f"and {len(plan.flags) - _SHOWN} more flagged (--json lists them)", err=True)


def tell_name(old: str, new: str) -> None:
    """Say that a bucket is called otherwise now, and what to do about it."""
    from restore.taken import advice

    click.echo(safe(advice(old, new)), err=True)
