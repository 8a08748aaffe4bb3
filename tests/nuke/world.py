"""What the tests of the wipe share: profiles, items, a forecast that the gate lets pass."""

import stat
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from profiles.loader import load
from profiles.model import Profile
from relab.nuke.gate import Facts
from relab.nuke.inventory import Inventory
from relab.nuke.lines import Row, State
from relab.nuke.model import By, Doomed, Fate, Forecast
from relab.nuke.rules import Caller
from relab.resources.item import Item
from restore.model import Choice, Plan
from snapshot.vault.model import Snapshot
from snapshot.vault.model import State as Saved

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ACCOUNT, REGION = "123456789012", "ap-northeast-2"
CALLER = Caller(f"arn:aws:iam::{ACCOUNT}:user/staff/teacher", ACCOUNT, ("relab-sandbox",))
DOOMED = Doomed("07", "s3.bucket", "bucket-07", By.NUKE, Fate.CAPTURED)
_GLOBAL = ("s3.", "iam.")


def profile(**nuke: Any) -> Profile:
    """Return the sandbox's profile, reachable nowhere, with other settings of the wipe."""
    found = load("sandbox")
    settings = replace(found.nuke, keep=(), **nuke)
    return replace(found, nuke=settings, aws=replace(found.aws, endpoint="http://127.0.0.1:9"))


def item(kind: str, key: str, document: Any = None, **more: Any) -> Item:
    region = "" if kind.startswith(_GLOBAL) else REGION
    return Item("aws", kind, region, key, document or {}, **more)


def row(kind: str, name: str, state: State = State.NEW, **props: str) -> Row:
    return Row(REGION, kind, name, state, "", props)


def inventory(*items: Item, **more: Any) -> Inventory:
    return Inventory(items, **more)


def snapshot(**changes: Any) -> Snapshot:
    found = Snapshot(
        id=1,
        name="before",
        state=Saved.COMPLETE,
        scope={"tenants": ["07"], "only": [], "data": True, "versions": False},
        cohort="",
        started_at="2026-03-01T10:00:00+00:00",
        finished_at="2026-03-01T11:00:00+00:00",
        verified_at="2026-03-01T11:30:00+00:00",
        verified_deep=True,
    )
    return replace(found, **changes)


def plan(*items: Any) -> Plan:
    choice = Choice(("07", ""))
    return Plan("p", "before", "c", "sandbox", ACCOUNT, choice, "2026-03-01T12:00:00", items)


def facts(**changes: Any) -> Facts:
    """Return facts that nothing speaks against, with some of them changed."""
    found = Facts(
        profile=profile(),
        caller=CALLER,
        snapshot=snapshot(),
        forecast=Forecast(doomed=(DOOMED,)),
        now=NOW,
        plan=plan(),
    )
    return replace(found, **changes)


def script(folder: Path, lines: Sequence[str], name: str = "aws-nuke") -> Path:
    """Write a program of a shell's `lines`, which stands in for an aws-nuke that misbehaves."""
    path = folder / name
    path.write_text("\n".join(("#!/bin/sh", *lines, "")), encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
