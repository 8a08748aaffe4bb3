"""A restore that is killed goes on: nothing is made twice, nothing is left over, all is as it was.

RELAB_PROOF=1 (`make proof`) kills at 100 random moments, the suite at 2. Besides, it is killed
exactly between what each call that makes an id has done and the word of it.
"""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from profiles.model import Profile
from relab.resources.registry import by_name
from restore import start
from restore.apply import Applier
from restore.model import Choice, Plan
from restore.plan import make
from snapshot.vault import keys
from snapshot.vault.model import Snapshot
from snapshot.vault.opening import Means, find_key, open_vault
from tests.resources.account import ACCOUNT
from tests.restore import small
from tests.restore.aws_world import AwsWorld, Done, account_world, action_of, own_state, through
from tests.snapshot.meddler import Asked, Rule

PROOF = bool(os.environ.get("RELAB_PROOF"))
GROUPS = 4 if PROOF else 1
MOMENTS = 25 if PROOF else 2
_STATE = "XDG_STATE_HOME"

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.restore.test_kill"])


def restore_in_child(
    profile: Profile, folder: Path, choice: Choice, environ: Mapping[str, str], begun: Any
) -> None:
    """Restore, or go on with a restore, telling `begun` when the applying is about to start."""
    os.environ.update(environ)
    key = find_key({keys.FILE_VARIABLE: str(folder / "vault.key")}, lambda: None)
    vault = open_vault(str(folder / "vault"), Means(key, lambda: None))  # type: ignore[arg-type,return-value]
    snapshot = vault.reader().snapshot("one")
    kept = start.unfinished(snapshot, ACCOUNT)
    plan, saved, live = through(make(vault, snapshot, profile, choice, os.environ))
    made: tuple[Plan, Any, Any] = (kept or plan, saved, live)
    start.keep(made[0])
    hands = start.hands(vault, snapshot, profile, made)
    begun.set()
    for _ in Applier(made[0], hands).run():
        pass


class Child:
    """A restore in a process of its own, which has begun to apply."""

    def __init__(self, world: AwsWorld, folder: Path) -> None:
        begun = FORK.Event()
        environ = {name: os.environ[name] for name in (_STATE, "HOME", "AWS_EC2_METADATA_DISABLED")}
        arguments = (world.profile, folder, world.choice, environ, begun)
        self.process = FORK.Process(target=restore_in_child, args=arguments)
        self.process.start()
        assert begun.wait(120)

    def ended(self) -> bool:
        """Tell whether it came to its end, and was not killed."""
        self.process.join()
        assert self.process.exitcode in (0, -signal.SIGKILL)
        return self.process.exitcode == 0

    def kill(self) -> None:
        self.process.kill()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("account")


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[tuple[AwsWorld, Snapshot]]:
    with own_state(folder), account_world(folder, small.fill, small.TYPES) as world:
        yield world, world.save()


@pytest.fixture
def saved(
    shared: tuple[AwsWorld, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[AwsWorld, Snapshot]:
    """Give an empty account, its snapshot, and a folder of the test's own for the journal."""
    monkeypatch.setenv(_STATE, str(tmp_path))
    world = shared[0]
    world.meddler.choose = lambda _: None
    world.account.reset()
    return shared


def assert_whole(world: AwsWorld, done: Done) -> None:
    assert done.failures == []
    assert done.report.differences == ()
    assert done.clean
    assert world.strays(done) == {}


@pytest.mark.timeout(7200 if PROOF else 600)
@pytest.mark.parametrize("group", range(GROUPS))
def test_killed_at_any_moment(
    group: int,
    saved: tuple[AwsWorld, Snapshot],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, snapshot = saved
    seen = world.meddler.seen
    child = Child(world, folder)
    seen.clear()
    assert child.ended()
    # Moments are counted in calls: seconds pass slower while others load the machine.
    calls, moments, killed = len(seen), random.Random(f"restores {group}"), 0
    for number in range(MOMENTS):
        world.account.reset()
        monkeypatch.setenv(_STATE, str(tmp_path / str(number)))
        child = Child(world, folder)
        seen.clear()
        moment = moments.uniform(0, 0.6 * calls)
        while len(seen) < moment and child.process.is_alive():
            time.sleep(0.001)
        child.kill()
        killed += not child.ended()
        assert_whole(world, world.resume(snapshot))
    assert killed >= MOMENTS // 2


MAKES_IDS = [
    kind.create.operation
    for kind in map(by_name().__getitem__, small.TYPES)
    if kind.create and any(handle.answer for handle in kind.handles)
]


@pytest.mark.timeout(600)
def test_killed_before_the_word_of_what_was_made(
    saved: tuple[AwsWorld, Snapshot], folder: Path
) -> None:
    world, snapshot = saved
    left, child = set(MAKES_IDS), [Child.__new__(Child)]

    def kill(asked: Asked) -> None:
        left.discard(action_of(asked))
        child[0].kill()

    def choose(asked: Asked) -> Rule | None:
        return Rule("", after=kill) if action_of(asked) in left else None

    world.meddler.choose = choose
    for _ in MAKES_IDS:
        if left:
            child[0] = Child(world, folder)
            child[0].ended()
    assert not left
    world.meddler.choose = lambda _: None
    assert_whole(world, world.resume(snapshot))
