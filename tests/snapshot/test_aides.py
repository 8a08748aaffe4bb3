"""Processes that read for a save: equal to threads, wherever the vault lies and whoever dies."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from relab.clouds.objects import Which
from relab.errors import RelabError
from relab.events import Event
from snapshot.collect import aides as aides_module
from snapshot.collect.aides import Aides
from snapshot.collect.crew import threads
from snapshot.collect.driver import Driver
from snapshot.collect.world import Brief, World
from snapshot.data import objects_listing
from snapshot.data.objects import ListObjects
from snapshot.vault.model import Snapshot
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.seal import Sealer
from snapshot.vault.vault import Vault
from tests.snapshot.objects_world import (
    SCOPE,
    Bucket,
    moto_bucket,
    profile_at,
    real_bucket,
    world_of,
)

pytestmark = pytest.mark.timeout(900)  # the first of them may build the server

LONG = b"long" * (1 << 19)


@dataclass(frozen=True, slots=True)
class Who:
    """Tells which process does it, after a while."""

    seconds: float = 0.2

    def run(self, world: World) -> int:
        time.sleep(self.seconds)
        return os.getpid()


@dataclass(frozen=True, slots=True)
class Dies:
    """Is the end of every process but `home`."""

    home: int

    def run(self, world: World) -> str:
        if os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"


@dataclass(frozen=True, slots=True)
class Fails:
    """Cannot be done by anybody."""

    def run(self, world: World) -> None:
        raise RelabError("the disk is full", where=str(os.getpid()), fix="make room")


@dataclass(frozen=True, slots=True)
class Reads:
    """Tells how a bucket is answered, by which process, and whether that asked the SDK."""

    bucket: str

    def run(self, world: World) -> tuple[str, int, bool]:
        got = world.objects.ask(Which(self.bucket, ""), {"list-type": "2"})
        return got.status, os.getpid(), "relab.clouds.descriptions" in sys.modules


@pytest.fixture
def moto(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return moto_bucket(request, monkeypatch)


@pytest.fixture
def aides() -> Iterator[Aides]:
    with closing(Aides(1)) as found:
        yield found


@pytest.fixture
def world(moto: Bucket, vault: Vault, aides: Aides) -> World:
    brief = Brief(moto.profile, SCOPE, "123456789012", vault.where, vault.sealer)
    return World(brief, None, aides)


def done_by(world: World, count: int = 16) -> list[int]:
    return world.objects.each(world.do, [Who() for _ in range(count)])


def test_this_process_and_an_aide_share_the_parts(world: World, aides: Aides) -> None:
    assert world.do(Who()) in aides.pids  # it is there
    pids = done_by(world)
    assert set(pids) == {os.getpid(), *aides.pids}
    assert pids.count(os.getpid()) == 8


def test_what_a_part_raises_is_told_and_the_next_is_done(world: World, aides: Aides) -> None:
    for _ in range(20):
        with pytest.raises(RelabError, match="make room") as told:
            world.do(Fails())
        assert int(told.value.where) in aides.pids
    assert world.do(Who()) in aides.pids


def test_a_part_of_an_aide_that_dies_is_done_here(world: World) -> None:
    parts = [Dies(os.getpid()) for _ in range(40)]
    assert world.objects.each(world.do, parts) == ["done"] * 40
    assert set(done_by(world)) == {os.getpid()}


def test_an_aide_is_handed_credentials_and_asks_no_sdk(
    moto: Bucket, world: World, aides: Aides
) -> None:
    assert world.do(Reads(moto.name)) == ("200", *aides.pids, False)


_RENEWED = {
    "Version": 1,
    "AccessKeyId": "renewed",
    "SecretAccessKey": "secret",
    "Expiration": "2999-01-01T00:00:00Z",
}


def test_an_aide_renews_what_does_not_last_by_itself(
    moto: Bucket, world: World, aides: Aides, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    (tmp_path / "keys").write_text(json.dumps(_RENEWED))
    config.write_text(f"[default]\ncredential_process = cat {tmp_path}/keys\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert world.objects.handed() is None
    assert world.do(Reads(moto.name)) == ("200", *aides.pids, True)


def test_without_credentials_for_an_aide_all_is_done_here(
    moto: Bucket, vault: Vault, aides: Aides, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del moto
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    world = world_of(vault, profile_at("http://127.0.0.1:1"))
    world = World(world.brief, None, aides)
    assert set(done_by(world)) == {os.getpid()}


def test_without_room_for_another_process_all_is_done_here(
    moto: Bucket, world: World, aides: Aides, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "too many processes")

    moto.put(**{f"runs/{number}": b"%d" % number for number in range(60)})
    monkeypatch.setattr(objects_listing, "PAGE", 50)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert not ListObjects(moto.name).run(world).coverage
    assert set(done_by(world)) == {os.getpid()}
    assert not aides.pids


@pytest.fixture
def full(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Give a bucket of small objects, some of them equal, and one that is read in pieces."""
    if request.param == "moto":
        bucket = moto_bucket(request, monkeypatch)
    else:
        bucket = real_bucket(request.getfixturevalue("real_s3"), monkeypatch)
    bodies = {f"runs/{number}": b"%d" % (number % 60) * 500 for number in range(150)}
    bucket.put(**bodies, **{"models/long": LONG})
    return bucket


