"""`relab snapshot export`: a snapshot as a folder of text, for people and git."""

from pathlib import Path

import click

from relab.cli.means import the_vault
from relab.cli.snapshot.opened import follow
from relab.text import safe, size_of


@click.command()
@click.argument("name")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--no-data", is_flag=True, help="Leave out objects, images and dumps.")
@click.option("--force", is_flag=True, help="Replace an earlier export in DIR.")
def command(name: str, folder: Path, no_data: bool, force: bool) -> None:
    """Write snapshot NAME to DIR: one file a resource, secrets sealed, the same text each time.

    DIR is new, empty, or (with --force) an earlier export.
    """
    from snapshot.tree.exporting import export

    done = follow(export(the_vault(), name, folder, data=not no_data, force=force))
    data = f"{done.blobs} blobs of {size_of(done.blob_bytes)}"
    if no_data:
        data = f"without {size_of(done.left_out)} of data, so it can only be imported where that is"
    click.echo(f"{safe(folder)}: {done.items} items in {done.files} files, {data}", err=True)
