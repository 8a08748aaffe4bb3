"""`relab snapshot pin`: keep a snapshot from every prune."""

import click

from relab.cli.snapshot.opened import opened


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Keep snapshot NAME from every prune."""
    vault, _, snapshot = opened(name)
    vault.pin(snapshot.name, pinned=True)
    click.echo(f"{snapshot.name}: pinned", err=True)
