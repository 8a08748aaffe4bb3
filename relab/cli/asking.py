"""Ask before something is taken away."""

import sys

import click

from relab.errors import Refused


def ask_first(question: str, *, yes: bool) -> None:
    """Return when the person agrees, or `yes` was given; Refused where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refused("nobody is there to ask, and nothing was done", fix="give --yes")
    click.confirm(question, abort=True, err=True)