def saving(
    vault: Vault, bucket: Bucket, aides: Aides | None, then: Callable[[Event], None]
) -> Snapshot:
    with vault.saving("one", {}) as draft:
        brief = Brief(bucket.profile, SCOPE, "123456789012", vault.where, vault.sealer)
        with threads(World(brief, draft.store, aides), 4) as crew:
            for event in Driver(draft, crew, SCOPE.tenants).run([ListObjects(bucket.name)]):
                then(event)
        draft.finish()
    assert vault.verify("one", deep=True).findings == ()
    assert draft.store.leftovers() == []
    return vault.reader().snapshot("one")


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aides_module, "WORTH", 1)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    ("full", "any_vault"),
    [("moto", "folder"), ("moto", "bucket"), ("versitygw", "folder")],
    indirect=True,
)
def test_a_save_is_equal_to_that_of_threads(
    full: Bucket, any_vault: Vault, aides: Aides, means: Means, tmp_path: Path
) -> None:
    other = make_vault(str(tmp_path / "other"), means, [means.key().recipient])
    alone = saving(other, full, None, lambda _: None)
    shared = saving(any_vault, full, aides, lambda _: None)
    assert aides.pids
    assert (shared.content, shared.items) == (alone.content, 151)


@pytest.mark.usefixtures("eager")
def test_an_aide_that_is_killed_between_two_chunks_is_no_loss(
    moto: Bucket,
    vault: Vault,
    aides: Aides,
    means: Means,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(objects_listing, "_LARGEST", 50)
    moto.put(**{f"runs/{number}": b"%d" % number for number in range(120)})
    other = make_vault(str(tmp_path / "other"), means, [means.key().recipient])
    alone = saving(other, moto, None, lambda _: None)
    killed: list[int] = []

    def kill(event: Event) -> None:
        del event
        if aides.pids and not killed:
            killed.extend(aides.pids)
            os.kill(killed[0], signal.SIGKILL)

    assert saving(vault, moto, aides, kill).content == alone.content
    assert killed


def test_aides_are_started_with_the_first_listing_of_a_first_save_alone(
    moto: Bucket, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects_listing, "PAGE", 50)
    few = {f"runs/{number}": b"%d" % number for number in range(60)}
    moto.put(**few)
    with closing(Aides(1)) as first:
        saving(vault, moto, first, lambda _: None)
        assert first.pids  # though there are too few objects for it
    with closing(Aides(1)) as second:
        world = world_of(vault, moto.profile)
        found = ListObjects(moto.name).run(World(world.brief, None, second))
        assert any(isinstance(task, ListObjects) for task in found.then)
        assert not second.pids


def test_many_small_chunks_are_worth_aides_together() -> None:
    with closing(Aides(1)) as aides:
        assert [aides.expect(200) for _ in range(4)] == [False, False, True, True]


@dataclass(frozen=True, slots=True)
class Policy:
    """Tells how the process that does it is scheduled."""

    def run(self, world: World) -> int:
        return os.sched_getscheduler(0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a policy")
def test_an_aide_interrupts_nobody(world: World) -> None:
    assert world.do(Policy()) == os.SCHED_BATCH != os.sched_getscheduler(0)


_ORPHAN = "import sys; from tests.snapshot.test_aides import orphaned; orphaned(*sys.argv[1:])"


def orphaned(endpoint: str, place: str) -> None:
    """Start an aide, say which, and wait to be killed."""
    brief = Brief(profile_at(endpoint), SCOPE, "123456789012", place, Sealer((), b""))
    aides = Aides(1)
    sys.stdout.write(f"{World(brief, None, aides).do(Who())}\n")
    sys.stdout.flush()
    time.sleep(600)


def test_an_aide_ends_with_whoever_started_it(moto: Bucket, vault: Vault) -> None:
    endpoint = str(moto.client.meta.endpoint_url)
    command = [sys.executable, "-c", _ORPHAN, endpoint, vault.where]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as parent:
        assert parent.stdout
        aide = int(parent.stdout.readline())
        assert aide != parent.pid
        parent.kill()
    while _is_there(aide):
        time.sleep(0.05)


def _is_there(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]
    except FileNotFoundError:
        return False
