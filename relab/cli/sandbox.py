"""`relab sandbox`: the embedded AWS and Kubernetes to practise on."""

import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from relab.errors import Exit, UsageError
from relab.text import safe

if TYPE_CHECKING:
    from profiles.model import Profile
    from relab.events import Progress
    from relab.sandbox.place import Place

_TENANT = click.option("--tenant", help="Tenant number, such as 07.")
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_EVERYONE = "everyone"


@click.group()
def command() -> None:
    """Start, use, break and mend the practice sandbox."""


@command.command()
@_JSON
@click.option("--while-pid", type=int, help="End with this process.")
def up(as_json: bool, while_pid: int | None) -> None:
    """Start the sandbox in the background; returns when all is ready.

    With --json, stdout has one object a line: progress, and at last `pid`, `aws`, `kubernetes`.
    """
    from relab.sandbox import client, launch

    place = _place()
    started = False
    for progress in launch.up(place, while_pid):
        started = True
        _show(progress, as_json)
    daemon = client.running(place)
    if as_json:
        about = {"pid": daemon.process.pid, "aws": daemon.aws, "kubernetes": daemon.kubernetes}
        click.echo(json.dumps({**about, "started": started}))
        return
    click.echo(f"sandbox: {'up' if started else 'already up'}", err=True)
    click.echo('next: relab, or: eval "$(relab sandbox env --tenant 07)"', err=True)


@command.command()
def down() -> None:
    """End the sandbox and remove its files."""
    from relab.sandbox import launch

    ended = launch.down(_place())
    click.echo(f"sandbox: {'down' if ended else 'was not running'}", err=True)


@command.command()
@_JSON
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Tell whether it runs, where it listens and what it holds; exit 1 when it is down."""
    from relab.sandbox import client

    place = _place()
    daemon = place.daemon()
    if daemon is None:
        click.echo(json.dumps({"running": False}) if as_json else "sandbox: down")
        ctx.exit(Exit.FAILED)
    about = {
        "running": True,
        "pid": daemon.process.pid,
        "aws": daemon.aws,
        "kubernetes": daemon.kubernetes,
        "profile": str(place.profile),
        **client.status(place),
    }
    click.echo(json.dumps(about) if as_json else _told(about))


@command.command()
@_TENANT
@click.option("--shell", type=click.Choice(["sh", "powershell", "fish"]), default="sh")
@_JSON
def env(tenant: str | None, shell: str, as_json: bool) -> None:
    """Print what a shell must evaluate for kubectl and aws to use the sandbox as a tenant.

    Without --tenant they work as the admin.
    """
    from relab.sandbox import client, exports

    place = _place()
    client.running(place)
    profile = _profile(place)
    found = exports.exports(place, profile, _number(profile, tenant), os.environ)
    text = json.dumps(dict(found)) if as_json else exports.script(found, shell).rstrip("\n")
    click.echo(text)


@command.command()
@click.option("--empty", is_flag=True, help="Leave it wiped; only the CRDs stay.")
@_JSON
def reset(empty: bool, as_json: bool) -> None:
    """Wipe AWS and Kubernetes and fill them again; faults end, keys and tokens stay."""
    from relab.sandbox import client

    answer = client.reset(_place(), empty=empty)
    if as_json:
        click.echo(json.dumps(answer))
    else:
        click.echo(f"sandbox: {'wiped' if empty else 'reset'}", err=True)


@command.command("break")
@click.argument("fault", required=False)
@_TENANT
@click.option("--list", "listed", is_flag=True, help="List the faults.")
@_JSON
def break_(fault: str | None, tenant: str | None, listed: bool, as_json: bool) -> None:
    """Make the trouble FAULT real for a tenant, until it is mended."""
    from relab.sandbox import client

    if listed:
        _list_faults(as_json)
        return
    answer = client.break_(_place(), _named(fault), tenant)
    _say(answer, as_json, "broken", "was broken already")


@command.command()
@click.argument("fault")
@_TENANT
@_JSON
def mend(fault: str, tenant: str | None, as_json: bool) -> None:
    """Undo the trouble FAULT exactly, or `all` of them."""
    from relab.sandbox import client

    answer = client.mend(_place(), fault, tenant)
    _say(answer, as_json, "mended", "was not broken")


def _place() -> "Place":
    from relab.sandbox.place import Place

    return Place.current()


def _profile(place: "Place") -> "Profile":
    from profiles.loader import load

    return load(str(place.profile))


def _number(profile: "Profile", tenant: str | None) -> str | None:
    from profiles.naming import tenant_number

    return tenant_number(profile, tenant) if tenant else None


def _named(fault: str | None) -> str:
    if fault is None:
        raise UsageError("no fault named", fix="relab sandbox break --list")
    return fault


def _show(progress: "Progress", as_json: bool) -> None:
    from relab.events import to_json

    last = progress.done == progress.total
    if as_json:
        click.echo(json.dumps(to_json(progress)))
    elif last or sys.stderr.isatty():
        start = "\r" if sys.stderr.isatty() else ""
        click.echo(
            f"{start}{progress.stage:<11}{progress.done:>3}/{progress.total}", nl=last, err=True
        )


def _say(answer: Mapping[str, Any], as_json: bool, done: str, idle: str) -> None:
    if as_json:
        click.echo(json.dumps(answer))
        return
    whom = f"tenant {answer['tenant']}" if answer["tenant"] else _EVERYONE
    click.echo(f"{answer['fault']} for {whom}: {done if answer['changed'] else idle}", err=True)


def _list_faults(as_json: bool) -> None:
    from relab.sandbox.faults.about import ABOUT

    if as_json:
        rows = [
            {"fault": name, "what": about.what, "of": about.of} for name, about in ABOUT.items()
        ]
        click.echo(json.dumps(rows))
        return
    for name, about in ABOUT.items():
        click.echo(f"{name:<25} {about.what}")


def _told(about: Mapping[str, Any]) -> str:
    lines = [f"sandbox: {'up' if about['ready'] else 'filling'}"]
    lines += [f"{key:<12} {safe(about[key])}" for key in ("pid", "aws", "kubernetes", "profile")]
    lines += [f"{key:<12} {count}" for key, count in about["counts"].items()]
    lines += [
        f"fault        {item['fault']} ({item['tenant'] or _EVERYONE})" for item in about["faults"]
    ]
    return "\n".join(lines)
