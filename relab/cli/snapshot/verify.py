"""`relab snapshot verify`: is a snapshot still what was saved."""

import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Self

import click

from relab.cli.snapshot.opened import opened
from relab.errors import Exit
from relab.text import safe, size_of

if TYPE_CHECKING:
    from snapshot.showing import Listed
    from snapshot.vault.vault import Verified

_EVERY = 0.1


@click.command()
@click.argument("name")
@click.option("--deep", is_flag=True, help="Read every byte, not only hashes, names and sizes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of findings.")
@click.pass_context
def command(ctx: click.Context, name: str, deep: bool, as_json: bool) -> None:
    """Compare snapshot NAME with what was saved; exit 1 when anything is damaged.

    A clean result is written down with the snapshot.
    """
    from snapshot.showing import about, unharmed

    vault, reader, snapshot = opened(name)
    with unharmed(vault.where):
        told = about(reader, snapshot)
    with _Meter(told.bytes) as meter:
        verified = vault.verify(name, deep=deep, told=meter.add)
    if as_json:
        rows = [asdict(found) | {"harmful": found.harmful} for found in verified.findings]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for found in verified.findings:
            click.echo(safe(f"{found.kind}: {found.what}"))
    _conclude(told, verified, deep)
    ctx.exit(Exit.FAILED if _harmed(verified) else Exit.OK)


class _Meter:
    """How much has been looked at, on one line of stderr where that is a terminal."""

    def __init__(self, total: int) -> None:
        self._total = size_of(total)
        self._done = 0
        self._live = sys.stderr.isatty()
        self._shown_at = 0.0

    def __enter__(self) -> Self:
        return self

    def add(self, size: int) -> None:
        """Take note of another blob."""
        self._done += size
        now = time.monotonic()
        if self._live and now - self._shown_at > _EVERY:
            self._shown_at = now
            click.echo(f"\r{size_of(self._done)} of {self._total}\x1b[K", nl=False, err=True)

    def __exit__(self, *_: object) -> None:
        if self._live:
            click.echo("\r\x1b[K", nl=False, err=True)


def _harmed(verified: "Verified") -> int:
    return sum(found.harmful for found in verified.findings)


def _conclude(told: "Listed", verified: "Verified", deep: bool) -> None:
    how = "every byte" if deep else "hashes and sizes"
    checked = f"{told.items} items, {told.bytes} bytes of data, {how}"
    harmed = _harmed(verified)
    result = f"{harmed} damaged" if harmed else "all as it was saved"
    click.echo(f"{safe(told.name)}: {told.state}; {checked}: {result}", err=True)
    if not harmed and not verified.recorded:
        click.echo("not written down: the vault is being written or is read-only", err=True)
