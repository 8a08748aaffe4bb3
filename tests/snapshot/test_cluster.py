"""The same tasks on a Dask cluster of two worker processes on loopback."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from relab.errors import CannotTell
from snapshot.collect.crew import cluster
from snapshot.collect.driver import Driver
from snapshot.collect.work import Found, Task
from snapshot.collect.world import World
from snapshot.vault.model import Snapshot
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
