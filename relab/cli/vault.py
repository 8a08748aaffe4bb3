"""`relab vault`: make a vault, see how full it is, look for damage."""

import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from relab.cli.means import means, the_vault
from relab.errors import Exit, UsageError
from relab.text import safe

if TYPE_CHECKING:
    from snapshot.vault.check import Finding
    from snapshot.vault.keys import Key


@click.group()
def command() -> None:
    """Make and look after a vault (RELAB_VAULT)."""


@command.command()
@click.argument("path", required=False)
@click.option(
    "--recipient", "others", multiple=True, help="Seal for this age recipient too; repeatable."
)
@click.option("--passphrase", is_flag=True, help="Protect a new key with a passphrase.")
def init(path: str | None, others: tuple[str, ...], passphrase: bool) -> None:
    """Make a vault at PATH: a folder or s3://bucket/prefix (default: RELAB_VAULT).

    Secrets in it are sealed for your key, which is made the first time.
    """
    from snapshot.vault import keys
    from snapshot.vault.opening import location, make_vault

    recipients = [keys.recipient(text) for text in others]
    key, new = _key(passphrase)
    vault = make_vault(path or location(os.environ), means(), [key.recipient, *recipients])
    click.echo(f"{'vault':<9} {safe(vault.where)}")
    click.echo(f"{'key':<9} {safe(keys.key_file(os.environ))}")
    click.echo(f"{'recipient':<9} {key.recipient}")
    if new:
        click.echo("Keep a copy of the key elsewhere: without it no secret comes back.", err=True)
    if path and path != os.environ.get("RELAB_VAULT"):
        click.echo(f"Use the vault with: export RELAB_VAULT={safe(vault.where)}", err=True)


def _key(passphrase: bool) -> tuple["Key", bool]:
    from snapshot.vault import keys

    path = keys.key_file(os.environ)
    if path.exists():
        if passphrase:
            fix = "leave --passphrase out, or name another file in RELAB_VAULT_KEY"
            raise UsageError("there is a key already", where=safe(path), fix=fix)
        return means().key(), False
    return keys.create(path, _new_passphrase() if passphrase else None), True


def _new_passphrase() -> str:
    from snapshot.vault.keys import PASSPHRASE_VARIABLE

    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given
    if not sys.stdin.isatty():
        fix = f"set {PASSPHRASE_VARIABLE}, or run it in a terminal"
        raise UsageError("no passphrase given", fix=fix)
    return str(click.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True))


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def stats(as_json: bool) -> None:
    """Show how much is in the vault, and who is writing to it."""
    vault = the_vault()
    writer = vault.writer()
    row = {"where": vault.where, "id": vault.meta()["id"], **asdict(vault.stats())}
    row["writer"] = f"process {writer.pid} on {writer.host} ({writer.command})" if writer else ""
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False))
        return
    for name, value in row.items():
        click.echo(f"{name.replace('_', ' '):<15} {safe(value)}")


@command.command()
@click.option("--deep", is_flag=True, help="Read every byte, not only names and sizes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of findings.")
@click.pass_context
def check(ctx: click.Context, deep: bool, as_json: bool) -> None:
    """Look for damage in the whole vault.

    Exit 1 when something that was saved is damaged; leftovers of a killed save alone exit 0.
    """
    findings = the_vault().check(deep=deep)
    if as_json:
        rows = [asdict(finding) | {"harmful": finding.harmful} for finding in findings]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        _tell(findings, deep)
    ctx.exit(Exit.FAILED if any(finding.harmful for finding in findings) else Exit.OK)


def _tell(findings: list["Finding"], deep: bool) -> None:
    for finding in findings:
        hit = f" in {', '.join(finding.snapshots)}" if finding.snapshots else ""
        note = "" if finding.harmful else " (harmless)"
        click.echo(safe(f"{finding.kind}: {finding.what}{hit}{note}"))
    damaged = sum(finding.harmful for finding in findings)
    how = "every byte" if deep else "catalogue, names and sizes"
    click.echo(f"{how}: {f'{damaged} damaged' if damaged else 'all as it was written'}", err=True)
