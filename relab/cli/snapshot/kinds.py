"""`relab snapshot types`: what relab can save and put back."""

import json
from dataclasses import asdict

import click

from relab.text import pad, safe


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def command(as_json: bool) -> None:
    """List the types of resources and data, and what cannot be put back, with the reason."""
    from snapshot.kinds import kinds

    rows = list(kinds())
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        told = safe(row.reason or row.note)
        state = "yes" if row.restorable else "no"
        click.echo(f"{row.provider:<11}{pad(safe(row.type), 52)} {state:<4}{told}".rstrip())
    again = sum(row.restorable for row in rows)
    click.echo(f"{len(rows)} types, of which {again} can be put back", err=True)
