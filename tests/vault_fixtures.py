"""Vaults for tests: in a folder, and in a bucket of a real moto server."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from snapshot.vault import keys
from snapshot.vault.opening import Means, find_key, make_vault
from snapshot.vault.store import Store
from snapshot.vault.store_local import LocalStore
from snapshot.vault.store_s3 import S3Store
from snapshot.vault.vault import Vault

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def s3() -> Iterator["S3Client"]:
    """Serve S3 on a free loopback port and yield a client of it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(s3={"addressing_style": "path"}, max_pool_connections=32),
    )
    server.stop()


@pytest.fixture
def bucket(s3: "S3Client") -> str:
    """Make a bucket of the test's own."""
    name = f"vault-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def key_path(home: Path) -> Path:
    return home / "vault.key"


@pytest.fixture
def key(key_path: Path) -> keys.Key:
    return keys.create(key_path)


@pytest.fixture
def means(key: keys.Key, key_path: Path, request: pytest.FixtureRequest) -> Means:
    """Give the test's key, and the server's client to who asks for it."""
    del key
    environ = {keys.FILE_VARIABLE: str(key_path)}
    return Means(find_key(environ, lambda: None), lambda: request.getfixturevalue("s3"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def vault(folder: Path, means: Means, key: keys.Key) -> Vault:
    """Make an empty vault in `folder`."""
    return make_vault(str(folder), means, [key.recipient])


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, folder: Path) -> Store:
    """Give each kind of store in turn, empty."""
    if request.param == "folder":
        return LocalStore(folder)
    return S3Store(request.getfixturevalue("s3"), request.getfixturevalue("bucket"), "some/prefix")


@pytest.fixture(params=["folder", "bucket"])
def any_vault(request: pytest.FixtureRequest, folder: Path, means: Means, key: keys.Key) -> Vault:
    """Give a vault in each kind of place in turn, empty."""
    place = str(folder)
    if request.param == "bucket":
        place = f"s3://{request.getfixturevalue('bucket')}/cohorts"
    return make_vault(place, means, [key.recipient])
