"""A save that is killed: never listed, never damaged, resumable, and equal in the end.

RELAB_PROOF=1 (`make proof`) kills at 100 moments, the suite at 20.
"""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from snapshot.vault import keys
from snapshot.vault.check import Kind
from snapshot.vault.opening import Means, find_key, make_vault, open_vault
from snapshot.vault.store_local import LocalStore
from snapshot.vault.vault import Vault
from tests.vault.faulty import FaultyStore, kills
from tests.vault.world import SCOPE, harm, save_all, save_unit, saved, world

PROOF = bool(os.environ.get("RELAB_PROOF"))
GROUPS = 4
MOMENTS = 25 if PROOF else 5
WORKS = world(tenants=4, types=5, things=6)

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.vault.test_kill"])


def child_vault(folder: Path, key_path: Path) -> Vault:
    environ = {keys.FILE_VARIABLE: str(key_path)}

    def no_client() -> None:
        raise AssertionError

    return open_vault(str(folder), Means(find_key(environ, lambda: None), no_client))  # type: ignore[arg-type]  # never called


def save_in_child(folder: Path, key_path: Path, resume: bool, begun: object) -> None:
    """Save the world, telling `begun` (an event) when the save is about to start."""
    vault = child_vault(folder, key_path)
    begun.set()  # type: ignore[attr-defined]  # an event of multiprocessing, which has no type
    save_all(vault, "killed", WORKS, resume=resume)


class Pace:
    """How long a child takes to save this world undisturbed: `seconds` at most.

    A machine that had other work at first is faster later, and a child that ends before it is
    killed proves nothing: it tells how long the next ones take.
    """

    def __init__(self) -> None:
        self.seconds = 60.0

    def saved(self, share: float, folder: Path, key_path: Path, resume: bool) -> bool:
        """Save in a child that is killed after a share of that time; tell whether it was."""
        begun = FORK.Event()
        child = FORK.Process(target=save_in_child, args=(folder, key_path, resume, begun))
        child.start()
        assert begun.wait(60)
        started = time.monotonic()
        child.join(share * self.seconds)
        if child.exitcode == 0 and not resume:
            self.seconds = min(self.seconds, time.monotonic() - started)
        child.kill()
        child.join()
        return child.exitcode == -signal.SIGKILL


@pytest.fixture
def pace(vault: Vault, folder: Path, key_path: Path) -> Pace:
    """Return how long a child takes here and now."""
    save_all(vault, "undisturbed", WORKS)
    found = Pace()
    assert not found.saved(1, folder, key_path, resume=False)
    return found


@pytest.mark.parametrize("group", range(GROUPS))
def test_killed_at_any_moment(
    group: int, vault: Vault, pace: Pace, tmp_path: Path, key_path: Path, means: Means
) -> None:
    moments = random.Random(f"moments {group}")
    killed = 0
    for number in range(MOMENTS):
        folder = tmp_path / f"killed-{number}"
        other = make_vault(str(folder), means, [means.key().recipient])
        killed += pace.saved(moments.uniform(0, 0.8), folder, key_path, resume=False)
        assert not harm(other)
        if not other.reader().snapshots():
            killed += pace.saved(moments.uniform(0, 1), folder, key_path, has_begun(other))
            assert not harm(other)
        if not other.reader().snapshots():
            save_all(other, "killed", WORKS, resume=has_begun(other))
        assert saved(other, "killed").content == saved(vault, "undisturbed").content
        assert other.verify("killed", deep=True).findings == ()
        # Killed between its last commit and giving up the lock, it may leave half a note.
        assert {found.kind for found in other.check(deep=True)} <= {Kind.WRITE_UNFINISHED}
    assert killed >= MOMENTS // 2


def has_begun(vault: Vault) -> bool:
    """Tell whether the save got as far as having a name in the vault."""
    return bool(vault.reader().unfinished())


def killed_at_operation(folder: Path, key_path: Path, number: int) -> None:
    """Save the world and die at the store's writing operation `number`."""
    vault = child_vault(folder, key_path)
    vault._store = FaultyStore(LocalStore(folder), number, kills, short=True)
    with vault.saving("killed", SCOPE) as saving:
        for work in WORKS[:3]:
            save_unit(saving, work)
        saving.finish()


@pytest.mark.parametrize("number", [1, 2, 3, 8, 9, 10, 15])
def test_killed_in_the_middle_of_a_write(
    number: int, vault: Vault, folder: Path, key_path: Path
) -> None:
    child = FORK.Process(target=killed_at_operation, args=(folder, key_path, number))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert not harm(vault)
    assert vault.reader().snapshots() == []
    save_all(vault, "killed", WORKS[:3], resume=has_begun(vault))
    save_all(vault, "undisturbed", WORKS[:3])
    assert saved(vault, "killed").content == saved(vault, "undisturbed").content
    assert not vault.check(deep=True)
