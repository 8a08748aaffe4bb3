"""`relab snapshot show`: what is in a snapshot, one document of it, its ledger."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from relab.cli.snapshot.opened import opened
from relab.errors import Refused, UsageError
from relab.text import pad, safe, size_of

if TYPE_CHECKING:
    from snapshot.showing import Count, Line
    from snapshot.vault.model import Entry, Snapshot
    from snapshot.vault.reader import Only, Reader
    from snapshot.vault.vault import Vault


@click.command()
@click.argument("name")
@click.option("--tenant", help="Only what is this tenant's, such as 07; '' for what is nobody's.")
@click.option("--type", "kind", help="Only this type, such as s3.bucket.")
@click.option("--item", help="One item, by identity or key, as YAML.")
@click.option("--unseal", is_flag=True, help="With --item: secrets in clear, on a terminal.")
@click.option("--piped", is_flag=True, help="With --unseal: also where stdout is no terminal.")
@click.option("--coverage", is_flag=True, help="The ledger: what was asked, gaps first.")
@click.option("--items", is_flag=True, help="Every item by name, with the size of its data.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, or array of lines.")
def command(  # noqa: PLR0913 - one argument an option
    *,
    name: str,
    tenant: str | None,
    kind: str | None,
    item: str | None,
    unseal: bool,
    piped: bool,
    coverage: bool,
    items: bool,
    as_json: bool,
) -> None:
    """Show what is in snapshot NAME, by tenant and type.

    Exit 0 for a partial snapshot, too: its state is said.
    """
    from snapshot.vault.reader import Only

    if unseal and item is None:
        raise UsageError("--unseal is for one item", fix="name it with --item")
    vault, reader, snapshot = opened(name)
    only = Only(tenant=tenant, type=kind)
    if item is not None:
        _show_item(vault, snapshot, item, _Manner(unseal, piped, as_json))
    elif coverage:
        _show_ledger(reader, snapshot, only, as_json)
    elif items:
        _show_items(reader, snapshot, only, as_json)
    else:
        _show_tree(reader, snapshot, only, as_json)


class _Manner:
    """How an item is shown."""

    def __init__(self, unseal: bool, piped: bool, as_json: bool) -> None:
        self.unseal = unseal
        self.as_json = as_json
        self.terminal = sys.stdout.isatty()
        if unseal and not (self.terminal or piped):
            what = "stdout is no terminal, and secrets would go there in clear"
            raise Refused(what, fix="give --piped if that is meant")


def _show_item(vault: "Vault", snapshot: "Snapshot", name: str, manner: _Manner) -> None:
    from snapshot.showing import entry
    from snapshot.tree.text import dump

    found = entry(vault.reader(), snapshot, name, vault.where)
    fields = _fields(vault, found, manner.unseal)
    if manner.as_json:
        click.echo(json.dumps(fields))
        return
    text = dump(fields).decode()
    click.echo(safe(text, keep="\n") if manner.terminal else text, nl=False)


def _fields(vault: "Vault", entry: "Entry", unseal: bool) -> Mapping[str, Any]:
    """Return an item as it is shown; a sealed value is the token, and `sealed` says where."""
    from snapshot.tree.shape import written

    fields = written(entry)
    if entry.sealed:
        fields["sealed"] = sorted(entry.sealed)
    if not unseal:
        return fields
    clear = vault.unsealed(entry)
    return fields | {"document": clear.document, "observed": clear.observed, "sealed": []}


def _show_ledger(reader: "Reader", snapshot: "Snapshot", only: "Only", as_json: bool) -> None:
    from snapshot.showing import ledger

    lines = ledger(reader, snapshot, only)
    if as_json:
        rows = [asdict(line) | {"gap": line.gap} for line in lines]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for line in lines:
        click.echo(_told(line))
    gaps = sum(line.gap for line in lines)
    click.echo(f"{snapshot.name}: {snapshot.state}, {gaps} gaps of {len(lines)} lines", err=True)


def _told(line: "Line") -> str:
    tenant = line.tenant or "-"
    detail = f"  {safe(line.detail)}" if line.detail else ""
    head = f"{pad(line.state, 16)}  {pad(safe(tenant), 2)}  {pad(safe(line.type), 34)}"
    return f"{head}  {line.count:>7}  {safe(line.region)}{detail}".rstrip()


def _show_items(reader: "Reader", snapshot: "Snapshot", only: "Only", as_json: bool) -> None:
    from snapshot.showing import names

    rows = names(reader, snapshot, only)
    if as_json:
        click.echo("[" + ",\n".join(json.dumps(asdict(row)) for row in rows) + "]")
        return
    for row in rows:
        identity = f"{row.provider}:{row.type}:{row.region}:{row.key}"
        click.echo(f"{size_of(row.bytes):>10}  {safe(identity)}")


def _show_tree(reader: "Reader", snapshot: "Snapshot", only: "Only", as_json: bool) -> None:
    from snapshot.showing import about, counts

    rows = counts(reader, snapshot, only)
    whole = about(reader, snapshot)
    if as_json:
        row = {**asdict(whole), "scope": snapshot.scope, "contents": [asdict(row) for row in rows]}
        click.echo(json.dumps(row, ensure_ascii=False))
        return
    cohort = f", cohort {whole.cohort}" if whole.cohort else ""
    sums = f"{whole.items} items, {size_of(whole.bytes)} of data, {whole.gaps} gaps"
    click.echo(safe(f"{whole.name}: {whole.state}{cohort}, {sums}"))
    for tenant, own in groupby(rows, key=lambda row: row.tenant):
        _show_tenant(tenant, list(own))


def _show_tenant(tenant: str, rows: "list[Count]") -> None:
    title = f"tenant {tenant}" if tenant else "shared"
    click.echo(f"{pad(safe(title), 44)}{sum(row.items for row in rows):>8}")
    for service, own in groupby(rows, key=_service):
        click.echo(f"  {safe(service)}")
        for row in own:
            click.echo(f"    {pad(safe(row.type), 40)}{row.items:>8}")


def _service(row: "Count") -> str:
    """Return the service of AWS, or the API group of Kubernetes, that a type is of."""
    separator = "." if row.provider == "aws" else "/"
    return f"{row.provider} {row.type.rpartition(separator)[0]}".rstrip()
