"""`relab roster`: all tenants and their checks in one table."""

import os

import click

from relab.languages import pick


@click.command()
@click.option("--section", "sections", multiple=True, help="Only this section; repeat for more.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of rows on stdout.")
@click.option("--lang", help="Language: ko or en (RELAB_LANG).")
@click.pass_context
def command(ctx: click.Context, sections: tuple[str, ...], as_json: bool, lang: str | None) -> None:
    """Check every tenant of the roster and show them in one table."""
    from profiles.loader import active
    from relab.checks.registry import choose
    from relab.cli.check import Wanted, report

    profile = active(os.environ)
    wanted = Wanted(
        tenants=profile.tenants,
        checks=tuple(check.id for check in choose(sections=sections)),
        language=pick(lang, os.environ),
        as_json=as_json,
        evidence=False,
        junit=None,
        matrix=True,
    )
    ctx.exit(report(profile, wanted, None))
