"""One writer at a time: a live lock is never taken, a dead one is no obstacle."""

import json
import os
import platform
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace

import pytest

from relab.errors import Locked
from snapshot.vault import lock
from snapshot.vault.lock import Holder, acquire, holder, locked
from snapshot.vault.store import Store


def leave(store: Store, left: Holder, number: int = 1) -> None:
    """Leave a lock behind as if `left` had written it."""
    assert store.create(f"lock/{number:08}", json.dumps(asdict(left)).encode())


ELSEWHERE = Holder("another-host", 4242, "1", "save x", 0.0)


def test_a_second_writer_is_told_who_is_first(store: Store) -> None:
    with locked(store, "save one"), pytest.raises(Locked) as caught, locked(store, "save two"):
        pass
    assert f"process {os.getpid()} on {platform.node()} (save one)" in str(caught.value)
    assert caught.value.exit_code == 11


def test_a_lock_is_given_up_also_after_an_error(store: Store) -> None:
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), locked(store, "save"):
            raise ZeroDivisionError
    assert holder(store) is None


def test_one_of_many_gets_the_lock(store: Store) -> None:
    start = threading.Barrier(6)
    held, told = [], []

    def race() -> None:
        start.wait()
        try:
            held.append(acquire(store, "race"))
        except Locked as error:
            told.append(error)

    racers = [threading.Thread(target=race) for _ in range(6)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert (len(held), len(told)) == (1, 5)
    held[0].release()


def test_a_dead_process_of_this_host_is_no_obstacle(store: Store) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pass
    now = time.time()
    leave(store, Holder(platform.node(), child.pid, "12345", "save", now))
    with locked(store, "next"):
        assert holder(store) is not None


def test_a_live_process_of_this_host_is_never_robbed(store: Store) -> None:
    born = lock._born(os.getpid())
    assert born
    long_ago = time.time() - 10 * lock.STALE_SECONDS
    leave(store, Holder(platform.node(), os.getpid(), born, "a laptop slept", long_ago))
    with pytest.raises(Locked), locked(store, "next"):
        pass


def test_a_process_id_that_was_given_out_again_is_no_obstacle(store: Store) -> None:
    leave(store, Holder(platform.node(), os.getpid(), "not when this one began", "", time.time()))
    with locked(store, "next"):
        pass


def test_another_host_is_believed_for_half_an_hour(store: Store) -> None:
    leave(store, replace(ELSEWHERE, beat=time.time() - lock.STALE_SECONDS + 60))
    with pytest.raises(Locked, match="another-host"), locked(store, "next"):
        pass
    leave(store, replace(ELSEWHERE, beat=time.time() - lock.STALE_SECONDS - 60), number=2)
    with locked(store, "next") as mine:
        mine.check()


def test_who_was_robbed_is_told_before_anything_is_published(store: Store) -> None:
    mine = acquire(store, "slept too long")
    leave(store, replace(ELSEWHERE, beat=time.time()), number=2)
    with pytest.raises(Locked, match="another-host"):
        mine.check()
    mine.release()
    with pytest.raises(Locked, match="another-host"):
        acquire(store, "again")


def test_the_heart_beats(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "HEARTBEAT_SECONDS", 0.01)
    with locked(store, "save"):
        first = holder(store)
        assert first
        while (now := holder(store)) is None or now.beat <= first.beat:
            time.sleep(0.01)


def test_old_locks_are_swept(store: Store) -> None:
    for _ in range(20):
        with locked(store, "save"):
            pass
    assert len(store.notes("lock")) <= 16
