"""`relab snapshot list`: the snapshots of the vault."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from relab.cli.means import the_vault
from relab.text import pad, safe, size_of, width

if TYPE_CHECKING:
    from snapshot.showing import Listed
    from snapshot.vault.vault import Vault

_HEAD = ("name", "state", "cohort", "finished", "items", "data", "gaps", "kept")


@click.command()
@click.option("--unfinished", "pending", is_flag=True, help="The unfinished saves instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, the newest last.")
def command(pending: bool, as_json: bool) -> None:
    """List the finished snapshots, the newest last, and name unfinished saves."""
    from snapshot.showing import listed, unfinished, unharmed

    vault = the_vault()
    if pending:
        _unfinished(vault, as_json)
        return
    with unharmed(vault.where):
        rows, waiting = listed(vault.reader()), unfinished(vault.reader())
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    elif rows:
        _table([_HEAD, *map(_cells, rows)])
    else:
        click.echo("no snapshots yet -> relab snapshot save", err=True)
    for one in waiting:
        name = safe(one.name)
        again = f"relab snapshot save (or import) --name {name} --resume, with the same options"
        click.echo(f"unfinished: {name}, {one.units} units done -> {again}", err=True)


def _unfinished(vault: "Vault", as_json: bool) -> None:
    from snapshot.showing import unfinished, unharmed

    with unharmed(vault.where):
        scopes = {one.name: one.scope for one in vault.reader().unfinished()}
        known = [one for one in unfinished(vault.reader()) if one.name in scopes]
    rows = [asdict(one) | {"scope": scopes[one.name]} for one in known]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    for row in () if as_json else rows:
        click.echo(safe(f"{row['name']}  {row['started_at'][:16]}  {row['units']} units done"))


def _cells(row: "Listed") -> tuple[str, ...]:
    checked = "verified" + (" deep" if row.verified_deep else "") if row.verified_at else ""
    kept = ", ".join(filter(None, ("pinned" if row.pinned else "", checked)))
    at = row.finished_at[:16].replace("T", " ")
    numbers = (str(row.items), size_of(row.bytes), str(row.gaps))
    return tuple(map(safe, (row.name, row.state, row.cohort or "-", at, *numbers, kept or "-")))


def _table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(pad(cell, cells) for cell, cells in zip(row, widths, strict=True))
        click.echo(line.rstrip())
