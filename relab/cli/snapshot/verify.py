"""`relab snapshot verify`: is a snapshot still what was saved."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from relab.cli.snapshot.live import size_of
from relab.cli.snapshot.opened import opened
from relab.errors import Exit
from relab.text import safe

if TYPE_CHECKING:
    from snapshot.showing import Listed
    from snapshot.vault.vault import Verified


@click.command()
@click.argument("name")
@click.option("--deep", is_flag=True, help="Read every byte, not only hashes, names and sizes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of findings.")
@click.pass_context
def command(ctx: click.Context, name: str, deep: bool, as_json: bool) -> None:
    """Compare snapshot NAME with what was saved; exit 1 when anything is damaged.

    A clean result is written down with the snapshot.
    """
    from snapshot.showing import listed

    vault, reader, snapshot = opened(name)
    about = next(one for one in listed(reader) if one.name == snapshot.name)
    if deep:
        click.echo(f"reading {size_of(about.bytes)} of data", err=True)
    verified = vault.verify(name, deep=deep)
    if as_json:
        rows = [asdict(found) | {"harmful": found.harmful} for found in verified.findings]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for found in verified.findings:
            click.echo(safe(f"{found.kind}: {found.what}"))
    _conclude(about, verified, deep)
    ctx.exit(Exit.FAILED if _harmed(verified) else Exit.OK)


def _harmed(verified: "Verified") -> int:
    return sum(found.harmful for found in verified.findings)


def _conclude(about: "Listed", verified: "Verified", deep: bool) -> None:
    how = "every byte" if deep else "hashes and sizes"
    checked = f"{about.items} items, {about.bytes} bytes of data, {how}"
    harmed = _harmed(verified)
    result = f"{harmed} damaged" if harmed else "all as it was saved"
    click.echo(f"{safe(about.name)}: {about.state}; {checked}: {result}", err=True)
    if not harmed and not verified.recorded:
        click.echo("not written down: the vault is being written or is read-only", err=True)
