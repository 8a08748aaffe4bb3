"""Buckets on S3 servers, saved into a vault by the tasks that a whole save runs."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from bench._servers import REGION, Server
from profiles.loader import load
from profiles.model import Profile
from relab.clouds.objects import Objects
from snapshot.collect.crew import threads
from snapshot.collect.driver import Driver
from snapshot.collect.scope import Scope
from snapshot.collect.work import Found, Task
from snapshot.collect.world import Brief, World
from snapshot.data.objects import ListObjects, ReadObjects
from snapshot.data.objects_names import Name, read
from snapshot.vault.model import Coverage, Covered, Entry, Snapshot
from snapshot.vault.vault import Vault

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCOPE = Scope(("01", ""))


@dataclass(frozen=True)
class Bucket:
    """A bucket of its own, and the profile under whose endpoint it is."""

    name: str
    client: "S3Client"
    profile: Profile

    def put(self, **objects: bytes) -> None:
        for key, body in objects.items():
            self.client.put_object(Bucket=self.name, Key=key, Body=body)


def bucket_at(endpoint: str, access_key: str, secret_key: str) -> Bucket:
    name = f"user01-{uuid.uuid4().hex[:12]}"
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket=name)
    return Bucket(name, client, profile_at(endpoint))


def profile_at(endpoint: str) -> Profile:
    found = load("ha-mlops")
    return replace(found, aws=replace(found.aws, endpoint=endpoint, region=REGION))


def world_of(
    vault: Vault, profile: Profile, scope: Scope = SCOPE, objects: Objects | None = None
) -> World:
    world = World(Brief(profile, scope, "123456789012", vault.where, vault.sealer))
    if objects:
        vars(world)["objects"] = objects
    return world


@dataclass(frozen=True)
class Saved:
    """A snapshot: its entries by the name of the object, and its ledger."""

    snapshot: Snapshot
    entries: dict[Name, Entry]
    ledger: list[Coverage]

    def lines(self, state: Covered) -> list[Coverage]:
        return [line for line in self.ledger if line.state is state]


def saved(vault: Vault, world: World, name: str, tasks: Sequence[Task]) -> Saved:
    with vault.saving(name, {}) as saving:
        vars(world)["store"] = saving.store
        with threads(world, 4) as crew:
            for _ in Driver(saving, crew, world.scope.tenants).run(tasks):
                pass
        saving.finish()
    reader = vault.reader()
    snapshot = reader.snapshot(name)
    entries = {read(entry.item.key): entry for entry in reader.entries(snapshot)}
    return Saved(snapshot, entries, reader.coverage(snapshot))


def save_bucket(vault: Vault, bucket: Bucket, name: str = "one", scope: Scope = SCOPE) -> Saved:
    world = world_of(vault, bucket.profile, scope)
    return saved(vault, world, name, [ListObjects(bucket.name)])


def chunks(world: World, bucket: str) -> Iterator[ReadObjects]:
    """Yield the tasks that read what a listing of `bucket` shows."""
    task: Task | None = ListObjects(bucket)
    while task:
        found: Found = task.run(world)
        yield from (one for one in found.then if isinstance(one, ReadObjects))
        task = next((one for one in found.then if isinstance(one, ListObjects)), None)


def body_of(vault: Vault, entry: Entry) -> bytes:
    return b"".join(vault.blob(entry.blobs["body"].digest))


def blobs_in(folder: Path) -> int:
    return sum(1 for path in (folder / "blobs").glob("??/*"))


@pytest.fixture(params=["moto", "versitygw"])
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Give an empty bucket on each server in turn."""
    if request.param == "moto":
        return moto_bucket(request, monkeypatch)
    return real_bucket(request.getfixturevalue("real_s3"), monkeypatch)


def moto_bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    endpoint: str = request.getfixturevalue("s3").meta.endpoint_url
    return _as("test", "test", endpoint, monkeypatch)


def real_bucket(server: Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return _as(server.access_key, server.secret_key, server.endpoint, monkeypatch)


def _as(access: str, secret: str, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    return bucket_at(endpoint, access, secret)
