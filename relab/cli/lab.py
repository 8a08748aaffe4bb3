"""`relab lab`: the labs, their text, and the screen that walks through one."""

import json
import os
from dataclasses import asdict

import click

from relab.lab import Lab, Reader, blocks, fill, labs, load, plain, text
from relab.lab.model import OVERVIEW, Step
from relab.languages import Language, pick
from relab.text import pad, safe

DEFAULT = "lab-1-1"
_language = click.option("--lang", help="Language: ko or en (RELAB_LANG).")
_slug = click.argument("slug", default=DEFAULT)


@click.group()
def command() -> None:
    """List the labs, read one, or open it."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@_language
def list_(as_json: bool, lang: str | None) -> None:
    """List the labs and their minutes."""
    language = pick(lang, os.environ)
    if as_json:
        click.echo(json.dumps([_summary(lab) for lab in labs()], ensure_ascii=False))
        return
    for lab in labs():
        click.echo(f"{lab.slug}  {lab.minutes:>3} min  {safe(lab.title.say(language))}")


def _summary(lab: Lab) -> dict[str, object]:
    return {"slug": lab.slug, "title": asdict(lab.title), "minutes": lab.minutes}


@command.command()
@_slug
@click.option("--step", "step_id", help="One step's text, such as 1.4; else the outline.")
@click.option("--page", help="Any page's text: overview, finish, or a known problem.")
@click.option("--tenant", help="Whose names are filled in.")
@click.option("--markdown", "form", flag_value="markdown", help="The page in Markdown.")
@click.option("--json", "form", flag_value="json", help="The outline as JSON.")
@_language
def show(
    slug: str,
    step_id: str | None,
    page: str | None,
    tenant: str | None,
    form: str | None,
    lang: str | None,
) -> None:
    """Show a lab's outline, or the text of one of its steps with a tenant's names."""
    lab, language = load(slug), pick(lang, os.environ)
    if form == "json":
        click.echo(json.dumps(asdict(lab), ensure_ascii=False))
    elif step_id or page:
        wanted = lab.step(step_id).id if step_id else str(page)
        body = _page(lab, wanted, language, tenant)
        click.echo(body.rstrip() if form == "markdown" else _plain(lab, wanted, body, language))
    else:
        _outline(lab, language)


def _outline(lab: Lab, language: Language) -> None:
    click.echo(f"{lab.slug}: {lab.title.say(language)} ({lab.minutes} min)")
    for section in lab.sections:
        click.echo(f"\n{pad(section.title.say(language), 48)} {section.minutes:>3} min")
        for step in section.steps:
            click.echo(_line(step, language))
    problems = ", ".join(trouble.id for trouble in lab.troubleshooting)
    click.echo(f"\n--page: {OVERVIEW}, finish, {problems}")


def _line(step: Step, language: Language) -> str:
    title = pad(f"{step.id:>5}  {step.title.say(language)}", 48)
    return f"{title} {step.minutes:>3} min  {' '.join(step.checks)}"


def _page(lab: Lab, page: str, language: Language, tenant: str | None) -> str:
    from profiles import loader
    from profiles.naming import tenant_number, values

    profile = loader.active(os.environ)
    number = tenant_number(profile, tenant or os.environ.get("USER_NUM") or profile.tenants[0])
    filled = fill(text(lab.slug, page, language), {**lab.values, **values(profile, number)})
    return safe(filled, keep="\n")


def _plain(lab: Lab, page: str, body: str, language: Language) -> str:
    shell = "powershell" if os.name == "nt" else "sh"
    show = "relab lab show" if lab.slug == DEFAULT else f"relab lab show {lab.slug}"
    rest = plain(blocks(body), Reader(language, shell, show)).rstrip()
    titles = {step.id: f"{step.id}  {step.title.say(language)}" for step in lab.steps}
    titles |= {trouble.id: trouble.title.say(language) for trouble in lab.troubleshooting}
    return f"{titles.get(page, lab.title.say(language))}\n\n{rest}"


@command.command()
@_slug
@click.option("--tenant", help="Tenant number, such as 07.")
@_language
def run(slug: str, tenant: str | None, lang: str | None) -> None:
    """Open a lab on the screen; without a terminal, print the check report."""
    from relab.cli.open import open_lab

    if lang:
        os.environ["RELAB_LANG"] = lang
    click.get_current_context().exit(open_lab(tenant, load(slug).slug))
