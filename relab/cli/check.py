"""`relab check`: ask the live world whether the lab's steps are done."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relab.clouds import expect_many_objects
from relab.errors import Exit, UsageError
from relab.languages import Language, pick

if TYPE_CHECKING:
    from profiles.model import Profile
    from relab.checks.engine import Options
    from relab.checks.report import Style
    from relab.events import CheckFinished

WATCH_SECONDS = 15.0
TOOLS = "prep.tools"
_CLEAR = "\x1b[H\x1b[2J"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    tenants: tuple[str, ...]
    checks: tuple[str, ...]
    language: Language
    as_json: bool
    evidence: bool
    junit: Path | None
    matrix: bool


@click.command()
@click.argument("lab", required=False)
@click.option("--tenant", help="A number such as 07, a range such as 01..05, or all (USER_NUM).")
@click.option("--section", "sections", multiple=True, help="Only this section; repeat for more.")
@click.option("--only", "ids", multiple=True, help="Only this check; repeat for more.")
@click.option(
    "--watch",
    is_flag=False,
    flag_value=WATCH_SECONDS,
    type=click.FloatRange(min=0.1),
    help="Check again every so many seconds (15) until Ctrl+C.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array of rows on stdout.")
@click.option(
    "--junit", type=click.Path(dir_okay=False, path_type=Path), help="Also write JUnit XML."
)
@click.option("--evidence", is_flag=True, help="Show what was asked and answered.")
@click.option("--lang", help="Language: ko or en (RELAB_LANG).")
@click.pass_context
def command(  # noqa: PLR0913 - one argument an option
    ctx: click.Context,
    *,
    lab: str | None,
    tenant: str | None,
    sections: tuple[str, ...],
    ids: tuple[str, ...],
    watch: float | None,
    as_json: bool,
    junit: Path | None,
    evidence: bool,
    lang: str | None,
) -> None:
    """Check the lab's steps on the live world.

    Exit 0 also with warnings, 4 when a check failed, 3 when one could not be asked.
    """
    _hear_tools_early(ids, sections)
    expect_many_objects()
    from profiles.loader import active
    from relab.checks.registry import choose

    profile = active(os.environ)
    _known(lab)
    tenants = chosen_tenants(profile, tenant)
    wanted = Wanted(
        tenants=tenants,
        checks=tuple(check.id for check in choose(ids, sections)),
        language=pick(lang, os.environ),
        as_json=as_json,
        evidence=evidence,
        junit=junit,
        matrix=len(tenants) > 1,
    )
    ctx.exit(report(profile, wanted, watch))


def _hear_tools_early(ids: Sequence[str], sections: Sequence[str]) -> None:
    if not (ids or sections) or TOOLS in ids or TOOLS.partition(".")[0] in sections:
        from relab.checks.tools import hear_early

        hear_early()


def _known(lab: str | None) -> None:
    if lab is None:
        return
    from relab.lab.loader import load, slugs

    if lab not in slugs():
        load(lab)


def chosen_tenants(profile: "Profile", raw: str | None) -> tuple[str, ...]:
    """Return the roster's numbers that `raw` means: `07`, `01..05`, `01,03` or `all`.

    USER_NUM, else the first of the roster, stands in for none. UsageError names the roster.
    """
    from profiles.naming import tenant_number

    wanted = raw if raw is not None else os.environ.get("USER_NUM") or profile.tenants[0]
    if wanted == "all":
        return profile.tenants
    found: list[str] = []
    for part in wanted.split(","):
        first, dots, last = part.strip().partition("..")
        ends = [tenant_number(profile, end) for end in ([first, last] if dots else [first])]
        found += [one for one in profile.tenants if ends[0] <= one <= ends[-1]]
    if not found:
        raise UsageError(f"no tenant in '{wanted}'", fix="write a range such as 01..05")
    return tuple(dict.fromkeys(found))


def report(profile: "Profile", wanted: Wanted, watch: float | None) -> Exit:
    """Check, print and return the exit code; with `watch`, again until Ctrl+C."""
    from relab.checks.engine import Options

    options = Options()
    while True:
        code = _once(profile, wanted, options)
        if watch is None:
            return code
        sys.stdout.flush()
        time.sleep(watch)
        if sys.stdout.isatty():
            click.echo(_CLEAR, nl=False)


def _once(profile: "Profile", wanted: Wanted, options: "Options") -> Exit:
    from relab.checks.engine import run
    from relab.checks.report import exit_code
    from relab.events import CheckFinished

    events = run(profile, wanted.tenants, wanted.checks, environ=os.environ, options=options)
    results = [event for event in events if isinstance(event, CheckFinished)]
    _show(profile, wanted, results)
    if wanted.junit:
        from relab.checks.junit import write

        write(wanted.junit, results, profile.name, wanted.language)
    return exit_code(results)


def _show(profile: "Profile", wanted: Wanted, results: Sequence["CheckFinished"]) -> None:
    from relab.checks.report import Style, as_json, in_colour, in_order, plainly, row

    if wanted.as_json:
        rows = [row(one, wanted.language, evidence=wanted.evidence) for one in in_order(results)]
        click.echo(as_json(rows))
        return
    paint = in_colour if _colours() else plainly
    style = Style(wanted.language, paint, wanted.evidence)
    for line in _lines(profile, wanted, results, style):
        click.echo(line)


def _colours() -> bool:
    dumb = os.environ.get("TERM", "dumb") == "dumb"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and not dumb


def _lines(
    profile: "Profile", wanted: Wanted, results: Sequence["CheckFinished"], style: "Style"
) -> list[str]:
    from profiles.naming import names
    from relab.checks import matrix
    from relab.checks.report import lines

    if wanted.matrix:
        return list(matrix.lines(results, wanted.tenants, profile.name, style))
    number = wanted.tenants[0]
    words = {"user": names(profile, number).user, "profile": profile.name, "number": number}
    return list(lines(results, words, style))
