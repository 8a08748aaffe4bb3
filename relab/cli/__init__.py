"""The command line: one file a command, loaded only when it is named.

A command module imports its engine inside the function that runs it, so that `relab --help` loads
neither Textual, boto3 nor kubernetes.
"""

import gc
import os
import sys
from importlib import import_module

import click

from relab import __version__
from relab.errors import Exit, RelabError, UsageError
from relab.languages import pick
from relab.text import safe

COMMANDS = (
    "check",
    "cycle",
    "doctor",
    "lab",
    "nuke",
    "profile",
    "reset",
    "restore",
    "roster",
    "sandbox",
    "snapshot",
    "vault",
)


class Commands(click.Group):
    """A group whose members are the modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of the reference."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the module of `cmd_name` and return its `command`; None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"relab.cli.{cmd_name}").command
        return found


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(__version__, prog_name="relab")
@click.option("--tenant", help="Tenant number, such as 07.")
@click.option("--lang", help="Language: ko or en (RELAB_LANG).")
@click.pass_context
def relab(ctx: click.Context, tenant: str | None, lang: str | None) -> None:
    """Walk through the lab, check it, and put its world back.

    With no command, relab opens the lab; without a terminal it prints the check report.
    """
    if lang:
        os.environ["RELAB_LANG"] = pick(lang, {})
    if ctx.invoked_subcommand is None:
        from relab.cli.open import open_lab

        ctx.exit(open_lab(tenant))


def complain(error: RelabError) -> int:
    """Print `error` as one line on stderr and return its exit code."""
    click.echo(f"relab: {safe(error)}", err=True)
    return int(error.exit_code)


def _misused(error: click.UsageError) -> UsageError:
    """Say in one line what click says in four."""
    path = error.ctx.command_path if error.ctx else "relab"
    what = error.format_message().rstrip(".").replace("\n", " ")
    return UsageError(what, where=path.partition(" ")[2], fix=f"see {path} --help")


def main() -> None:
    """Run the command line and leave with an exit code of DESIGN 8."""
    try:
        code = relab.main(prog_name="relab", standalone_mode=False)
    except RelabError as error:
        code = complain(error)
    except click.UsageError as error:
        code = complain(_misused(error))
    except click.ClickException as error:
        code = complain(RelabError(error.format_message()))
    except (click.Abort, KeyboardInterrupt):
        click.echo("relab: cancelled", err=True)
        code = Exit.CANCELLED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = Exit.OK
    except OSError as error:
        where, what = str(error.filename or ""), error.strerror or str(error)
        code = complain(RelabError(what, where=where, fix="relab doctor looks at this machine"))
    gc.freeze()  # the interpreter would look through all that the SDKs made, and then end
    sys.exit(code if isinstance(code, int) else Exit.OK)
