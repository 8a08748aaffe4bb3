"""`relab doctor`: what this machine lacks for the lab, and how to get it."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import click

from relab.errors import Exit, RelabError
from relab.events import CheckFinished, Verdict
from relab.languages import Language, pick
from relab.paths import config_dir, state_dir
from relab.text import safe

SANDBOX_PARTS = ("moto", "aiohttp", "trustme", "jsonpatch")
SMALLEST = (60, 16)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing looked at: what was found and, unless it passes, what to do."""

    id: str
    verdict: Verdict
    found: str
    fix: str = ""


@click.command()
@click.option("--tenant", help="Tenant number, such as 07.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of rows.")
@click.option("--lang", help="Language: ko or en (RELAB_LANG).")
@click.pass_context
def command(ctx: click.Context, tenant: str | None, as_json: bool, lang: str | None) -> None:
    """Look at this machine, credentials and cluster."""
    language = pick(lang, os.environ)
    rows = []
    for row in _look(tenant, language):
        rows.append(row)
        if not as_json:
            _say(row)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    bad = {row.verdict for row in rows}
    ctx.exit(
        Exit.CHECKS_FAILED
        if Verdict.FAIL in bad
        else Exit.PARTIAL
        if Verdict.ERROR in bad
        else Exit.OK
    )


def _say(row: Row) -> None:
    click.echo(f"{row.verdict:<5} {row.id:<16} {safe(row.found)}")
    for line in row.fix.splitlines():
        click.echo(f"{'':<22} -> {safe(line)}")


def _look(tenant: str | None, language: Language) -> Iterator[Row]:
    for look in MACHINE:
        yield look()
    yield from _live(tenant, language)


def _python() -> Row:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Row("python", Verdict.PASS, f"Python {version}")


def _terminal() -> Row:
    if not sys.stdout.isatty():
        return Row("terminal", Verdict.PASS, "none; reports are printed plainly")
    size, term = shutil.get_terminal_size(), os.environ.get("TERM", "")
    found = f"{size.columns}x{size.lines}, TERM={term or 'unset'}, {sys.stdout.encoding}"
    if term in {"", "dumb"}:
        return Row("terminal", Verdict.WARN, found, "export TERM=xterm-256color to see the screens")
    if size.columns < SMALLEST[0] or size.lines < SMALLEST[1]:
        return Row("terminal", Verdict.WARN, found, "enlarge the window to 60x16 or more")
    if sys.stdout.encoding.lower().replace("-", "") != "utf8":
        return Row("terminal", Verdict.WARN, found, "export LANG=C.UTF-8 for Korean text")
    return Row("terminal", Verdict.PASS, found)


def _folders() -> Row:
    for folder in (config_dir(), state_dir()):
        at = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not at.is_dir() or not os.access(at, os.W_OK | os.X_OK):
            fix = "make it writable, or set XDG_CONFIG_HOME and XDG_STATE_HOME"
            return Row("folders", Verdict.WARN, f"{at} cannot be written", fix)
    return Row("folders", Verdict.PASS, f"{config_dir()}, {state_dir()}")


def _sandbox() -> Row:
    missing = [name for name in SANDBOX_PARTS if not find_spec(name)]
    if missing:
        found = f"not installed: {', '.join(missing)}"
        return Row("sandbox", Verdict.WARN, found, "pip install 'relab[sandbox]' to practise")
    return Row("sandbox", Verdict.PASS, "its parts are installed")


def _profile() -> Row:
    from profiles import loader

    try:
        profile = loader.active(os.environ)
    except RelabError as error:
        return Row("profile", Verdict.FAIL, f"{error.where} {error.what}".strip(), error.fix)
    source = loader.listing().get(profile.name, Path(os.environ.get(loader.VARIABLE, "")))
    return Row("profile", Verdict.PASS, f"{profile.name} ({source})")


MACHINE: tuple[Callable[[], Row], ...] = (_python, _terminal, _folders, _sandbox, _profile)


def _live(tenant: str | None, language: Language) -> Iterator[Row]:
    from profiles import loader
    from profiles.naming import tenant_number
    from relab.checks.engine import run
    from relab.checks.registry import CHECKS
    from relab.checks.tools import forget

    forget()
    try:
        profile = loader.active(os.environ)
        number = tenant_number(profile, tenant or os.environ.get("USER_NUM") or profile.tenants[0])
        checks = [check.id for check in CHECKS if check.section == "prep"]
        for event in run(profile, [number], checks, environ=os.environ):
            if isinstance(event, CheckFinished):
                yield _row(event, language)
    except RelabError as error:
        yield Row("environment", Verdict.FAIL, f"{error.where} {error.what}".strip(), error.fix)


def _row(event: CheckFinished, language: Language) -> Row:
    from relab.checks.texts import render

    found = "; ".join(render(finding.message, language) for finding in event.findings)
    remedies = [finding.remedy for finding in event.findings if finding.remedy]
    fix = "\n".join(render(remedy, language) for remedy in remedies)
    return Row(event.check.removeprefix("prep."), event.verdict, found, fix)
