"""Saving container images from the sandbox."""

import hashlib
import json
import pickle
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from relab.clouds import aws, registry_http
from relab.clouds.oci import DOCKER_IMAGE, OCI_INDEX, Descriptor, digest_of
from relab.events import UnitSaved
from relab.sandbox.session import Session
from snapshot.collect.save import Order, forecast
from snapshot.data.images import (
    IMAGES,
    MANIFEST,
    ListImages,
    ListImagesAgain,
    Place,
    Row,
    _chunks,
)
from snapshot.vault.model import Covered, State
from snapshot.vault.vault import Vault
from tests.sandbox.eyes import Eyes
from tests.snapshot.images_world import (
    CONFIG,
    DOCKER_V1,
    EMPTY,
    LAYER,
    PLATFORM,
    TRAINING,
    at,
    called,
    delete,
    entries,
    gaps,
    of,
    pushed,
    read,
    registry,
    save,
)
from tests.snapshot.meddler import Answer, Asked, Meddler, Rule, json_error, meddling
from tests.snapshot.saving import everything, saved


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon what is throttled."""
    monkeypatch.setitem(aws._PATIENT, "total_max_attempts", 2)
    monkeypatch.setattr(registry_http, "PAUSE_SECONDS", 0.001)


@pytest.fixture
def before_registry(sandbox: Session) -> Iterator[Meddler]:
    """Stand between a save and the sandbox's registry."""
    with meddling(str(sandbox.profile.aws.registry)) as made:
        yield made


def test_every_image_is_saved_to_the_byte(sandbox: Session, vault: Vault) -> None:
    found = saved(vault, sandbox.profile, everything(sandbox.profile, IMAGES))
    images = entries(vault)
    assert (found.snapshot.state, len(images)) == (State.COMPLETE, 85)
    for entry in images.values():
        digest = entry.item.document["digest"]
        assert digest_of(read(vault, entry, MANIFEST)) == digest
        assert entry.item.key.endswith(f"@{digest}")
        parts = set(entry.blobs) - {MANIFEST}
        assert all(digest_of(read(vault, entry, part)) == part for part in parts)
        said = entry.item.document
        named = [said["config"], *said["layers"]] if "config" in said else []
        assert parts == {part["digest"] for part in named}
    assert vault.verify("one", deep=True).findings == ()


def test_an_entry_says_what_ecr_and_the_manifest_say(sandbox: Session, vault: Vault) -> None:
    save(vault, sandbox.profile)
    images = entries(vault)
    tags = sorted(tuple(one.item.document["tags"]) for one in of(images, PLATFORM))
    assert tags == [(), (), (), ("3.11", "3.11.9", "stable"), ("multi",)]
    whole = next(e for e in of(images, PLATFORM) if e.item.document["tags"] == ["multi"])
    assert whole.item.document["mediaType"] == OCI_INDEX
    children = {child["digest"] for child in whole.item.document["manifests"]}
    assert {f"{PLATFORM}@{child}" for child in children} < images.keys()
    student = next(e for e in of(images, TRAINING) if e.item.document["tags"] == ["latest"])
    assert (student.item.tenant, whole.item.tenant) == ("07", "")
    assert student.item.observed["imagePushedAt"].endswith("Z")
    uri = f"123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/{TRAINING}"
    assert sorted(student.item.identifiers) == sorted(
        [f"{uri}@{student.item.document['digest']}", f"{uri}:latest"]
    )


def test_who_has_no_images_is_empty(sandbox: Session, vault: Vault) -> None:
    found = save(vault, sandbox.profile)
    lines = [line for line in found.ledger if (line.type, line.tenant) == (IMAGES, "07")]
    assert sorted((line.state, line.count) for line in lines) == [
        (Covered.CAPTURED, 2),
        (Covered.CAPTURED, 3),
        (Covered.EMPTY, 0),
    ]


def test_a_layer_is_read_once_for_all_images(
    sandbox: Session, vault: Vault, before_registry: Meddler
) -> None:
    profile = at(sandbox.profile, registry=before_registry.url)
    saved(vault, profile, everything(profile, IMAGES))
    blobs = [one.path.rpartition("/")[2] for one in before_registry.seen if "/blobs/" in one.path]
    assert len(blobs) == len(set(blobs))
    named = {part for entry in entries(vault).values() for part in entry.blobs} - {MANIFEST}
    assert set(blobs) == named


def test_what_did_not_change_is_not_read_again(
    sandbox: Session, vault: Vault, before_registry: Meddler
) -> None:
    profile = at(sandbox.profile, registry=before_registry.url)
    first = save(vault, profile)
    before_registry.seen.clear()
    again = save(vault, profile, "two")
    assert before_registry.seen == []
    assert again.snapshot.content == first.snapshot.content
    units = [event for event in again.events if isinstance(event, UnitSaved) and event.reused]
    assert len(units) == 3


