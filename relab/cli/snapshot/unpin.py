"""`relab snapshot unpin`: let a snapshot go the way of the others."""

import click

from relab.cli.snapshot.opened import opened


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Let `prune` decide about snapshot NAME again."""
    vault, _, snapshot = opened(name)
    vault.pin(snapshot.name, pinned=False)
    click.echo(f"{snapshot.name}: no longer pinned", err=True)
