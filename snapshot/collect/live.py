"""The world as it is now, read like a snapshot but kept for the length of a block only."""

import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from profiles.model import Profile
from relab.errors import UsageError
from relab.events import Event
from snapshot.collect.save import Order, save
from snapshot.collect.scope import Scope
from snapshot.vault.model import LIVE, Snapshot
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def scope_of(snapshot: Snapshot) -> Scope:
    """Return what `snapshot` was to save; UsageError when that is not written with it."""
    raw = snapshot.scope
    try:
        tenants, only = (tuple(map(str, raw[name])) for name in ("tenants", "only"))
        return Scope(tenants, only, bool(raw["data"]), bool(raw["versions"]))
    except (KeyError, TypeError) as error:
        raise UsageError(
            f"snapshot {snapshot.name} does not say what it was to save",
            fix="compare it with another snapshot",
        ) from error


@contextmanager
def scratch(vault: Vault) -> Iterator[Vault]:
    """Give an empty vault that seals as `vault` does and goes with the block."""
    with tempfile.TemporaryDirectory(prefix="relab-live-") as folder:
        means = Means(lambda: vault.key, _no_client)
        yield make_vault(folder, means, vault.sealer.recipients)


def read(
    vault: Vault, into: Vault, profile: Profile, base: Snapshot, environ: Mapping[str, str]
) -> Generator[Event, None, Snapshot]:
    """Read what `base` was to save into `into`; yield events and return the snapshot.

    Objects that look as in the newest snapshot of `vault` are not read again.
    """
    order = Order(profile, LIVE, replace(scope_of(base), reread=False))
    yield from save(into, order, environ, earlier=vault.where)
    return into.reader().snapshot(LIVE)


def _no_client() -> "S3Client":
    raise AssertionError("the scratch vault is a folder")
