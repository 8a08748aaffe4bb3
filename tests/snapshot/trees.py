"""What tests of exported trees share: a small world, its export, and hands that edit it."""

import hashlib
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

import yaml

from relab.resources.item import Item, canonical
from snapshot.tree import text
from snapshot.tree.exporting import Exported, export
from snapshot.tree.importing import Imported, read_tree
from snapshot.vault.model import Coverage, Covered
from snapshot.vault.vault import Vault
from tests.vault.world import SECRETS, Work, data, item, save_unit

T = TypeVar("T")
SCOPE = {"tenants": ["01", "02"], "data": True}
Edit = Callable[[dict[str, Any]], None]


def result(events: Generator[Any, None, T]) -> T:
    """Run an engine to its end and return what it found."""
    try:
        while True:
            next(events)
    except StopIteration as end:
        found: T = end.value
        return found


def exported(vault: Vault, name: str, folder: Path, **options: Any) -> Exported:
    return result(export(vault, name, folder, **options))


def imported(vault: Vault, folder: Path, name: str = "back", **options: Any) -> Imported:
    return result(read_tree(vault, folder, name, **options))


def objects(count: int, bucket: str = "b") -> list[Item]:
    return [
        Item("aws", "s3.object", "r", f"{bucket}/{n:05}", {"Size": n}, {"At": n}, tenant="01")
        for n in range(count)
    ]


def save_world(vault: Vault, name: str = "one", *, gap: bool = True) -> None:
    """Save resources with data and secrets of two tenants, objects, an empty unit and a gap."""
    with vault.saving(name, SCOPE, cohort="2026-1") as saving:
        for tenant in ("01", "02"):
            save_unit(saving, Work(tenant, "made.type", 3))
        with saving.unit("objects") as unit:
            for one in objects(5):
                unit.add(one, {"body": saving.put_blob(data(Work("01", "s3.object"), 1))})
        with saving.unit("empty") as unit:
            unit.cover(Coverage("made", "made.none", "", "", Covered.EMPTY, 0))
        with saving.unit("gaps") as unit:
            state = Covered.DENIED if gap else Covered.EMPTY
            unit.cover(Coverage("made", "made.gap", "r", "02", state, 0, "no right\x1b[0m"))
        saving.finish()


def save_items(vault: Vault, items: list[Item], name: str = "one") -> None:
    with vault.saving(name, SCOPE) as saving:
        with saving.unit("all") as unit:
            for one in items:
                unit.add(one, {}, ())
        saving.finish()


def sealed_item(key: str = "secret") -> tuple[Item, tuple[str, ...]]:
    return item(Work("01", key), 0), SECRETS


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below `folder`, but for git's own."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def same_but_for_the_names(one: Path, other: Path) -> bool:
    """Tell whether two trees differ in their manifests only."""
    first, second = contents(one), contents(other)
    return {**first, "snapshot.yaml": b""} == {**second, "snapshot.yaml": b""}


def edit(path: Path, change: Edit) -> None:
    """Change a YAML file as a person would: the meaning, in any style."""
    value = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")


def forge(folder: Path, change: Callable[[list[dict[str, Any]]], None] = lambda _: None) -> None:
    """Make all digests of an edited tree right again, after `change` to the list of units.

    What a stranger can do who knows the format, so that only the reader's own checks are left.
    """
    units = [value for _, value in text.lines((folder / "units.jsonl").read_bytes(), "")]
    for unit in units:
        for name in unit["files"]:
            if os.path.lexists(folder / name) and (folder / name).is_file():
                unit["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    change(units)
    whole = b"".join(text.line(unit) for unit in units)
    (folder / "units.jsonl").write_bytes(whole)
    forge_manifest(
        folder,
        lambda fields: fields["units"].update(sha256=hashlib.sha256(whole).hexdigest()),
    )


def forge_manifest(folder: Path, change: Edit) -> None:
    """Change the manifest and make its digest right again."""
    path = folder / "snapshot.yaml"
    fields = text.load(path.read_bytes(), "")
    del fields["digest"]
    change(fields)
    fields["digest"] = hashlib.sha256(canonical(fields)).hexdigest()
    path.write_bytes(text.dump(fields))
