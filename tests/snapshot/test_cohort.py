"""The whole sandbox: sixteen tenants, every type, all data; and the same hash wherever it goes."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from profiles.naming import names
from relab.events import UnitSaved
from relab.resources.registry import TYPES
from relab.sandbox.session import Session
from snapshot.collect.driver import is_gap
from snapshot.data.objects_names import read as object_name
from snapshot.vault import keys
from snapshot.vault.model import Covered, Entry, Snapshot, State
from snapshot.vault.opening import Means, find_key, make_vault
from snapshot.vault.vault import Vault
from tests.conftest import clean_environ
from tests.snapshot.saving import Saved, everything, saved
from tests.snapshot.trees import exported, imported

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True, slots=True)
class Cohort:
    """The sandbox saved twice in a row, `one` and `two`, with what its account then listed."""

    sandbox: Session
    vault: Vault
    means: Means
    one: Saved
    two: Saved

    def entries(self) -> Mapping[str, list[Entry]]:
        """Return the entries of `one` by type."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.vault.reader().entries(self.one.snapshot):
            found[entry.item.type].append(entry)
        return found

    def client(self, service: Any) -> Any:
        env = self.sandbox.env()
        return boto3.client(
            service,
            region_name=env["AWS_REGION"],
            endpoint_url=env["AWS_ENDPOINT_URL"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture(scope="module")
def cohort(
    sandbox: Session, s3: "S3Client", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cohort]:
    """Save everything twice, into a vault whose bucket's client is that of another server."""
    folder = tmp_path_factory.mktemp("cohort")
    key = keys.create(folder / "vault.key")
    environ = {keys.FILE_VARIABLE: str(folder / "vault.key")}
    means = Means(find_key(environ, lambda: None), lambda: s3)
    vault = make_vault(str(folder / "vault"), means, [key.recipient])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", clean_environ())
        scope = everything(sandbox.profile)
        one, two = (saved(vault, sandbox.profile, scope, name) for name in ("one", "two"))
        yield Cohort(sandbox, vault, means, one, two)


def test_nothing_of_the_cohort_is_missed(cohort: Cohort) -> None:
    assert cohort.one.snapshot.state is State.COMPLETE
    assert [line for line in cohort.one.ledger if is_gap(line)] == []
    found = cohort.entries()
    for kind in TYPES:
        told = {line.state for line in cohort.one.ledger if line.type == kind.type}
        if kind.lists:
            assert found[kind.type], kind.type
            assert Covered.CAPTURED in told
        else:
            assert told == {Covered.UNSUPPORTED}, kind.type


def test_every_tenant_has_its_own(cohort: Cohort) -> None:
    profile = cohort.sandbox.profile
    assert len(profile.tenants) == 16
    found = cohort.entries()
    types = ("v1/Namespace", "s3.bucket", "ecr.repository", "s3.object", "ecr.image")
    for kind in (*types, "kubeflow.org/v1/Profile", "data/Volume", "data/Dump"):
        owners = {entry.item.tenant for entry in found[kind]}
        assert owners >= {*profile.tenants}, kind
    for tenant in profile.tenants:
        called = names(profile, tenant)
        buckets = {one.item.key for one in found["s3.bucket"] if one.item.tenant == tenant}
        assert buckets == {*called.buckets}


def test_all_objects_are_there_to_the_byte(cohort: Cohort) -> None:
    client = cohort.client("s3")
    listed = {
        (bucket["Name"], row["Key"]): row["ETag"].strip('"')
        for bucket in client.list_buckets()["Buckets"]
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"])
        for row in page.get("Contents", ())
    }
    held = {
        (name.bucket, name.key): hashlib.md5(_body(cohort.vault, entry)).hexdigest()
        for entry in cohort.entries()["s3.object"]
        for name in [object_name(entry.item.key)]
    }
    assert len(held) > 600
    assert held == listed


def test_all_images_are_there(cohort: Cohort) -> None:
    client = cohort.client("ecr")
    pages = client.get_paginator("describe_repositories").paginate()
    listed = {
        f"{repository['repositoryName']}@{image['imageDigest']}"
        for page in pages
        for repository in page["repositories"]
        for some in client.get_paginator("list_images").paginate(
            repositoryName=repository["repositoryName"]
        )
        for image in some["imageIds"]
    }
    assert len(listed) > 80
    assert {entry.item.key for entry in cohort.entries()["ecr.image"]} == listed


def test_a_second_save_is_equal_and_reads_no_data(cohort: Cohort) -> None:
    assert cohort.two.snapshot.content == cohort.one.snapshot.content
    assert cohort.two.snapshot.state is State.COMPLETE
    first, second = (
        sum(
            event.size
            for event in one.events
            if isinstance(event, UnitSaved) and event.unit.startswith(("s3.object/", "ecr.image/"))
        )
        for one in (cohort.one, cohort.two)
    )
    assert (first > 0, second) == (True, 0)


def test_it_comes_back_from_an_export_into_a_folder_and_a_bucket(
    cohort: Cohort, bucket: str, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    exported(cohort.vault, "one", tree)
    recipients = [cohort.vault.key.recipient]
    for place in (str(tmp_path / "empty"), f"s3://{bucket}/cohorts"):
        other = make_vault(place, cohort.means, recipients)
        imported(other, tree)
        back = other.reader().snapshot("back")
        assert _told(back) == _told(cohort.one.snapshot)
        assert Counter(other.reader().coverage(back)) == Counter(cohort.one.ledger)
        assert other.verify("back", deep=True).findings == ()
    assert cohort.vault.verify("one", deep=True).findings == ()


def _told(snapshot: Snapshot) -> tuple[str, State, int]:
    return snapshot.content, snapshot.state, snapshot.items


def _body(vault: Vault, entry: Entry) -> bytes:
    return b"".join(vault.blob(entry.blobs["body"].digest))
