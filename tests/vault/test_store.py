"""What every store must do: one suite for all members."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from relab.errors import RelabError
from snapshot.vault.store import Blob, Store
from snapshot.vault.store_local import LocalStore
from snapshot.vault.store_s3 import IN_MEMORY


def put(store: Store, *chunks: bytes) -> Blob:
    blob = store.put(chunks)
    store.flush()
    return blob


def everything(store: Store, digest: str) -> bytes:
    return b"".join(store.stream(digest))


def test_a_blob_is_kept_under_its_digest(store: Store) -> None:
    blob = put(store, b"hello ", b"world")
    assert blob == Blob(hashlib.sha256(b"hello world").hexdigest(), 11)
    assert everything(store, blob.digest) == b"hello world"
    assert store.size(blob.digest) == 11
    assert [(found.digest, found.size) for found in store.blobs()] == [(blob.digest, 11)]


def test_an_empty_blob_is_a_blob(store: Store) -> None:
    blob = put(store)
    assert blob.size == 0
    assert everything(store, blob.digest) == b""
    assert store.size(blob.digest) == 0


def test_equal_bytes_are_kept_once(store: Store) -> None:
    assert put(store, b"same") == put(store, b"sa", b"me")
    assert len(list(store.blobs())) == 1
    assert not store.leftovers()


def test_an_equal_blob_is_not_written_over(store: Store) -> None:
    put(store, b"same")
    before = [found.modified for found in store.blobs()]
    put(store, b"same")
    assert [found.modified for found in store.blobs()] == before


def test_many_threads_put_the_same_and_the_different(store: Store) -> None:
    texts = [f"text {number % 10}".encode() for number in range(80)]
    with ThreadPoolExecutor(8) as pool:
        blobs = list(pool.map(lambda text: put(store, text), texts))
    assert {found.digest for found in store.blobs()} == {blob.digest for blob in blobs}
    for text, blob in zip(texts, blobs, strict=True):
        assert everything(store, blob.digest) == text
    assert not store.leftovers()


def test_what_another_process_has_written_can_be_flushed_here(store: Store) -> None:
    other = LocalStore(store.folder) if isinstance(store, LocalStore) else store
    blobs = [other.put([text]) for text in (b"same", b"other")]
    store.put([b"same"])
    store.take(other.handed())
    assert other.handed() == {}
    store.flush()
    assert {found.digest for found in store.blobs()} == {blob.digest for blob in blobs}
    assert [everything(store, blob.digest) for blob in blobs] == [b"same", b"other"]
    assert not store.leftovers()


def test_a_blob_has_a_size_while_it_is_flushed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = store.put([b"a first"])
    look = Path.stat

    def flush_after(path: Path) -> os.stat_result:
        try:
            return look(path)
        finally:
            store.flush()

    monkeypatch.setattr(Path, "stat", flush_after)
    assert store.size(blob.digest) == blob.size


def test_what_waits_for_a_flush_can_be_given_up(store: Store) -> None:
    store.put([b"a first"])
    store.abandon()
    store.flush()
    assert not store.leftovers()
    visible = [everything(store, found.digest) for found in store.blobs()]
    assert visible == ([] if isinstance(store, LocalStore) else [b"a first"])
    assert everything(store, put(store, b"a first").digest) == b"a first"


def test_a_source_that_fails_leaves_no_blob(store: Store) -> None:
    def source() -> Iterator[bytes]:
        yield b"the first half"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        store.put(source())
    store.flush()
    assert not list(store.blobs())
    assert not store.leftovers()


def test_a_large_blob_survives(store: Store) -> None:
    pieces = [bytes([number]) * (1 << 20) for number in range(20)]
    assert sum(map(len, pieces)) > 2 * IN_MEMORY
    blob = put(store, *pieces)
    assert everything(store, blob.digest) == b"".join(pieces)
    assert put(store, *pieces) == blob
    assert not store.leftovers()


def test_what_is_not_there(store: Store) -> None:
    digest = "0" * 64
    assert store.size(digest) is None
    store.delete(digest)
    with pytest.raises(RelabError, match="missing"):
        everything(store, digest)


def test_a_blob_can_be_removed(store: Store) -> None:
    blob = put(store, b"unwanted")
    store.delete(blob.digest)
    assert store.size(blob.digest) is None
    assert not list(store.blobs())


@pytest.mark.parametrize("digest", ["../../etc/passwd", "a" * 63, "", "A" * 64, "/" * 64])
def test_only_a_digest_names_a_blob(store: Store, digest: str) -> None:
    with pytest.raises(RelabError):
        store.size(digest)


def test_a_note_is_created_once(store: Store) -> None:
    assert store.create("chain/00000001", b"first")
    assert not store.create("chain/00000001", b"second")
    assert store.read("chain/00000001") == b"first"


def test_one_of_many_creates_a_note(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(
            pool.map(lambda text: store.create("chain/1", text), [b"%d" % n for n in range(8)])
        )
    assert won.count(True) == 1
    assert store.read("chain/1") == b"%d" % won.index(True)


def test_notes_are_replaced_listed_and_removed(store: Store) -> None:
    assert store.read("chain/2") is None
    assert store.notes("chain") == []
    store.replace("chain/2", b"a")
    store.replace("chain/2", b"b")
    store.create("chain/1", b"c")
    assert store.read("chain/2") == b"b"
    assert store.notes("chain") == ["chain/1", "chain/2"]
    store.remove("chain/2")
    store.remove("chain/2")
    assert store.notes("chain") == ["chain/1"]


def test_notes_are_no_blobs(store: Store) -> None:
    store.create("chain/1", b"c")
    assert not list(store.blobs())
