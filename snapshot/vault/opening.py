"""Make or open a vault: a folder, or `s3://bucket/prefix`."""

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from relab.errors import NoVault, UsageError
from relab.paths import data_dir, state_dir
from snapshot.vault import keys
from snapshot.vault.home import FolderHome, Home
from snapshot.vault.home_bucket import BucketHome
from snapshot.vault.keys import Key
from snapshot.vault.reader import Reader
from snapshot.vault.store import Store
from snapshot.vault.store_local import LocalStore
from snapshot.vault.stores import MakeClient, open_store
from snapshot.vault.vault import Vault

VARIABLE = "RELAB_VAULT"

FindKey = Callable[[], Key]


@dataclass(frozen=True, slots=True)
class Means:
    """What opening a vault may need: the person's key, and a client for a bucket."""

    key: FindKey
    client: MakeClient


def location(environ: Mapping[str, str]) -> str:
    """Return where the vault is: `RELAB_VAULT`, else a folder among the user's data."""
    return environ.get(VARIABLE) or str(data_dir() / "vault")


def find_key(environ: Mapping[str, str], ask: Callable[[], str | None]) -> FindKey:
    """Return what loads the person's key; `ask` gives its passphrase when none is set."""
    return lambda: keys.load(
        keys.key_file(environ), lambda: environ.get(keys.PASSPHRASE_VARIABLE) or ask()
    )


def open_vault(place: str, means: Means) -> Vault:
    """Return the vault at `place`; NoVault when there is none."""
    vault, home = _vault(place, means)
    home.reading()
    return vault


def open_reader(place: str, client: MakeClient) -> Reader:
    """Return a reader of the vault at `place`; NoVault when there is none."""
    return Reader(_home(open_store(place, client)).reading())


def make_vault(place: str, means: Means, recipients: Sequence[str]) -> Vault:
    """Make a vault at `place`, sealed for age `recipients`; UsageError when there is one."""
    vault, home = _vault(place, means)
    try:
        home.reading()
    except NoVault:
        home.create(lambda db: _first(db, recipients))
        return vault
    raise UsageError("there is a vault already", where=place, fix="use it, or name another place")


def _first(db: sqlite3.Connection, recipients: Sequence[str]) -> None:
    values = {
        "id": str(uuid.uuid4()),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "recipients": json.dumps(list(recipients)),
    }
    db.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", values.items())


def _vault(place: str, means: Means) -> tuple[Vault, Home]:
    store = open_store(place, means.client)
    home = _home(store)
    return Vault(store, home, means.key), home


def _home(store: Store) -> Home:
    if isinstance(store, LocalStore):
        return FolderHome(store.folder)
    name = hashlib.sha256(store.where.encode()).hexdigest()[:16]
    return BucketHome(store, state_dir() / "vaults" / name)
