"""`relab nuke`: wipe the account, only with proof that it can be put back."""

import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from relab.cli.wiping import follow, show, since, told
from relab.errors import Exit, Refused, UsageError
from relab.text import safe

if TYPE_CHECKING:
    from profiles.model import Profile
    from relab.nuke.look import Look, Order
    from relab.nuke.model import Refusal
    from snapshot.vault.model import Snapshot
    from snapshot.vault.vault import Vault

_SOFT = click.option(
    "--soft", is_flag=True, help="Empty buckets and repositories, keep them, and leave KMS keys."
)
_ACCEPT = click.option(
    "--accept-loss", "accepted", multiple=True, metavar="TYPE", help="Let go of TYPE; repeatable."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_NAME = click.argument("name", metavar="[SNAPSHOT]", required=False)


@click.group()
def command() -> None:
    """Wipe the account with aws-nuke, only with proof that it can be put back."""


@command.command()
def install() -> None:
    """Build the pinned aws-nuke with Go, its modules checked; takes minutes the first time."""
    from relab.nuke.binary import PINNED, installed
    from relab.nuke.binary import install as build

    if not installed().is_file():
        click.echo(f"building aws-nuke {PINNED}", err=True)
    found = build(os.environ)
    click.echo(str(found.path))


@command.command()
@_NAME
@_SOFT
@_ACCEPT
@_JSON
@click.pass_context
def plan(
    ctx: click.Context, name: str | None, *, soft: bool, accepted: tuple[str, ...], as_json: bool
) -> None:
    """Show what a wipe would take, what SNAPSHOT (default: the newest) holds of it, and what stays.

    Nothing is changed. Exit 13 when the gate would refuse the wipe; all that it would refuse for
    is listed.
    """
    from relab.nuke.gate import before, refusals

    order = _order(name, soft, accepted)
    look = _looked(order)
    found = (*before(order.profile), *refusals(look.facts))
    _show(look, found, as_json)
    if not as_json:
        click.echo("a wipe would be refused" if found else "a wipe would be allowed", err=True)
    ctx.exit(Exit.REFUSED if found else Exit.OK)


@command.command()
@_NAME
@_SOFT
@_ACCEPT
@click.option("--yes", is_flag=True, help="Do not ask; needs --account-alias.")
@click.option("--account-alias", "alias", help="The alias of the account that is to be wiped.")
@_JSON
@click.pass_context
def run(  # noqa: PLR0913 - one argument an option
    ctx: click.Context,
    *,
    name: str | None,
    soft: bool,
    accepted: tuple[str, ...],
    yes: bool,
    alias: str | None,
    as_json: bool,
) -> None:
    """Wipe the account, when the gate finds nothing against it, and tell what is left.

    Exit 13 with the reasons when it does. Exit 3 when anything is left, or is not certain.
    """
    from relab.nuke.gate import permit, refusals
    from relab.nuke.look import check_first
    from relab.nuke.wipe import wipe
    from restore import start

    profile = _profile()
    check_first(profile, os.environ)
    _check_words(profile, yes, alias)
    order = _order(name, soft, accepted)
    ctx.with_resource(start.alone(profile))
    look = _looked(order)
    found = refusals(look.facts)
    if not as_json or found:
        _show(look, found, as_json)
    if found:
        raise Refused(f"{len(found)} reasons not to wipe", where="gate", fix="see them above")
    _ask(order, yes)
    result = follow(wipe(permit(look.facts), look), as_json=as_json)
    if as_json:
        click.echo(json.dumps({"event": "Inventory", **asdict(result)}, ensure_ascii=False))
    else:
        told(result)
    ctx.exit(Exit.OK if result.clean else Exit.PARTIAL)


def _profile() -> "Profile":
    from profiles.loader import active

    return active(os.environ)


def _order(name: str | None, soft: bool, accepted: tuple[str, ...]) -> "Order":
    from relab.cli.means import the_vault
    from relab.nuke.look import Order

    for kind in accepted:
        _check_type(kind)
    profile, vault = _profile(), the_vault()
    softly = soft or profile.nuke.preset == "soft"
    return Order(vault, _snapshot(vault, name), profile, os.environ, softly, accepted)


def _check_type(kind: str) -> None:
    if not kind or any(sign in kind for sign in "*?["):
        raise UsageError(
            f"'{safe(kind)}' names no single type", where="--accept-loss", fix="repeat it for each"
        )


def _snapshot(vault: "Vault", name: str | None) -> "Snapshot":
    from snapshot.showing import find, unharmed

    if name:
        return find(vault, name)
    with unharmed(vault.where):
        found = vault.reader().snapshots()
    if not found:
        raise UsageError(
            "the vault holds no snapshot", where=vault.where, fix="relab snapshot save"
        )
    return found[-1]


def _looked(order: "Order") -> "Look":
    from relab.nuke.look import look_at

    click.echo(
        f"looking at account {order.profile.aws.account}, snapshot {order.snapshot.name}", err=True
    )
    return follow(look_at(order))


def _show(look: "Look", found: "tuple[Refusal, ...]", as_json: bool) -> None:
    from relab.nuke.model import to_json

    if as_json:
        click.echo(json.dumps(to_json(look.facts.forecast, found), ensure_ascii=False))
    else:
        show(look.facts.forecast, found)


def _check_words(profile: "Profile", yes: bool, alias: str | None) -> None:
    """Refuse, before anything is called, what nobody confirms or means another account."""
    if alias is not None and alias != profile.aws.alias:
        what = f"--account-alias is {safe(alias)}, but profile {profile.name} means another"
        raise Refused(what, where="gate", fix="choose the profile of the account that you mean")
    if yes and alias is None:
        raise Refused("--yes wipes only with --account-alias", where="gate", fix="name the account")
    if not yes and not sys.stdin.isatty():
        fix = "give --yes and --account-alias"
        raise Refused("nobody is there to ask, and nothing was done", where="gate", fix=fix)


def _ask(order: "Order", yes: bool) -> None:
    """Let the person type what goes: each accepted loss, and the account's alias."""
    if yes:
        return
    since(order.snapshot, "relab cycle saves first")
    for kind in order.accepted:
        _typed(f"Type {safe(kind)} to accept its loss", kind)
    alias, account = str(order.profile.aws.alias), order.profile.aws.account
    _typed(f"Type the alias of account {account} to wipe it", alias)


def _typed(question: str, wanted: str) -> None:
    if click.prompt(question, err=True, default="", show_default=False) != wanted:
        raise Refused("that is not what was asked for; nothing was done", where="gate")
