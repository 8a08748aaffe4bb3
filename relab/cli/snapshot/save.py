"""`relab snapshot save`: read tenants and account into the vault."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from relab.cli.means import the_vault
from relab.cli.snapshot.live import follow_save
from relab.cli.snapshot.opened import new_name
from relab.clouds import expect_many_objects
from relab.errors import Exit
from relab.events import Event, SaveFinished, to_json
from relab.text import pad, safe, size_of

if TYPE_CHECKING:
    from snapshot.collect.save import Order
    from snapshot.collect.work import Forecast

_ALL = "all"


@click.command()
@click.option("--name", help="Name of the snapshot (default: profile, date and time).")
@click.option("--tenants", default=_ALL, help="Such as 07, 01..05 or 01,03 (default: all).")
@click.option("--only", multiple=True, help="Types to take, such as 's3.*'; repeat for more.")
@click.option("--no-data", is_flag=True, help="Configuration only: no objects, images, volumes.")
@click.option("--versions", is_flag=True, help="Older versions of objects, too.")
@click.option("--reread", is_flag=True, help="Read objects again that look unchanged.")
@click.option("--cohort", default="", help="A label that `prune` can keep by.")
@click.option("--resume", is_flag=True, help="Go on with an unfinished save of this name.")
@click.option("--dry-run", is_flag=True, help="Count what would be read; write nothing.")
@click.option("--scheduler", default="", help="Address of a Dask scheduler: run tasks there.")
@click.option("--workers", type=click.IntRange(1, 256), help="Threads (16).")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Events as JSON, one a line.")
@click.pass_context
def command(  # noqa: PLR0913 - one argument an option
    ctx: click.Context,
    *,
    name: str | None,
    tenants: str,
    only: tuple[str, ...],
    no_data: bool,
    versions: bool,
    reread: bool,
    cohort: str,
    resume: bool,
    dry_run: bool,
    scheduler: str,
    workers: int | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Save tenants and account into the vault.

    Exit 3 when something was asked for and not captured: the snapshot is `partial` and says what.
    Ctrl+C leaves an unfinished save, which --resume goes on with.
    """
    from profiles.loader import active
    from relab.cli.check import chosen_tenants
    from snapshot.collect.crew import THREADS
    from snapshot.collect.save import Order
    from snapshot.collect.scope import SHARED, Scope

    expect_many_objects()
    profile = active(os.environ)
    chosen = chosen_tenants(profile, tenants)
    scope = Scope(
        tenants=chosen if set(chosen) != set(profile.tenants) else (*chosen, SHARED),
        only=only,
        data=not no_data,
        versions=versions,
        reread=reread,
    )
    order = Order(
        profile=profile,
        name=new_name(name or _usual_name(profile.name)),
        scope=scope,
        cohort=cohort,
        resume=resume,
        scheduler=scheduler,
        workers=workers or THREADS,
    )
    if dry_run:
        _foretell(order, as_json)
    else:
        ctx.exit(_save(order, as_json=as_json, yes=yes))


def _usual_name(profile: str) -> str:
    return f"{profile}-{datetime.now(UTC):%Y-%m-%d-%H%M%S}"


def _save(order: "Order", *, as_json: bool, yes: bool) -> Exit:
    from snapshot.collect.save import save

    vault = the_vault()
    if not yes and sys.stdin.isatty():
        _ask(order, vault.where)
    try:
        return _follow(save(vault, order, os.environ), as_json)
    except KeyboardInterrupt:
        again = f"relab snapshot save --name {safe(order.name)} --resume"
        click.echo(
            f"relab: the save is unfinished; go on with the same options and: {again}", err=True
        )
        raise


def _ask(order: "Order", where: str) -> None:
    account, tenants = order.profile.aws.account, ", ".join(filter(None, order.scope.tenants))
    click.echo(f"snapshot {safe(order.name)} of account {account} ({order.profile.name})", err=True)
    click.echo(f"tenants  {tenants}", err=True)
    click.echo(f"vault    {safe(where)}", err=True)
    click.confirm("Save it?", default=True, abort=True, err=True)


def _follow(events: Iterable[Event], as_json: bool) -> Exit:
    heard: list[SaveFinished] = []

    def told() -> Iterator[Event]:
        for event in events:
            if as_json:
                click.echo(json.dumps(to_json(event), ensure_ascii=False))
            heard.extend([event] if isinstance(event, SaveFinished) else [])
            yield event

    follow_save(told())
    return _conclude(heard[0], as_json)


def _conclude(finished: SaveFinished, as_json: bool) -> Exit:
    if not as_json:
        name = safe(finished.name)
        click.echo(
            f"{name}: {finished.state}, {finished.items} items, {size_of(finished.size)} read,"
            f" {finished.gaps} gaps, {finished.seconds:.1f} s"
        )
        if finished.gaps:
            click.echo(f"see what is missing: relab snapshot show {name} --coverage", err=True)
    return Exit.OK if finished.state == "complete" else Exit.PARTIAL


def _foretell(order: "Order", as_json: bool) -> None:
    from snapshot.collect.save import caller_account, forecast

    account = caller_account(order.profile, os.environ)
    rows = _sums(forecast(order, account))
    if as_json:
        names = ("service", "type", "tenant", "items", "bytes")
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    for _, kind, tenant, items, size in rows:
        click.echo(f"{pad(safe(kind), 34)} {tenant or '-':<3} {items:>8} {size_of(size):>10}")
    total = sum(row[3] for row in rows), size_of(sum(row[4] for row in rows))
    click.echo(f"{total[0]} items, {total[1]} would be read; nothing was written", err=True)


def _sums(found: Iterable["Forecast"]) -> list[tuple[str, str, str, int, int]]:
    items: Counter[tuple[str, str, str]] = Counter()
    sizes: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        key = (one.service, one.type, one.tenant)
        items[key] += one.items
        sizes[key] += one.size
    return [(*key, items[key], sizes[key]) for key in sorted(items)]
