"""`relab snapshot`: save, look at, compare, check, export and keep snapshots of the vault.

One file a subcommand, loaded only when it is named.
"""

from importlib import import_module

import click

# The names are words that Python or its library keep for itself; the modules are called otherwise.
MODULES = {
    "save": "save",
    "list": "listing",
    "show": "show",
    "diff": "diff",
    "verify": "verify",
    "export": "exporting",
    "import": "importing",
    "pin": "pin",
    "unpin": "unpin",
    "prune": "prune",
    "types": "kinds",
}


class Subcommands(click.Group):
    """A group whose members are the modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the day's work."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the module of `cmd_name` and return its `command`; None when there is none."""
        if cmd_name not in MODULES:
            return None
        found: click.Command = import_module(f"{__name__}.{MODULES[cmd_name]}").command
        return found


@click.group(cls=Subcommands)
def command() -> None:
    """Look at snapshots, compare, check, export and keep them."""
