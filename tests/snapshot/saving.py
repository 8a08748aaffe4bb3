"""Save a running sandbox into a vault of the test's own."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

from profiles.model import Profile
from relab.events import Event
from snapshot.collect.save import Order, save
from snapshot.collect.scope import SHARED, Scope
from snapshot.vault.model import Coverage, Snapshot
from snapshot.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Saved:
    """A snapshot, the events of its save and its ledger."""

    snapshot: Snapshot
    events: tuple[Event, ...]
    ledger: tuple[Coverage, ...]


def everything(profile: Profile, *only: str, data: bool = True) -> Scope:
    return Scope((*profile.tenants, SHARED), only=only, data=data)


def through(profile: Profile, endpoint: str) -> Profile:
    """Return `profile` with AWS reached at `endpoint`."""
    return replace(profile, aws=replace(profile.aws, endpoint=endpoint))


def saved(
    vault: Vault, profile: Profile, scope: Scope, name: str = "one", *, resume: bool = False
) -> Saved:
    order = Order(profile, name, scope, resume=resume)
    events: Iterable[Event] = tuple(save(vault, order, os.environ))
    reader = vault.reader()
    snapshot = reader.snapshot(name)
    return Saved(snapshot, tuple(events), tuple(reader.coverage(snapshot)))
