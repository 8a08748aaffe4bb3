"""Where the bytes of a vault go, by its place: a folder, or `s3://bucket/prefix`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from relab.errors import UsageError
from snapshot.vault.store import Store
from snapshot.vault.store_local import LocalStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BUCKET = "s3"

MakeClient = Callable[[], "S3Client"]


def open_store(place: str, client: MakeClient) -> Store:
    """Return where the bytes of the vault at `place` go; UsageError when it is no place.

    It is all that a worker needs that may only add to it.
    """
    return _bucket(place, client) if "://" in place else LocalStore(_folder(place))


def _folder(place: str) -> Path:
    return Path(os.path.abspath(Path(place).expanduser()))  # noqa: PTH100 - resolve() would follow links


def _bucket(place: str, client: MakeClient) -> Store:
    from snapshot.vault.store_s3 import S3Store

    parts = urlsplit(place)
    if parts.scheme != _BUCKET or not parts.netloc:
        raise UsageError(f"'{place}' is no vault", fix="name a folder, or s3://bucket/prefix")
    return S3Store(client(), parts.netloc, parts.path)
