"""Write the reference pages from the code itself; `--check` fails when a page is out of date."""

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from profiles.schema import json_schema
from relab.checks.registry import CHECKS, SECTIONS
from relab.checks.texts import say
from relab.cli import COMMANDS
from relab.cli import relab as root
from relab.errors import Exit
from relab.lab.schema import schema as lab_schema
from relab.languages import Language
from relab.resources.actions import delete_actions, read_actions, write_actions
from relab.resources.model import ResourceType
from relab.resources.registry import TYPES

DOCS = Path(__file__).parent.parent / "docs"
_MADE = "<!-- made by `make reference`; do not edit -->\n"


def cli() -> str:
    """Return the page of all commands, their options and the exit codes."""
    pages = [_command("relab", root)]
    for name in COMMANDS:
        pages += _tree(f"relab {name}", import_module(f"relab.cli.{name}").command)
    codes = "\n".join(f"| {int(code)} | {code.name.lower().replace('_', ' ')} |" for code in Exit)
    return (
        f"{_MADE}# Command line\n\nstdout is data, stderr is talk.\n\n"
        f"| exit code | meaning |\n| --- | --- |\n{codes}\n\n" + "\n".join(pages)
    )


def _tree(path: str, command: click.Command) -> Iterator[str]:
    yield _command(path, command)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in sorted(command.list_commands(context)):
            child = command.get_command(context, name)
            if child is not None:
                yield from _tree(f"{path} {name}", child)


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    rows = [record for p in command.params if (record := p.get_help_record(context))]
    table = "".join(f"| `{name}` | {_cell(text)} |\n" for name, text in rows)
    head = "| option | meaning |\n| --- | --- |\n" if table else ""
    return f"## {path}\n\n`{usage}`\n\n{_prose(command.help)}\n\n{head}{table}"


def _prose(text: str | None) -> str:
    return "\n".join(line.strip() for line in (text or "").strip().splitlines())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def profile() -> str:
    """Return the page of all keys of a profile."""
    schema = json_schema()
    parts = {"": schema, **schema["$defs"]}
    body = "\n".join(_part(name, part) for name, part in parts.items())
    return f"{_MADE}# Profile file\n\nThe JSON Schema: `relab profile schema`.\n\n{body}"


def _part(name: str, part: dict[str, Any]) -> str:
    rows = "".join(
        f"| `{key}` | {_cell(_kind(value))} | {_cell(str(value.get('default', '')))} |\n"
        for key, value in part["properties"].items()
    )
    text = _prose(part.get("description"))
    title = name or "Profile"
    return f"## {title}\n\n{text}\n\n| key | value | default |\n| --- | --- | --- |\n{rows}"


def _kind(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return f"`{value['$ref'].rpartition('/')[2]}`"
    if "anyOf" in value:
        return " or ".join(_kind(option) for option in value["anyOf"])
    if "const" in value or "enum" in value:
        return " or ".join(f"`{item}`" for item in value.get("enum", [value.get("const")]))
    if value.get("type") == "array":
        return f"list of {_kind(value['items'])}"
    pattern = f" `{value['pattern']}`" if "pattern" in value else ""
    return f"{value.get('type', '')}{pattern}"


def lab() -> str:
    """Return the JSON Schema of `lab.yaml`."""
    return json.dumps(lab_schema(), indent=2, ensure_ascii=False) + "\n"


def checks() -> str:
    """Return the page of all checks."""
    parts = "\n".join(
        f"## {say(f'section.{section}', Language.EN)}\n\n"
        "| step | check | what it does | what it reads | skipped without |\n"
        f"| --- | --- | --- | --- | --- |\n{''.join(_checks(section))}"
        for section in SECTIONS
    )
    return f"{_MADE}# Checks\n\nWhat each verdict means: [checks](../checks.md).\n\n{parts}"


def _checks(section: str) -> Iterator[str]:
    for check in CHECKS:
        if check.section == section:
            need = check.need.name if check.need else ""
            told = _prose(check.run.__doc__)
            yield f"| {check.step} | `{check.id}` | {told} | {check.reads} | {need} |\n"


def resource_types() -> str:
    """Return the page of all AWS resource types."""
    rows = "".join(_type_row(kind) for kind in TYPES)
    parts = "\n".join(_type(kind) for kind in TYPES)
    return (
        f"{_MADE}# AWS resource types\n\n"
        "What a type declares and how to add one: [resource types](../resource-types.md).\n\n"
        "| type | scope | made again | called by aws-nuke |\n| --- | --- | --- | --- |\n"
        f"{rows}\n{parts}"
    )


def _type_row(kind: ResourceType) -> str:
    again = "yes" if kind.restorable else f"no: {kind.reason}"
    nuke = f"`{kind.nuke}`" if kind.nuke else f"none: {kind.no_nuke}"
    return f"| [`{kind.type}`](#{_anchor(kind.type)}) | {kind.scope} | {again} | {nuke} |\n"


def _anchor(title: str) -> str:
    return title.replace(".", "")


def _type(kind: ResourceType) -> str:
    facts = {
        "Key": f"`{kind.key}`",
        "Rights to read": _codes(read_actions(kind)),
        "Rights to make": _codes(write_actions(kind)),
        "Removed by": _codes(tuple(dict.fromkeys(one.operation for one in kind.remove))),
        "Rights to remove": _codes(delete_actions(kind)),
        "Not removed": kind.stays,
        "Removed only by name": "; ".join(rule.reason for rule in kind.keeps),
        "Sealed": _codes(tuple(secret.path for secret in kind.secrets)),
        "After the data": _codes(tuple(step.operation for step in kind.steps if step.late)),
        "Comes with": _codes(tuple(dict.fromkeys(rule.type for rule in kind.owners))),
        "Skipped": "; ".join(dict.fromkeys(rule.reason for rule in kind.skips)),
        "Changes by itself": _codes(kind.volatile),
        "Note": kind.notes,
    }
    lines = "".join(f"- {name}: {value}\n" for name, value in facts.items() if value)
    return f"## {kind.type}\n\n{lines}"


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "profile.md": profile,
    "lab.schema.json": lab,
    "checks.md": checks,
    "resource-types.md": resource_types,
}


def main(check: bool) -> int:
    """Write every page, or return 1 and name those that differ when `check`."""
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / "reference" / name, make()
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"out of date: {', '.join(stale)} -> make reference", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
