"""A vault in a bucket: several machines, one chain of catalogues, nobody overwritten."""

import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from relab.errors import CannotTell, Locked, NoVault, RelabError
from snapshot.vault import lock
from snapshot.vault.home import Change
from snapshot.vault.home_bucket import BucketHome
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.prune import Keep
from snapshot.vault.store_s3 import S3Store
from snapshot.vault.vault import Vault
from tests.vault.world import SCOPE, harm, save_all, save_unit, saved, world

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Machine = Callable[[str], Vault]
WORKS = world(2, 2, 2)


@pytest.fixture
def store(s3: "S3Client", bucket: str) -> S3Store:
    return S3Store(s3, bucket, "v")


@pytest.fixture
def machine(store: S3Store, means: Means, tmp_path: Path, bucket: str) -> Machine:
    """Return what opens the vault of the bucket as on another machine."""
    make_vault(f"s3://{bucket}/v", means, [means.key().recipient])

    def at(name: str) -> Vault:
        return Vault(store, BucketHome(store, tmp_path / name), means.key)

    return at


def names(vault: Vault) -> list[str]:
    return [found.name for found in vault.reader().snapshots()]


def test_one_machine_sees_what_another_saved(machine: Machine) -> None:
    save_all(machine("a"), "one", WORKS)
    there = machine("b")
    assert names(there) == ["one"]
    assert there.verify("one", deep=True).recorded
    assert saved(machine("a"), "one").verified_deep
    save_all(there, "two", WORKS)
    assert names(machine("a")) == names(machine("c")) == ["one", "two"]
    assert harm(machine("c")) == []


def test_one_saves_while_another_reads(machine: Machine) -> None:
    reader = machine("a")
    with machine("a").saving("one", SCOPE) as saving:
        save_unit(saving, WORKS[0])
        assert names(reader) == []
        save_all_rest = WORKS[1:]
        for work in save_all_rest:
            save_unit(saving, work)
        saving.finish()
    assert names(reader) == ["one"]


def test_two_savers_at_once(machine: Machine) -> None:
    with machine("a").saving("one", SCOPE) as saving:
        save_unit(saving, WORKS[0])
        with pytest.raises(Locked, match="save one"):
            save_all(machine("b"), "two", WORKS)
        saving.finish()
    save_all(machine("b"), "two", WORKS)
    assert names(machine("c")) == ["one", "two"]


def test_who_slept_while_another_saved_overwrites_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock was taken over meanwhile; the sleeper is told, and goes on from what it had."""
    sleeper = machine("a")
    with pytest.raises(Locked), sleeper.saving("one", SCOPE) as saving:
        for work in WORKS:
            save_unit(saving, work)
        with monkeypatch.context() as patch:
            patch.setattr(lock.Holder, "alive", False)
            save_all(machine("b"), "two", WORKS)
        saving.finish()
    assert names(machine("c")) == ["two"]
    with sleeper.saving("one", SCOPE, resume=True) as saving:
        assert saving.finished == {work.name for work in WORKS}
        saving.finish()
    assert names(machine("c")) == ["two", "one"]
    assert saved(machine("c"), "one").content == saved(machine("c"), "two").content
    assert harm(machine("c")) == []


def note(number: int) -> Change:
    """Return a change that leaves `number` in the catalogue."""

    def change(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO meta VALUES (?, '')", (f"by-{number}",))

    return change


def test_the_chain_stands_also_without_the_lock(
    machine: Machine, store: S3Store, tmp_path: Path
) -> None:
    """Two publish upon the same catalogue: the second takes the first's in and comes after it."""
    save_all(machine("a"), "one", WORKS)
    homes = [BucketHome(store, tmp_path / f"home-{number}") for number in range(2)]
    for home in homes:
        home.writing()
    for number, home in enumerate(homes):
        home.commit(note(number))
    assert {"by-0", "by-1"} <= machine("c").meta().keys()


def test_many_publish_at_once(machine: Machine, store: S3Store, tmp_path: Path) -> None:
    homes = [BucketHome(store, tmp_path / f"home-{number}") for number in range(4)]
    for home in homes:
        home.writing()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: homes[number].commit(note(number)), range(4)))
    assert {f"by-{number}" for number in range(4)} <= machine("c").meta().keys()


def test_an_unfinished_save_survives_another_machines_prune(machine: Machine) -> None:
    """The prune may remove blobs that only the unfinished save named; resuming puts them back."""
    mine = machine("a")
    save_all(mine, "old", WORKS)
    with mine.saving("mine", SCOPE) as saving:
        for work in WORKS:
            save_unit(saving, work)
    other = machine("b")
    save_all(other, "new", world(1, 1, 1))
    other.prune(Keep(last=1))
    assert names(other) == ["new"]
    save_all(mine, "mine", WORKS, resume=True)
    assert names(machine("c")) == ["new", "mine"]
    assert machine("c").verify("mine", deep=True).findings == ()


def test_a_lost_working_copy_costs_the_unfinished_save_only(
    machine: Machine, tmp_path: Path
) -> None:
    save_all(machine("a"), "one", WORKS)
    with machine("a").saving("two", SCOPE) as saving:
        save_unit(saving, WORKS[0])
    shutil.rmtree(tmp_path / "a")
    assert names(machine("a")) == ["one"]
    save_all(machine("a"), "two", WORKS)
    assert harm(machine("a")) == []


def test_old_catalogues_do_not_pile_up(machine: Machine, store: S3Store) -> None:
    vault = machine("a")
    save_all(vault, "one", world(1, 1, 1))
    for _ in range(8):
        vault.pin("one")
    assert len(list(store.blobs())) == vault.stats().blobs + 3
    assert vault.check(deep=True) == []


def test_no_bucket_and_no_answer(means: Means, s3: "S3Client") -> None:
    import boto3
    from botocore.config import Config

    with pytest.raises(NoVault, match="no such bucket"):
        make_vault("s3://not-there/v", means, ["age1"])
    closed = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(CannotTell, match="does not answer"):
        S3Store(closed, "b").size("0" * 64)
    del s3


def test_a_vault_is_not_made_over_another(machine: Machine, bucket: str, means: Means) -> None:
    save_all(machine("a"), "one", WORKS)
    with pytest.raises(RelabError, match="a vault already"):
        make_vault(f"s3://{bucket}/v", means, [means.key().recipient])
    make_vault(f"s3://{bucket}/other", means, [means.key().recipient])
    assert names(machine("a")) == ["one"]
