"""Open a lab: on the screen in a terminal, else as a plain report."""

import gc
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click

from relab.errors import RelabError
from relab.languages import pick
from relab.text import safe

SANDBOX = "sandbox"
FIRST = "01"
_ENVIRONMENT = ("AWS_", "KUBECONFIG")


def open_lab(tenant: str | None, lab: str = "lab-1-1") -> int:
    """Open `lab` for `tenant` (None: as last time, or ask) and return the exit code.

    Without RELAB_PROFILE the embedded sandbox is meant; it lives as long as this process.
    """
    language = pick(None, os.environ)
    sandbox = _meant_sandbox()
    number = _two_digits(tenant) if tenant else None
    if _is_screen():
        return _screen(lab, number, sandbox)
    number = _known(number or FIRST)
    if sandbox:
        _start_sandbox()
    return _report(lab, number, str(language))


def _known(tenant: str) -> str:
    """Return `tenant` if it is in the profile's roster, before anything is started for it."""
    from profiles import loader, naming

    return naming.tenant_number(loader.active(os.environ), tenant)


def _is_screen() -> bool:
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return terminal and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}


def _meant_sandbox() -> bool:
    """Tell whether the sandbox is meant; then no credentials of the environment are used."""
    if os.environ.get("RELAB_PROFILE", SANDBOX) != SANDBOX:
        return False
    for name in [name for name in os.environ if name.startswith(_ENVIRONMENT)]:
        del os.environ[name]
    return True


def _two_digits(tenant: str) -> str:
    number = tenant.removeprefix("user")
    return number.zfill(2) if number.isascii() and number.isdigit() else tenant


def _screen(lab: str, tenant: str | None, sandbox: bool) -> int:
    os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
    gc.disable()  # until the first frame: importing makes much that stays, and nothing to collect
    from tui.probe import asked

    with asked(os.environ) as probe:
        from tui.app import RelabApp
        from tui.options import Options

        options = Options(
            lab=lab,
            profile=os.environ.get("RELAB_PROFILE") or SANDBOX,
            sandbox=sandbox,
            tenant=tenant,
            asked_language=pick(None, os.environ) if "RELAB_LANG" in os.environ else None,
            language=pick(None, os.environ),
            ascii=probe.wide(),
            relab=_own_name(),
        )
        app = RelabApp(options)
    code = app.run()
    if app.desks.restore_left_over:
        _tell_how_to_go_on(app.desks.restore_left_over)
    if app.desks.is_cycle_left_over:
        click.echo("relab: the cycle is unfinished; what is done is kept", err=True)
        click.echo("go on with it: relab cycle --resume", err=True)
    if app.failure:
        raise app.failure
    return code if isinstance(code, int) else app.return_code or 0


def _tell_how_to_go_on(snapshot: str) -> None:
    name = safe(snapshot)
    click.echo(f"relab: the restore of {name} is unfinished; what is done is kept", err=True)
    click.echo(f"go on with it: relab restore {name} --resume", err=True)


def _own_name() -> str:
    """Return how a new terminal runs this program: by name where that will do, else by its path.

    A PATH that leads into the virtual environment itself was set for this terminal alone.
    """
    folder = str(Path(sys.executable).parent)
    program = shutil.which("relab", path=folder)
    if program is None:
        return "relab"
    found = shutil.which("relab")
    for_all = sys.prefix == sys.base_prefix or (found and Path(found).parent != Path(folder))
    if found and for_all and Path(found).samefile(program):
        return "relab"
    return shlex.quote(program)


def _start_sandbox() -> None:
    """Start the sandbox, or use the one that is up; its progress goes to stderr."""
    command = [sys.executable, "-m", "relab", "sandbox", "up"]
    command += ["--while-pid", str(os.getpid()), "--json"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        for line in process.stdout or ():
            _tell(line)
    if process.returncode:
        raise RelabError("the sandbox did not start", fix="see the lines above, or relab doctor")


def _tell(line: bytes) -> None:
    try:
        progress = json.loads(line)
        stage, done, total = (progress[key] for key in ("stage", "done", "total"))
    except (ValueError, KeyError, TypeError):
        return
    if done == total:
        click.echo(f"relab: sandbox: {safe(stage)} {total}", err=True)


def _report(lab: str, tenant: str, language: str) -> int:
    from relab.cli.check import command

    arguments = [lab, "--tenant", tenant, "--lang", language]
    code = command.main(arguments, prog_name="relab check", standalone_mode=False)
    return code if isinstance(code, int) else 0
