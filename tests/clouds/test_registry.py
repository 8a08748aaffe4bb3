"""The registry client against Debian's `docker-registry`."""

import hashlib
import json
import random
import tracemalloc
from collections.abc import Iterator

import pytest

from relab.clouds import registry_http
from relab.clouds.oci import DOCKER_IMAGE, OCI_IMAGE, OCI_INDEX, Descriptor, Manifest, digest_of
from relab.clouds.outcome import Outcome
from relab.clouds.registry import CHUNK, Registry
from relab.clouds.registry_http import Unanswered, basic_login
from tests.clouds import docker_registry

MIB = 1 << 20


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with docker_registry.running(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture
def registry(endpoint: str) -> Registry:
    return Registry(basic_login(endpoint, docker_registry.USER, docker_registry.PASSWORD))


def part(data: bytes, media_type: str = "application/octet-stream") -> Descriptor:
    return Descriptor(media_type, digest_of(data), len(data))


def written(found: Descriptor) -> dict[str, object]:
    return {"mediaType": found.media_type, "digest": found.digest, "size": found.size}


def image(config: bytes, *layers: bytes, media_type: str = OCI_IMAGE) -> Manifest:
    """Return a manifest whose bytes no serialiser would write again: order and spaces are odd."""
    data = {
        "layers": [
            written(part(layer, "application/vnd.oci.image.layer.v1.tar+gzip")) for layer in layers
        ],
        "schemaVersion": 2,
        "config": written(part(config, "application/vnd.oci.image.config.v1+json")),
        "mediaType": media_type,
    }
    return Manifest(media_type, json.dumps(data, indent=7).encode() + b"\n \n")


def index(*children: Manifest) -> Manifest:
    rows = [written(part(child.raw, child.media_type)) for child in children]
    data = {"schemaVersion": 2, "manifests": rows, "mediaType": OCI_INDEX}
    return Manifest(OCI_INDEX, json.dumps(data, indent=5).encode())


def push(registry: Registry, repository: str, tag: str, manifest: Manifest, *blobs: bytes) -> None:
    for blob in blobs:
        registry.put_blob(repository, part(blob), lambda blob=blob: [blob])  # type: ignore[misc]
    registry.put_manifest(repository, tag, manifest)


def read(registry: Registry, repository: str, data: bytes) -> bytes:
    return b"".join(registry.blob(repository, part(data)))


def outcome(ask: object) -> Outcome:
    with pytest.raises(Unanswered) as caught:
        list(ask())  # type: ignore[operator]
    return caught.value.outcome


@pytest.mark.parametrize("media_type", [OCI_IMAGE, DOCKER_IMAGE])
def test_an_image_comes_back_to_the_byte(registry: Registry, media_type: str) -> None:
    made = image(b'{"a": 1}', b"one", b"two", media_type=media_type)
    push(registry, "round/trip", "v1", made, b'{"a": 1}', b"one", b"two")
    for reference in ("v1", made.digest):
        found = registry.manifest("round/trip", reference)
        assert (found.raw, found.media_type) == (made.raw, media_type)
    assert [one.size for one in found.blobs] == [8, 3, 3]
    assert [b"".join(registry.blob("round/trip", one)) for one in found.blobs] == [
        b'{"a": 1}',
        b"one",
        b"two",
    ]


def test_an_index_keeps_its_digest_in_another_repository(registry: Registry) -> None:
    children = [image(b'{"n": %d}' % number, b"shared") for number in range(2)]
    whole = index(*children)
    blobs = (b'{"n": 0}', b'{"n": 1}', b"shared")
    for number, child in enumerate(children):
        push(registry, "multi/first", child.digest, child, blobs[number], b"shared")
    registry.put_manifest("multi/first", "all", whole)
    for blob in blobs:
        assert registry.mount("multi/second", digest_of(blob), "multi/first")
    for row in registry.manifest("multi/first", "all").children:
        copy = registry.manifest("multi/first", row.digest)
        registry.put_manifest("multi/second", row.digest, copy)
    registry.put_manifest("multi/second", "all", registry.manifest("multi/first", "all"))
    assert registry.find_manifest("multi/second", "all") == whole.digest
    assert registry.manifest("multi/second", "all").raw == whole.raw
    assert read(registry, "multi/second", b"shared") == b"shared"


def test_a_large_layer_passes_in_bounded_memory(registry: Registry) -> None:
    noise, pieces = random.Random(7).randbytes(MIB), 48
    whole = hashlib.sha256()
    for _ in range(pieces):
        whole.update(noise)
    wanted = Descriptor("x", f"sha256:{whole.hexdigest()}", pieces * MIB)
    tracemalloc.start()
    registry.put_blob("large/layer", wanted, lambda: (noise for _ in range(pieces)))
    read_back = sum(len(piece) for piece in registry.blob("large/layer", wanted))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read_back == wanted.size
    assert peak < 8 * CHUNK


def test_what_is_pushed_twice_is_sent_once(registry: Registry) -> None:
    made = image(b"{}", b"once")
    push(registry, "push/twice", "v1", made, b"{}", b"once")

    def never() -> Iterator[bytes]:
        raise AssertionError("sent again")

    registry.put_blob("push/twice", part(b"once"), never)
    assert registry.has_blob("push/twice", digest_of(b"once"))
    registry.put_manifest("push/twice", "v1", made)


def test_bytes_of_another_digest_are_refused(registry: Registry) -> None:
    wrong = Descriptor("x", digest_of(b"this"), 4)
    with pytest.raises(Unanswered, match="DIGEST_INVALID"):
        registry.put_blob("wrong/digest", wrong, lambda: [b"that"])
    assert not registry.has_blob("wrong/digest", digest_of(b"that"))


def test_a_manifest_before_its_blobs_is_refused(registry: Registry) -> None:
    with pytest.raises(Unanswered, match="BLOB_UNKNOWN"):
        registry.put_manifest("too/early", "v1", image(b"never", b"sent"))


def test_what_is_not_there_is_missing(registry: Registry) -> None:
    push(registry, "here/now", "v1", image(b"{}", b"l"), b"{}", b"l")
    assert registry.find_manifest("here/now", "v2") is None
    assert not registry.has_blob("here/now", digest_of(b"nothing"))
    assert outcome(lambda: [registry.manifest("here/now", "v2")]) is Outcome.MISSING
    assert outcome(lambda: [registry.manifest("never/made", "v1")]) is Outcome.MISSING
    assert outcome(lambda: registry.blob("here/now", part(b"nothing"))) is Outcome.MISSING


def test_what_cannot_be_mounted_is_said(registry: Registry) -> None:
    assert not registry.mount("here/now", digest_of(b"nothing"), "never/made")


def test_a_wrong_password_is_an_expired_login(endpoint: str) -> None:
    stranger = Registry(basic_login(endpoint, docker_registry.USER, "wrong"))
    assert outcome(lambda: [stranger.manifest("round/trip", "v1")]) is Outcome.EXPIRED


def test_a_login_is_asked_for_once_and_again_when_it_is_old(endpoint: str) -> None:
    right = basic_login(endpoint, docker_registry.USER, docker_registry.PASSWORD)
    old = basic_login(endpoint, docker_registry.USER, "of yesterday")
    logins = [old(), right()]
    registry = Registry(lambda: logins.pop(0))
    assert registry.find_manifest("round/trip", "none") is None
    assert registry.find_manifest("round/trip", "none") is None
    assert not logins


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_http, "PAUSE_SECONDS", 0.0)
    registry = Registry(basic_login("http://127.0.0.1:9", "AWS", "x"))
    assert outcome(lambda: [registry.manifest("a", "b")]) is Outcome.UNREACHABLE
