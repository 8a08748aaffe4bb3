"""The same tasks on a Dask cluster of two worker processes on loopback."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from profiles.model import Profile
from profiles.naming import aws_target
from relab.errors import CannotTell
from relab.events import Event, UnitSaved
from relab.sandbox.session import Session
from snapshot.collect.crew import cluster
from snapshot.collect.driver import Driver
from snapshot.collect.save import Order
from snapshot.collect.save import save as save_world
from snapshot.collect.scope import SHARED, Scope
from snapshot.collect.work import Found, Task
from snapshot.collect.world import World
from snapshot.vault.model import Snapshot, State
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault
from tests.snapshot.fakes import TENANTS, Shelf, brief, save, shop

pytest.importorskip("distributed", reason="the cluster extra is not installed")


@dataclass(frozen=True, slots=True)
class Slow(Task):
    """A shelf that says who reads it, in a file of `folder`, and takes its time."""

    shelf: Shelf
    folder: str

    @property
    def unit(self) -> str:
        return self.shelf.unit

    def run(self, world: World) -> Found:
        Path(self.folder, f"{os.getpid()}-{self.shelf.name}").touch()
        time.sleep(0.1)
        return self.shelf.run(world)


@pytest.fixture
def dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Run a scheduler and two worker processes on free loopback ports."""
    from distributed import LocalCluster

    monkeypatch.chdir(tmp_path)  # workers leave scratch files where they start
    with LocalCluster(
        n_workers=2,
        threads_per_worker=2,
        host="127.0.0.1",
        dashboard_address=None,
        worker_dashboard_address=None,
        silence_logs="CRITICAL",
    ) as made:
        yield made


def save_on(dask: Any, vault: Vault, name: str, tasks: list[Task]) -> Snapshot:
    with (
        vault.saving(name, {}) as saving,
        cluster(brief(vault), dask.scheduler_address) as crew,
    ):
        assert crew.size == 4
        for _ in Driver(saving, crew, TENANTS).run(tasks):
            pass
        saving.finish()
    return vault.reader().snapshot(name)


def test_the_same_hash_as_threads(dask: Any, vault: Vault, means: Means, tmp_path: Path) -> None:
    other = make_vault(str(tmp_path / "other"), means, [means.key().recipient])
    on_threads = save(vault, "threads", [shop()])
    on_workers = save_on(dask, other, "workers", [shop()])
    assert on_workers.content == on_threads.content
    assert other.verify("workers", deep=True).findings == ()


def test_a_worker_that_is_killed_is_no_loss(
    dask: Any, vault: Vault, means: Means, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    other = make_vault(str(tmp_path / "other"), means, [means.key().recipient])
    shelves = shop(30).shelves
    slow: list[Task] = [Slow(shelf, str(notes)) for shelf in shelves]
    tasks: list[Task] = [*slow, Assassin(str(notes))]
    on_workers = save_on(dask, other, "workers", tasks)
    pids = {path.name.partition("-")[0] for path in notes.iterdir()}
    assert len(pids) > 2, "Dask has started another worker in place of the dead one"
    assert on_workers.content == save(vault, "threads", [*shelves]).content
    assert other.verify("workers", deep=True).findings == ()


@dataclass(frozen=True, slots=True)
class Assassin(Task):
    """Kills the worker that runs it, once."""

    folder: str

    def run(self, world: World) -> Found:
        try:
            Path(self.folder, "0-killed").touch(exist_ok=False)
        except FileExistsError:
            return Found()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def test_nobody_answers(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snapshot.collect.crew._CONNECT_SECONDS", 0.5)
    with (
        pytest.raises(CannotTell, match="no Dask scheduler answers"),
        cluster(brief(vault), "tcp://127.0.0.1:1"),
    ):
        pass


TENANTS_SAVED = Scope(("01", "07"))


def save_sandbox(vault: Vault, profile: Profile, name: str, scheduler: str = "") -> list[Event]:
    order = Order(profile, name, TENANTS_SAVED, scheduler=scheduler)
    return list(save_world(vault, order, os.environ))


def worker_pids(dask: Any) -> list[int]:
    return [nanny.pid for nanny in dask.workers.values()]


@pytest.fixture
def on_threads(sandbox: Session, vault: Vault) -> Snapshot:
    """Save two tenants of the sandbox with all their data on threads."""
    save_sandbox(vault, sandbox.profile, "threads")
    return vault.reader().snapshot("threads")


@pytest.fixture
def in_bucket(sandbox: Session, means: Means) -> Iterator[Vault]:
    """Make a vault in a bucket that the profile's account holds, and no saved tenant owns."""
    from relab.clouds.aws import Aws

    name = "vault-of-the-cohorts"
    client: Any = Aws().client(aws_target(sandbox.profile), "s3")
    where = {"LocationConstraint": sandbox.profile.aws.region}
    client.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    own = Means(means.key, lambda: client)
    yield make_vault(f"s3://{name}/v", own, [means.key().recipient])
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
        for row in page.get("Contents", ()):
            client.delete_object(Bucket=name, Key=row["Key"])
    client.delete_bucket(Bucket=name)


@pytest.mark.timeout(400)
def test_the_sandbox_by_workers_into_a_bucket(
    dask: Any, sandbox: Session, on_threads: Snapshot, in_bucket: Vault
) -> None:
    save_sandbox(in_bucket, sandbox.profile, "workers", dask.scheduler_address)
    found = in_bucket.reader().snapshot("workers")
    assert (found.content, found.state) == (on_threads.content, on_threads.state)
    assert found.items > 100
    assert in_bucket.verify("workers", deep=True).findings == ()


@pytest.mark.timeout(400)
def test_a_worker_that_dies_half_way_through_the_sandbox(
    dask: Any, sandbox: Session, vault: Vault, on_threads: Snapshot, means: Means, tmp_path: Path
) -> None:
    other = make_vault(str(tmp_path / "other"), means, [means.key().recipient])
    half = on_threads.items // 2
    first, killed = worker_pids(dask), 0
    order = Order(sandbox.profile, "workers", TENANTS_SAVED, scheduler=str(dask.scheduler_address))
    items = 0
    for event in save_world(other, order, os.environ):
        items += event.items if isinstance(event, UnitSaved) else 0
        if items >= half and not killed:
            killed = first[0]
            os.kill(killed, signal.SIGKILL)
    assert killed
    assert killed not in worker_pids(dask), "another worker has taken its place"
    assert other.reader().snapshot("workers").content == on_threads.content
    assert other.verify("workers", deep=True).findings == ()
    assert vault.check() == []


def test_a_vault_in_the_account_is_not_saved_into_itself(
    sandbox: Session, in_bucket: Vault
) -> None:
    order = Order(sandbox.profile, "one", Scope((SHARED,), only=("s3.*",)))
    for name in ("one", "two"):
        for _ in save_world(in_bucket, replace(order, name=name), os.environ):
            pass
    reader = in_bucket.reader()
    one, two = reader.snapshot("one"), reader.snapshot("two")
    assert one.state is State.COMPLETE
    assert one.content == two.content
    keys = {entry.item.key for entry in reader.entries(two)}
    assert "vault-of-the-cohorts" in keys
    assert not [key for key in keys if key.startswith("vault-of-the-cohorts/")]
    told = [line.detail for line in reader.coverage(two) if "not saved into itself" in line.detail]
    assert len(told) == 1