def test_a_changed_repository_alone_is_read_again(
    changeable: Session, vault: Vault, before_registry: Meddler
) -> None:
    profile = at(changeable.profile, registry=before_registry.url)
    first = save(vault, profile)
    made = pushed(changeable, TRAINING, "latest")
    before_registry.seen.clear()
    again = save(vault, profile, "two")
    assert {one.path.split("/")[2] for one in before_registry.seen} == {TRAINING}
    assert again.snapshot.content != first.snapshot.content
    tags = called(of(entries(vault, "two"), TRAINING))
    assert tags[made.digest] == ["latest"]
    assert sorted(tags.values()) == [[], ["latest"], ["v1.0.0"]]


def test_a_dry_run_counts_without_reading(sandbox: Session, before_registry: Meddler) -> None:
    profile = at(sandbox.profile, registry=before_registry.url)
    order = Order(profile, "dry", everything(profile, IMAGES))
    found = list(forecast(order, profile.aws.account))
    assert sum(line.items for line in found if line.type == IMAGES) == 85
    assert before_registry.seen == []


@pytest.mark.parametrize(
    ("word", "answer", "state"),
    [
        ("DescribeImages", json_error("AccessDeniedException"), Covered.DENIED),
        ("DescribeImages", json_error("ThrottlingException"), Covered.THROTTLED),
        ("DescribeImages", json_error("RepositoryNotFoundException"), Covered.CHANGED),
        ("DescribeImages", json_error("ServerException", 500), Covered.FAILED),
        ("GetAuthorizationToken", json_error("AccessDeniedException"), Covered.DENIED),
        ("GetAuthorizationToken", json_error("ThrottlingException"), Covered.THROTTLED),
    ],
)
def test_what_ecr_does_not_tell_is_told(
    sandbox: Session, vault: Vault, word: str, answer: Answer, state: Covered
) -> None:
    with meddling(str(sandbox.profile.aws.endpoint)) as meddler:
        meddler.rules.append(Rule(word, answer))
        found = save(vault, at(sandbox.profile, endpoint=meddler.url))
    assert found.snapshot.state is State.PARTIAL
    assert ("07", state) in gaps(found)
    assert {known for _, known in gaps(found)} == {state}
    assert entries(vault) == {}


def says(status: int, code: str) -> Answer:
    body = json.dumps({"errors": [{"code": code, "message": "no"}]}).encode()
    return Answer(status, body, "application/json")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (says(403, "DENIED"), Covered.DENIED),
        (says(429, "TOOMANYREQUESTS"), Covered.THROTTLED),
        (says(404, "MANIFEST_UNKNOWN"), Covered.CHANGED),
        (says(404, "NAME_UNKNOWN"), Covered.CHANGED),
        (Answer(404, b"<html>"), Covered.FAILED),
        (Answer(200, b"other bytes"), Covered.FAILED),
    ],
)
def test_what_the_registry_does_not_give_is_told(
    sandbox: Session, vault: Vault, before_registry: Meddler, answer: Answer, state: Covered
) -> None:
    before_registry.rules.append(Rule(f"/v2/{TRAINING}/manifests/", answer))
    found = save(vault, at(sandbox.profile, registry=before_registry.url))
    assert gaps(found) == {("07", state)}
    assert of(entries(vault), TRAINING) == []
    before_registry.rules.clear()
    again = save(vault, at(sandbox.profile, registry=before_registry.url), "two")
    assert (again.snapshot.state, len(of(entries(vault, "two"), TRAINING))) == (State.COMPLETE, 2)


def test_an_image_that_lacks_a_layer_says_which(
    changeable: Session, vault: Vault, before_registry: Meddler
) -> None:
    made = pushed(changeable, EMPTY, "v1")
    before_registry.rules.append(Rule(digest_of(LAYER), says(404, "BLOB_UNKNOWN")))
    found = save(vault, at(changeable.profile, registry=before_registry.url))
    assert gaps(found) == {("07", Covered.FAILED)}
    [entry] = of(entries(vault), EMPTY)
    assert set(entry.blobs) == {MANIFEST, digest_of(CONFIG)}
    told = next(line.detail for line in found.ledger if line.state is Covered.FAILED)
    assert made.digest in told
    assert digest_of(LAYER) in told


def test_a_layer_that_lies_elsewhere_is_on_record_and_no_gap(
    changeable: Session, vault: Vault
) -> None:
    away = {
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "digest": digest_of(b"far away"),
        "size": 8,
        "urls": ["https://elsewhere.example/layer"],
    }
    pushed(changeable, EMPTY, "v1", layers=[away])
    found = save(vault, changeable.profile)
    assert found.snapshot.state is State.COMPLETE
    [line] = [line for line in found.ledger if line.state is Covered.UNSUPPORTED]
    assert (line.count, line.tenant) == (0, "07")
    assert digest_of(b"far away") in line.detail
    [entry] = of(entries(vault), EMPTY)
    assert set(entry.blobs) == {MANIFEST, digest_of(CONFIG)}


