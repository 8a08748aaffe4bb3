"""Images, rows, files in volumes and dumps poured back into a running sandbox."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from profiles.model import Profile
from relab.clouds import aws, registry_http
from relab.clouds.registry import Registry
from relab.clouds.registry_http import basic_login
from relab.sandbox.postgres import binaries
from relab.sandbox.session import Session
from restore.calls import Patience
from restore.data import dumps, images, rows, volumes
from restore.pours import POURS
from restore.vessel import Vessel
from snapshot.collect.scope import SHARED, Scope
from snapshot.data.dumps import DUMP
from snapshot.data.images import IMAGES
from snapshot.data.tables import ROWS
from snapshot.data.volumes import VOLUME
from snapshot.vault.vault import Vault
from tests.clouds import docker_registry
from tests.kube.world import have_kubectl
from tests.restore.pouring import Cellar, cellar, through, watched
from tests.sandbox.eyes import Eyes
from tests.snapshot.meddler import Answer, Asked, Meddler, Rule, json_error, meddling
from tests.snapshot.saving import saved

PLATFORM, TRAINING = "mlops-platform/python", "mlops-user07-training"
SPACE, CLAIM = "kubeflow-user07", "workspace-user07"
needs_kubectl = pytest.mark.skipif(not have_kubectl(), reason="kubectl is not on PATH")
needs_postgres = pytest.mark.skipif(
    binaries.find() is None, reason=f"no PostgreSQL: {binaries.HINT}"
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(aws._PATIENT, "total_max_attempts", 3)
    monkeypatch.setattr(registry_http, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(rows, "PATIENCE", Patience(5, 0.001, 0.001))


@pytest.fixture
def open_cellar(vault: Vault, tmp_path: Path) -> Iterator[Cellar]:
    with cellar(vault, tmp_path / "state") as found:
        yield found


def save(vault: Vault, sandbox: Session, kind: str, name: str = "one") -> str:
    """Return the hash of a snapshot of the data `kind`, a student's and nobody's."""
    return saved(vault, sandbox.profile, Scope(("07", SHARED), only=(kind,)), name).snapshot.content


def kubectl(sandbox: Session, space: str, *words: str) -> str:
    done = subprocess.run(
        ["kubectl", "-n", space, *words], env=sandbox.env(), capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_type_of_data_has_somebody_who_puts_it_back() -> None:
    from restore.inside import data_types

    assert set(POURS) == set(data_types())


def empty(sandbox: Session, *repositories: str) -> None:
    ecr = Eyes(sandbox, None).aws("ecr")
    for repository in repositories:
        found = ecr.describe_images(repositoryName=repository)["imageDetails"]
        ids = [{"imageDigest": one["imageDigest"]} for one in found]
        ecr.batch_delete_image(repositoryName=repository, imageIds=ids)


def test_images_come_back_and_a_second_pour_changes_nothing(
    changeable: Session, vault: Vault, open_cellar: Cellar
) -> None:
    first = save(vault, changeable, IMAGES)
    empty(changeable, PLATFORM, TRAINING)
    with meddling(str(changeable.profile.aws.registry)) as meddler:
        profile = through(changeable.profile, registry=meddler.url)
        meddler.rules = [twice_not(Answer(503, b"busy"))]
        for repository in (PLATFORM, TRAINING):
            done = images.pour(open_cellar.vessel(profile, IMAGES, repository))
            assert done.failed == ()
            assert done.made
        for repository in (PLATFORM, TRAINING):
            again = watched(images.pour, open_cellar.vessel(profile, IMAGES, repository), meddler)
            assert (again[0].made, again[0].failed, again[1]) == (0, (), [])
    assert save(vault, changeable, IMAGES, "two") == first


def twice_not(said: Answer) -> Rule:
    """Return a rule that answers one request of three."""
    rule = Rule("")

    def choose(_: Asked) -> None:
        rule.answer = said if rule.met % 3 == 1 else None

    rule.first = choose
    return rule


def test_a_moved_tag_is_moved_back_and_others_stay(
    changeable: Session, vault: Vault, open_cellar: Cellar
) -> None:
    save(vault, changeable, IMAGES)
    ecr = Eyes(changeable, None).aws("ecr")
    found = ecr.describe_images(repositoryName=PLATFORM)["imageDetails"]
    digests = {tag: one["imageDigest"] for one in found for tag in one.get("imageTags", ())}
    other = ecr.batch_get_image(
        repositoryName=PLATFORM, imageIds=[{"imageDigest": digests["multi"]}]
    )["images"][0]["imageManifest"]
    ecr.put_image(repositoryName=PLATFORM, imageManifest=other, imageTag="new")
    ecr.put_image(repositoryName=PLATFORM, imageManifest=other, imageTag="stable")
    vessel = open_cellar.vessel(changeable.profile, IMAGES, PLATFORM)
    assert images.pour(vessel).made == 1
    now = ecr.describe_images(repositoryName=PLATFORM)["imageDetails"]
    tags = {tag: one["imageDigest"] for one in now for tag in one.get("imageTags", ())}
    assert tags == {**digests, "new": digests["multi"]}


def test_an_image_without_its_layer_is_told(
    changeable: Session, vault: Vault, open_cellar: Cellar
) -> None:
    save(vault, changeable, IMAGES)
    vessel = fresh(changeable, open_cellar, changeable.profile)
    lacking = {
        entry.item.key: replace(entry, blobs={"manifest": entry.blobs["manifest"]})
        for entry in vessel.entries()
    }
    done = images.pour(replace(vessel, entries=lambda: iter(lacking.values())))
    told = dict(done.failed)
    assert done.made == 0
    assert told.keys() == lacking.keys()
    assert all("lacks " in why for why in told.values())
    whole = images.pour(vessel)
    assert whole.failed == ()
    assert whole.made > len(lacking)


def fresh(sandbox: Session, found: Cellar, profile: Profile) -> Vessel:
    """Return what puts the images of the platform into a new repository."""
    Eyes(sandbox, None).aws("ecr").create_repository(repositoryName="poured/fresh")
    return found.vessel(profile, IMAGES, PLATFORM, "poured/fresh")


def test_layers_are_linked_where_they_are_already(
    changeable: Session, vault: Vault, open_cellar: Cellar
) -> None:
    save(vault, changeable, IMAGES)
    with meddling(str(changeable.profile.aws.registry)) as meddler:
        profile = through(changeable.profile, registry=meddler.url)
        vessel = fresh(changeable, open_cellar, profile)
        whole = images.pour(vessel)
        sent = layers(meddler)
        Eyes(changeable, None).aws("ecr").create_repository(repositoryName="poured/again")
        meddler.seen.clear()
        again = images.pour(replace(vessel, key="poured/again"))
        assert (again.made, again.failed) == (whole.made, ())
        assert sum("mount=" in one.path for one in meddler.seen) == sent > 0
        assert layers(meddler) == 0


def test_a_registry_that_links_nothing_is_not_asked_again(
    changeable: Session, vault: Vault, open_cellar: Cellar
) -> None:
    save(vault, changeable, IMAGES)
    with meddling(str(changeable.profile.aws.registry)) as meddler:
        vessel = fresh(changeable, open_cellar, through(changeable.profile, registry=meddler.url))
        images.pour(vessel)
        Eyes(changeable, None).aws("ecr").create_repository(repositoryName="poured/again")
        refusing = Rule("mount=", Answer(405, b"{}", "application/json"))
        meddler.rules = [refusing]
        assert images.pour(replace(vessel, key="poured/again")).failed == ()
        assert 1 <= refusing.met <= images._AT_ONCE


def test_images_come_back_into_a_real_registry(
    sandbox: Session, vault: Vault, open_cellar: Cellar, tmp_path: Path
) -> None:
    save(vault, sandbox, IMAGES)
    vessel = open_cellar.vessel(sandbox.profile, IMAGES, PLATFORM)
    with docker_registry.running(tmp_path) as address:
        login = basic_login(address, docker_registry.USER, docker_registry.PASSWORD)
        there = Registry(login)
        vars(vessel.world)["registry"] = there
        done = images.pour(vessel)
        assert done.failed == ()
        saved_ones = [entry.item.document for entry in vessel.entries()]
        for document in saved_ones:
            for name in (document["digest"], *document["tags"]):
                assert there.find_manifest(PLATFORM, name) == document["digest"]
        assert images.pour(vessel).made == 0
        again = images.pour(replace(vessel, key="other"))
        assert (again.made, again.failed) == (done.made, ())


def layers(meddler: Meddler) -> int:
    """Return how many layers were sent."""
    return sum(one.method == "PUT" and "/blobs/" in one.path for one in meddler.seen)


TABLE = "pour-user07"
ROW: Any = {
    "id": {"S": "1"},
    "raw": {"B": b"\x00\xff"},
    "raws": {"BS": [b"a", b"\xfe"]},
    "numbers": {"NS": ["1", "22.5"]},
    "inner": {"M": {"deep": {"L": [{"B": b"\x01"}, {"NULL": True}, {"BOOL": False}]}}},
}


@pytest.fixture
def table(changeable: Session) -> Any:
    client = Eyes(changeable, None).aws("dynamodb")
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    names = [{"AttributeName": "id", "AttributeType": "S"}]
    client.create_table(
        TableName=TABLE, KeySchema=key, AttributeDefinitions=names, BillingMode="PAY_PER_REQUEST"
    )
    for number in range(60):
        client.put_item(TableName=TABLE, Item={**ROW, "id": {"S": str(number)}})
    return client


def test_rows_come_back_and_a_second_pour_changes_nothing(
    changeable: Session, vault: Vault, table: Any, open_cellar: Cellar
) -> None:
    first = save(vault, changeable, ROWS)
    for number in range(40):
        table.delete_item(TableName=TABLE, Key={"id": {"S": str(number)}})
    table.put_item(TableName=TABLE, Item={"id": {"S": "41"}})
    table.put_item(TableName=TABLE, Item={"id": {"S": "later"}})
    with meddling(str(changeable.profile.aws.endpoint)) as meddler:
        profile = through(changeable.profile, endpoint=meddler.url)
        left_over = {"UnprocessedItems": {TABLE: [{"PutRequest": {"Item": {"id": {"S": "0"}}}}]}}
        first_is_throttled = Rule("BatchWriteItem", json_error("ThrottlingException"))
        meddler.rules = [once(first_is_throttled)]
        done = rows.pour(open_cellar.vessel(profile, ROWS, TABLE))
        assert (done.made, done.failed) == (41, ())
        assert first_is_throttled.met > 2
        again, changed = watched(rows.pour, open_cellar.vessel(profile, ROWS, TABLE), meddler)
        assert (again.made, again.failed, changed) == (0, (), [])
        table.delete_item(TableName=TABLE, Key={"id": {"S": "0"}})
        body = Answer(200, json.dumps(left_over).encode(), "application/x-amz-json-1.0")
        meddler.rules = [Rule("BatchWriteItem", body)]
        stuck = rows.pour(open_cellar.vessel(profile, ROWS, TABLE))
        assert stuck.made == 0
        assert "1 rows: left over" in stuck.failed[0][1]
        meddler.rules = [once(Rule("BatchWriteItem", body))]
        assert rows.pour(open_cellar.vessel(profile, ROWS, TABLE)).failed == ()
    table.delete_item(TableName=TABLE, Key={"id": {"S": "later"}})
    row = table.get_item(TableName=TABLE, Key={"id": {"S": "3"}})["Item"]
    assert row["inner"] == ROW["inner"]
    table.put_item(TableName=TABLE, Item={**ROW, "id": {"S": "0"}})
    assert save(vault, changeable, ROWS, "two") == first


def once(rule: Rule) -> Rule:
    """Make `rule` answer the first request only."""
    said = rule.answer

    def choose(_: Asked) -> None:
        rule.answer = said if rule.met == 1 else None

    rule.first = choose
    return rule


def test_a_table_that_is_gone_is_told(
    changeable: Session, vault: Vault, table: Any, open_cellar: Cellar
) -> None:
    save(vault, changeable, ROWS)
    table.delete_table(TableName=TABLE)
    done = rows.pour(open_cellar.vessel(changeable.profile, ROWS, TABLE))
    assert done.made == 0
    assert [key for key, why in done.failed if "Scan: ResourceNotFound" in why] == [TABLE]


@needs_kubectl
def test_files_come_back_and_others_stay(
    changeable: Session, vault: Vault, open_cellar: Cellar
) -> None:
    first = save(vault, changeable, VOLUME)
    inside = ("exec", "deploy/mlflow-server", "--")
    kubectl(changeable, SPACE, *inside, "rm", "-rf", "/home/jovyan/notebooks")
    vessel = open_cellar.vessel(changeable.profile, VOLUME, f"{SPACE}/{CLAIM}")
    done = volumes.pour(vessel)
    assert (done.made, done.failed) == (1, ())
    assert save(vault, changeable, VOLUME, "two") == first
    kubectl(changeable, SPACE, *inside, "touch", "/home/jovyan/later")
    assert volumes.pour(vessel).made == 0
    kubectl(changeable, SPACE, *inside, "rm", "-rf", "/home/jovyan/notebooks")
    assert volumes.pour(vessel).made == 1
    assert "later" in kubectl(changeable, SPACE, *inside, "ls", "/home/jovyan")


@needs_kubectl
def test_files_of_a_claim_that_no_pod_mounts(
    changeable: Session, vault: Vault, open_cellar: Cellar
) -> None:
    save(vault, changeable, VOLUME)
    inside = ("exec", "deploy/mlflow-server", "--")
    kubectl(changeable, SPACE, *inside, "rm", "-rf", "/home/jovyan/notebooks")
    kubectl(changeable, SPACE, "delete", "deployments,pods", "--all", "--now")
    vessel = open_cellar.vessel(changeable.profile, VOLUME, f"{SPACE}/{CLAIM}")
    done = volumes.pour(vessel)
    assert (done.made, done.failed) == (1, ())
    assert volumes.pour(vessel).made == 0
    assert kubectl(changeable, SPACE, "get", "pods", "-o", "name") == ""


@needs_kubectl
def test_a_claim_that_cannot_be_reached_is_told(
    changeable: Session, vault: Vault, open_cellar: Cellar
) -> None:
    save(vault, changeable, VOLUME)
    vessel = open_cellar.vessel(changeable.profile, VOLUME, f"{SPACE}/{CLAIM}")
    vessel.world.kube_target = replace(vessel.world.kube_target, context="user08")
    ((key, why),) = volumes.pour(vessel).failed
    assert key == f"{SPACE}/{CLAIM}"
    assert "forbidden" in why


@needs_postgres
def test_dumps_come_back_and_a_second_pour_changes_nothing(
    changeable: Session, vault: Vault, open_cellar: Cellar
) -> None:
    first = save(vault, changeable, DUMP)
    sql = "DROP TABLE experiments CASCADE"
    words = ("psql", "-U", "mlflow", "-d", "mlflow_user07", "-c", sql)
    kubectl(changeable, "mlflow-system", "exec", "postgres-0", "--", *words)
    vessel = open_cellar.vessel(changeable.profile, DUMP, "mlflow-system")
    done = dumps.pour(vessel)
    assert (done.made, done.failed) == (1, ())
    assert save(vault, changeable, DUMP, "two") == first
    assert dumps.pour(vessel).made == 0


@needs_postgres
def test_a_dump_that_cannot_be_loaded_is_told(
    changeable: Session, vault: Vault, open_cellar: Cellar, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(vault, changeable, DUMP)
    monkeypatch.setattr(dumps, "PATIENCE", Patience(2, 0.01, 0.01))
    one = replace(changeable.profile.dumps[0], load=("sh", "-c", "echo no >&2; exit 3"))
    profile = replace(changeable.profile, dumps=(one,))
    sql = "CREATE TABLE later (a int)"
    words = ("psql", "-U", "mlflow", "-d", "mlflow", "-c", sql)
    kubectl(changeable, "mlflow-system", "exec", "postgres-0", "--", *words)
    told = dict(dumps.pour(open_cellar.vessel(profile, DUMP, "mlflow-system")).failed)
    assert "load: exit 3" in told["mlflow-system/mlflow"]
    assert "declares no dump of this name" in told["mlflow-system/mlflow-user07"]
    deaf = replace(one, load=("true",))
    profile = replace(changeable.profile, dumps=(deaf,))
    told = dict(dumps.pour(open_cellar.vessel(profile, DUMP, "mlflow-system")).failed)
    assert "not what it was after its load" in told["mlflow-system/mlflow"]
