"""`relab snapshot import`: an exported folder as a snapshot again."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relab.cli.means import the_vault
from relab.cli.snapshot.opened import follow, new_name
from relab.text import safe, size_of

if TYPE_CHECKING:
    from snapshot.tree.importing import Edits


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the snapshot to make.")
@click.option("--edited", is_flag=True, help="Take DIR although it was edited; it is `partial`.")
@click.option("--resume", is_flag=True, help="Go on after an import that was killed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(folder: Path, name: str, edited: bool, resume: bool, as_json: bool) -> None:
    """Read the export in DIR into the vault, to the same content hash; all of it or nothing."""
    from snapshot.tree.importing import read_tree

    done = follow(read_tree(the_vault(), folder, new_name(name), edited=edited, resume=resume))
    if as_json:
        row = {"name": name, "state": done.state, "items": done.items, "content": done.content}
        click.echo(json.dumps(row | {"exported": done.exported}))
    data = f"{done.blobs} blobs of {size_of(done.blob_bytes)}"
    click.echo(f"{safe(name)}: {done.state}, {done.items} items, {data}", err=True)
    click.echo(f"content {done.content}", err=True)
    if done.unchecked:
        told = "could not be opened and compared: there is no key, or they are for another one"
        click.echo(f"{done.unchecked} sealed values {told}", err=True)
    if done.edits.count:
        _tell(done.edits)
        click.echo(f"not what was exported, which was {done.exported}", err=True)


def _tell(edits: "Edits") -> None:
    for what, names in (
        ("changed", edits.changed),
        ("added", edits.added),
        ("removed", edits.removed),
    ):
        for name in names:
            click.echo(f"{what}: {safe(name)}", err=True)
