"""`relab profile`: list, show, validate, begin and describe profiles."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import yaml

from relab.errors import UsageError
from relab.text import safe


@click.group()
def command() -> None:
    """See and write profiles: account, cluster, roster and naming rules."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_(as_json: bool) -> None:
    """List the profiles that have a name, and their files."""
    from profiles import loader

    rows = [{"name": name, "file": str(path)} for name, path in loader.listing().items()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{safe(row['name']):<16} {safe(row['file'])}")


@command.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="JSON in place of YAML.")
def show(name: str | None, as_json: bool) -> None:
    """Show the profile NAME (default: the active one) with all defaults filled in."""
    from profiles import loader

    # JSON and back: YAML writes lists, but no tuples.
    data = json.loads(json.dumps(asdict(loader.active(os.environ, name))))
    click.echo(
        json.dumps(data, ensure_ascii=False)
        if as_json
        else yaml.safe_dump(data, allow_unicode=True, sort_keys=False).rstrip()
    )


@command.command()
@click.argument("names", nargs=-1)
def validate(names: tuple[str, ...]) -> None:
    """Check profiles (default: the active one); the first error names file, line and key."""
    from profiles import loader

    for name in names or (None,):
        profile = loader.active(os.environ, name)
        click.echo(f"{profile.name}: valid, {len(profile.tenants)} tenants")


@command.command()
def schema() -> None:
    """Print the JSON Schema of a profile file."""
    from profiles.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@command.command()
@click.argument("name")
@click.option("--account", help="The 12 digits of the AWS account.")
@click.option("--region", help="The AWS region.")
@click.option("--cluster", help="The EKS cluster's name.")
@click.option("--extends", "base", default="ha-mlops", show_default=True, help="Start from this.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
def init(force: bool, **answers: str | None) -> None:
    """Write profile NAME of your own, starting from another."""
    data = _begin(answers)
    path = _target(str(data["name"]), force)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    new.replace(path)
    click.echo(f"{safe(path)}: written; choose it with: export RELAB_PROFILE={path.stem}")


def _begin(answers: dict[str, str | None]) -> dict[str, Any]:
    from profiles import loader

    base = loader.load(str(answers["base"]))
    account = answers["account"] or _ask("AWS account id (12 digits)", "--account")
    data = {
        "format": base.format,
        "name": answers["name"],
        "extends": answers["base"],
        "aws": {"account": account, "region": answers["region"] or base.aws.region},
        "kubernetes": {"cluster": answers["cluster"] or base.kubernetes.cluster},
    }
    loader.from_data(data, "relab profile init")
    return data


def _ask(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"no {option} given and no terminal to ask", fix=f"add {option}")
    return str(click.prompt(question, err=True))


def _target(name: str, force: bool) -> Path:
    from profiles import loader

    path = loader.folders()[0] / f"{name}.yaml"
    if "/" in name or name.startswith("."):
        raise UsageError(f"'{safe(name)}' is no profile name", fix="use a-z, 0-9 and -")
    if path.exists() and not force:
        raise UsageError("exists already", where=safe(path), fix="edit it, or add --force")
    return path
