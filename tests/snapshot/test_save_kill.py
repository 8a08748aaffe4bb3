"""A save of the sandbox that is killed: resumable, equal in the end, and the vault clean each time.

RELAB_PROOF=1 (`make proof`) kills at 100 moments, the suite at 4.
"""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from profiles.model import Profile
from relab.sandbox.session import Session
from snapshot.collect.save import Order, save
from snapshot.collect.scope import SHARED, Scope
from snapshot.vault import keys
from snapshot.vault.opening import Means, find_key, make_vault, open_vault
from snapshot.vault.vault import Vault
from tests.vault.world import harm

PROOF = bool(os.environ.get("RELAB_PROOF"))
GROUPS = 2
MOMENTS = 50 if PROOF else 2
SCOPE = Scope(("01", "02", SHARED))

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.snapshot.test_save_kill"])


def opened(folder: Path, key_path: Path) -> Vault:
    environ = {keys.FILE_VARIABLE: str(key_path)}
    return open_vault(str(folder), Means(find_key(environ, lambda: None), _no_client))


def _no_client() -> Any:
    raise AssertionError("the vault is a folder")


def save_in_child(profile: Profile, folder: Path, key_path: Path, resume: bool, begun: Any) -> None:
    """Save the sandbox, telling `begun` when the save is about to start."""
    vault = opened(folder, key_path)
    begun.set()
    for _ in save(vault, Order(profile, "killed", SCOPE, resume=resume), os.environ):
        pass


class Child:
    """A save in a process of its own."""

    def __init__(self, profile: Profile, folder: Path, key_path: Path, *, resume: bool) -> None:
        begun = FORK.Event()
        arguments = (profile, folder, key_path, resume, begun)
        self.process = FORK.Process(target=save_in_child, args=arguments)
        self.process.start()
        assert begun.wait(120)

    def killed_after(self, seconds: float) -> bool:
        time.sleep(seconds)
        self.process.kill()
        self.process.join()
        return self.process.exitcode == -signal.SIGKILL

    def ended(self) -> None:
        self.process.join()
        assert self.process.exitcode == 0


@pytest.mark.timeout(7200 if PROOF else 600)
@pytest.mark.parametrize("group", range(GROUPS))
def test_killed_at_any_moment(
    group: int, sandbox: Session, vault: Vault, folder: Path, key_path: Path, tmp_path: Path
) -> None:
    child = Child(sandbox.profile, folder, key_path, resume=False)
    started = time.monotonic()
    child.ended()
    duration = time.monotonic() - started
    undisturbed = vault.reader().snapshot("killed")
    moments = random.Random(f"saves {group}")
    killed = 0
    for number in range(MOMENTS):
        place = tmp_path / f"killed-{number}"
        other = make_vault(str(place), Means(lambda: vault.key, _no_client), [vault.key.recipient])
        for _ in range(2):
            if not other.reader().snapshots():
                child = Child(sandbox.profile, place, key_path, resume=has_begun(other))
                killed += child.killed_after(moments.uniform(0, 0.8 * duration))
                assert not harm(other)
        if not other.reader().snapshots():
            Child(sandbox.profile, place, key_path, resume=has_begun(other)).ended()
        found = other.reader().snapshot("killed")
        assert (found.content, found.state) == (undisturbed.content, undisturbed.state)
        assert other.verify("killed", deep=True).findings == ()
        assert not harm(other)
    assert killed >= MOMENTS // 2


def has_begun(vault: Vault) -> bool:
    """Tell whether the save got as far as having a name in the vault."""
    return bool(vault.reader().unfinished())
