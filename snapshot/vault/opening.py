"""Make or open a vault: a folder, or `s3://bucket/prefix`."""

import hashlib
import json
import os
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from relab.errors import NoVault, UsageError
from relab.paths import data_dir, state_dir
from snapshot.vault import keys
from snapshot.vault.home import FolderHome, Home
from snapshot.vault.home_bucket import BucketHome
from snapshot.vault.keys import Key
from snapshot.vault.reader import Reader
from snapshot.vault.store import Store
from snapshot.vault.store_local import LocalStore
from snapshot.vault.store_s3 import S3Store
from snapshot.vault.vault import Vault

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VARIABLE = "RELAB_VAULT"
_BUCKET = "s3"

FindKey = Callable[[], Key]
MakeClient = Callable[[], "S3Client"]


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


def open_store(place: str, client: MakeClient) -> Store:
    """Return where the bytes of the vault at `place` go: for a worker that may only add to it."""
    return _bucket(place, client)[0] if "://" in place else _folder(place)[0]


def open_reader(place: str, client: MakeClient) -> Reader:
    """Return a reader of the vault at `place`; NoVault when there is none."""
    home = _bucket(place, client)[1] if "://" in place else _folder(place)[1]
    return Reader(home.reading())


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
    store, home = _bucket(place, means.client) if "://" in place else _folder(place)
    return Vault(store, home, means.key), home


def _folder(place: str) -> tuple[Store, Home]:
    folder = Path(os.path.abspath(Path(place).expanduser()))  # noqa: PTH100 - resolve() would follow links
    return LocalStore(folder), FolderHome(folder)


def _bucket(place: str, client: MakeClient) -> tuple[Store, Home]:
    parts = urlsplit(place)
    if parts.scheme != _BUCKET or not parts.netloc:
        raise UsageError(f"'{place}' is no vault", fix="name a folder, or s3://bucket/prefix")
    store = S3Store(client(), parts.netloc, parts.path)
    name = hashlib.sha256(store.where.encode()).hexdigest()[:16]
    return store, BucketHome(store, state_dir() / "vaults" / name)
