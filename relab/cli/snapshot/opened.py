"""What the commands on finished snapshots share."""

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, TypeVar

import click

from relab.cli.means import the_vault
from relab.errors import UsageError

if TYPE_CHECKING:
    from relab.events import Progress
    from snapshot.vault.model import Snapshot
    from snapshot.vault.reader import Reader
    from snapshot.vault.vault import Vault

T = TypeVar("T")


def opened(name: str) -> tuple["Vault", "Reader", "Snapshot"]:
    """Return the vault, its reader and the finished snapshot `name`.

    NoVault, or UsageError when there is no such snapshot.
    """
    from snapshot.showing import find

    vault = the_vault()
    return vault, vault.reader(), find(vault, name)


def new_name(name: str) -> str:
    """Return `name` for a snapshot to be; UsageError when it cannot be one."""
    from snapshot.vault.model import LIVE, check_name

    if name == LIVE:
        raise UsageError(f"'{LIVE}' means the world as it is", fix="choose another name")
    return check_name(name)


def follow(events: "Generator[Progress, None, T]") -> T:
    """Show progress on one line of stderr, where that is a terminal, and return the result."""
    live = sys.stderr.isatty()
    try:
        while True:
            event = next(events)
            if live:
                click.echo(f"\r{event.stage} {event.done}/{event.total}", nl=False, err=True)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        if live:
            click.echo("\r\x1b[K", nl=False, err=True)