def put(session: Session, text: str, media_type: str, tag: str) -> str:
    """Put a manifest by ECR's own API, which looks at nothing; return its digest."""
    ecr = Eyes(session, None).aws("ecr")
    ecr.put_image(
        repositoryName=EMPTY, imageManifest=text, imageManifestMediaType=media_type, imageTag=tag
    )
    return digest_of(text.encode())


ODD: list[tuple[dict[str, Any], str, Covered]] = [
    ({"schemaVersion": 1}, f"{DOCKER_V1}+json", Covered.UNSUPPORTED),
    ({"layers": "none"}, DOCKER_IMAGE, Covered.UNSUPPORTED),
    ({"layers": [{"digest": "../../etc", "size": 1}]}, DOCKER_IMAGE, Covered.UNSUPPORTED),
    ({"config": {"digest": digest_of(b""), "size": -1}}, DOCKER_IMAGE, Covered.UNSUPPORTED),
    ({"annotations": {"size": float("nan")}}, DOCKER_IMAGE, Covered.UNSUPPORTED),
    ({"manifests": [{"digest": digest_of(b"no"), "size": 2}]}, OCI_INDEX, Covered.FAILED),
]


def test_odd_manifests_are_told(changeable: Session, vault: Vault) -> None:
    wanted = {
        put(changeable, json.dumps(document), media_type, f"odd-{number}"): state
        for number, (document, media_type, state) in enumerate(ODD)
    }
    found = save(vault, changeable.profile)
    told = {
        line.detail.partition("@")[2][:71]: line.state
        for line in found.ledger
        if line.state in (Covered.UNSUPPORTED, Covered.FAILED) and line.count == 1
    }
    assert told == wanted
    assert found.snapshot.items == 10 + 1


def test_what_changes_while_the_save_runs_is_told(
    changeable: Session, vault: Vault, before_registry: Meddler
) -> None:
    made = pushed(changeable, EMPTY, "v1")
    went = pushed(changeable, EMPTY, "v2", annotations={"a": "b"})

    def meddle(_: Asked) -> None:
        before_registry.rules.clear()
        delete(changeable, EMPTY, went.digest)
        put(changeable, made.raw.decode(), DOCKER_IMAGE, "x")
        pushed(changeable, EMPTY, "v3", annotations={"c": "d"})

    before_registry.rules.append(Rule("/manifests/", first=meddle))
    found = save(vault, at(changeable.profile, registry=before_registry.url))
    assert found.snapshot.state is State.PARTIAL
    told = [line.detail for line in found.ledger if line.state is Covered.CHANGED]
    assert any("changed its tags" in detail and made.digest in detail for detail in told)
    assert any("went" in detail and went.digest in detail for detail in told)
    assert any("came" in detail for detail in told)


def test_a_large_layer_is_saved_in_bounded_memory(changeable: Session, vault: Vault) -> None:
    piece, count = bytes(range(256)) * 4096, 44
    whole = hashlib.sha256()
    for _ in range(count):
        whole.update(piece)
    layer = Descriptor("x", f"sha256:{whole.hexdigest()}", count * len(piece))
    registry(changeable).put_blob(EMPTY, layer, lambda: (piece for _ in range(count)))
    row = {"mediaType": "x", "digest": layer.digest, "size": layer.size}
    pushed(changeable, EMPTY, "large", layers=[row])
    tracemalloc.start()
    found = save(vault, changeable.profile)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.snapshot.state is State.COMPLETE
    [entry] = of(entries(vault), EMPTY)
    assert entry.blobs[layer.digest].size == layer.size
    assert peak < layer.size


def test_a_new_image_changes_few_units() -> None:
    place = Place("r", "123456789012", "ap-northeast-2", "")
    rows = [Row(digest_of(b"%d" % number), ()) for number in range(1000)]
    before = {task.unit for task in _chunks(place, rows)}
    after = {task.unit for task in _chunks(place, [*rows, Row(digest_of(b"new"), ("t",))])}
    assert len(before) > 50
    assert len(after - before) == 1
    assert sum(len(task.rows) for task in _chunks(place, rows)) == 1000


def test_the_name_of_a_unit_holds_digests_and_tags() -> None:
    place = Place("r", "123456789012", "ap-northeast-2", "")
    names = {
        task.unit
        for rows in ([Row("sha256:a", ())], [Row("sha256:a", ("t",))], [Row("sha256:b", ())])
        for task in _chunks(place, rows)
    }
    assert len(names) == 3


def test_tasks_travel_to_other_machines() -> None:
    place = Place("r", "123456789012", "ap-northeast-2", "07")
    [task] = _chunks(place, [Row("sha256:a", ("t",), DOCKER_IMAGE, 3, {"imagePushedAt": "x"})])
    for sent in (task, ListImages("r"), ListImagesAgain("r", (("sha256:a", ("t",)),))):
        assert pickle.loads(pickle.dumps(sent)) == sent
