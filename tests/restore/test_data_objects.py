"""Objects poured back into a bucket, on moto and on a real S3 server."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from relab.errors import RelabError
from restore.data import objects
from restore.data.objects import pour
from restore.journal import Made
from snapshot.collect.scope import Scope
from snapshot.vault.model import State
from snapshot.vault.vault import Vault
from tests.restore.objects_pouring import (
    MB,
    _quick,
    before,
    documents,
    etags,
    fill,
    moto,
    open_cellar,
    real,
    vessel,
    wipe,
)
from tests.restore.pouring import Cellar, watched
from tests.snapshot.conftest import real_s3
from tests.snapshot.meddler import Answer, Asked, Meddler, Rule, meddling, xml_error
from tests.snapshot.objects_world import (
    Bucket,
    Saved,
    bucket,
    save_bucket,
)
from tests.snapshot.test_objects import CANARY, HOSTILE

__all__ = ["_quick", "before", "bucket", "moto", "open_cellar", "real", "real_s3"]
pytestmark = pytest.mark.timeout(900)  # the first of them may build the server
WITH_VERSIONS = Scope(("01", ""), versions=True)


def test_a_wiped_bucket_comes_back_and_a_second_pour_changes_nothing(
    vault: Vault, bucket: Bucket, before: Meddler, open_cellar: Cellar
) -> None:
    fill(bucket)
    first = save_bucket(vault, bucket)
    assert first.snapshot.state is State.COMPLETE
    wipe(bucket)
    done = pour(vessel(open_cellar, bucket, before))
    assert done.failed == ()
    assert done.made == len(first.entries)
    second = save_bucket(vault, bucket, "two")
    assert documents(second) == documents(first)
    assert second.snapshot.content == first.snapshot.content
    assert etags(second) == etags(first)
    again, changed = watched(pour, vessel(open_cellar, bucket, before), before)
    assert (again.made, again.failed, changed) == (0, (), [])


def test_only_what_differs_is_put(
    vault: Vault, bucket: Bucket, before: Meddler, open_cellar: Cellar
) -> None:
    fill(bucket)
    first = save_bucket(vault, bucket)
    client, name = bucket.client, bucket.name
    client.delete_object(Bucket=name, Key="nothing")
    bucket.put(**{"plain/0": b"9", "new": b"not in the snapshot"})
    client.put_object_tagging(
        Bucket=name,
        Key="all/one two+three",
        Tagging={"TagSet": [{"Key": "b", "Value": "other"}]},
    )
    client.put_object(Bucket=name, Key="sum/1", Body=b"s", Metadata={"came": "later"})
    done, changed = watched(pour, vessel(open_cellar, bucket, before), before)
    assert (done.made, done.failed) == (4, ())
    assert sorted(line.split(" ")[1].partition("/")[0] for line in changed) == [""] * 4
    assert sum("?tagging" in line for line in changed) == 1
    assert client.get_object(Bucket=name, Key="new")["Body"].read() == b"not in the snapshot"
    client.delete_object(Bucket=name, Key="new")
    assert save_bucket(vault, bucket, "two").snapshot.content == first.snapshot.content


def test_any_key_comes_back(vault: Vault, moto: Bucket, open_cellar: Cellar) -> None:
    for number, key in enumerate(HOSTILE):
        moto.client.put_object(Bucket=moto.name, Key=key, Body=f"body {number}".encode())
    first = save_bucket(vault, moto)
    wipe(moto, *HOSTILE)
    assert pour(vessel(open_cellar, moto)).failed == ()
    assert save_bucket(vault, moto, "two").snapshot.content == first.snapshot.content
    assert pour(vessel(open_cellar, moto)).made == 0


def test_secrets_come_back_in_clear_and_stand_nowhere(
    vault: Vault, bucket: Bucket, tmp_path: Path, open_cellar: Cellar
) -> None:
    more: Any = {"Metadata": {"api-token": CANARY}, "Tagging": f"db_password={CANARY}"}
    bucket.client.put_object(Bucket=bucket.name, Key="k", Body=b"", **more)
    save_bucket(vault, bucket)
    wipe(bucket)
    with meddling(str(bucket.profile.aws.endpoint)) as closed:
        closed.rules = [Rule("PUT ", xml_error("AccessDenied", 403))]
        refused = pour(vessel(open_cellar, bucket, closed))
    assert CANARY not in str(refused)
    assert pour(vessel(open_cellar, bucket)).made == 1
    found = bucket.client.head_object(Bucket=bucket.name, Key="k")
    assert found["Metadata"] == {"api-token": CANARY}
    tags = bucket.client.get_object_tagging(Bucket=bucket.name, Key="k")["TagSet"]
    assert tags == [{"Key": "db_password", "Value": CANARY}]
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


def test_versions_and_markers_come_back_in_order(
    vault: Vault, real: Bucket, open_cellar: Cellar
) -> None:
    client, name = real.client, real.name
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"22", b"1"):
        real.put(often=body)
    real.put(gone=b"g", once=b"o")
    client.delete_object(Bucket=name, Key="gone")
    first = save_bucket(vault, real, scope=WITH_VERSIONS)
    wipe(real)
    real.put(often=b"1")  # where a killed restore left off
    with meddling(str(real.profile.aws.endpoint)) as meddler:
        meddler.rules = [losing_the_first(f"PUT /{name}/often")]
        done, changed = watched(pour, vessel(open_cellar, real, meddler), meddler)
        assert (done.failed, len(changed)) == ((), 5)
        again, changed = watched(pour, vessel(open_cellar, real, meddler), meddler)
        assert (again.made, again.failed, changed) == (0, (), [])
    assert states(save_bucket(vault, real, "two", WITH_VERSIONS)) == states(first)


def states(saved: Saved) -> set[tuple[object, ...]]:
    return {
        (
            name.key,
            entry.item.document["NewerVersions"],
            *(one.digest for one in entry.blobs.values()),
        )
        for name, entry in saved.entries.items()
    }


def test_older_states_need_a_bucket_with_versions(
    vault: Vault, real: Bucket, open_cellar: Cellar
) -> None:
    client, name = real.client, real.name
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        real.put(often=body)
    save_bucket(vault, real, scope=WITH_VERSIONS)
    plain = f"{name}-plain"
    client.create_bucket(Bucket=plain)
    done = pour(open_cellar.vessel(real.profile, "s3.object", name, plain))
    assert done.made == 1
    assert done.failed == ((plain, objects._NO_VERSIONS.format(1)),)
    assert client.get_object(Bucket=plain, Key="often")["Body"].read() == b"2"


@pytest.mark.parametrize("fault", [("SlowDown", 503), ("InternalError", 500), ("", 502)])
def test_what_passes_is_tried_again(
    vault: Vault, moto: Bucket, open_cellar: Cellar, fault: tuple[str, int]
) -> None:
    fill(moto)
    first = save_bucket(vault, moto)
    wipe(moto)
    with meddling(str(moto.profile.aws.endpoint)) as meddler:
        meddler.rules = [sometimes(xml_error(*fault))]
        done = pour(vessel(open_cellar, moto, meddler))
    assert done.failed == ()
    assert save_bucket(vault, moto, "two").snapshot.content == first.snapshot.content


def sometimes(said: Answer) -> Rule:
    """Return a rule that answers the same request twice before it lets it through."""
    rule, asked = Rule(""), Counter[str]()

    def choose(one: Asked) -> None:
        asked[f"{one.method} {one.path}"] += 1
        rule.answer = said if asked[f"{one.method} {one.path}"] % 3 else None

    rule.first = choose
    return rule


def losing_the_first(word: str) -> Rule:
    """Return a rule that loses the answer to the first request that holds `word`."""
    rule = Rule(word)

    def choose(_: Asked) -> None:
        rule.lost = xml_error("InternalError", 500) if rule.met == 1 else None

    rule.first = choose
    return rule


def test_a_damaged_vault_is_no_failure_of_the_bucket(
    vault: Vault, folder: Path, moto: Bucket, open_cellar: Cellar
) -> None:
    moto.put(a=b"1" * 100, b=b"2" * (2 * MB))
    save_bucket(vault, moto)
    wipe(moto)
    for path in (folder / "blobs").glob("??/*"):
        path.chmod(0o600)
        path.write_bytes(b"0" * path.stat().st_size)
    with pytest.raises(RelabError, match="damaged"):
        pour(vessel(open_cellar, moto))
    assert "Contents" not in moto.client.list_objects_v2(Bucket=moto.name)


def test_an_answer_that_is_lost_makes_no_second_version(
    vault: Vault, real: Bucket, open_cellar: Cellar
) -> None:
    real.put(a=b"1", b=b"2")
    save_bucket(vault, real)
    wipe(real)
    real.client.put_bucket_versioning(
        Bucket=real.name, VersioningConfiguration={"Status": "Enabled"}
    )
    with meddling(str(real.profile.aws.endpoint)) as meddler:
        meddler.rules = [losing_the_first("PUT /")]
        done = pour(vessel(open_cellar, real, meddler))
    assert (done.made, done.failed) == (2, ())
    assert len(real.client.list_object_versions(Bucket=real.name)["Versions"]) == 2


@pytest.mark.parametrize("fault", ["AccessDenied", "NoSuchBucket"])
def test_a_bucket_that_cannot_be_listed_is_one_failure(
    vault: Vault, moto: Bucket, open_cellar: Cellar, fault: str
) -> None:
    moto.put(a=b"1", b=b"2")
    save_bucket(vault, moto)
    with meddling(str(moto.profile.aws.endpoint)) as meddler:
        meddler.rules = [Rule("list-type", xml_error(fault, 403))]
        done = pour(vessel(open_cellar, moto, meddler))
    assert done.failed == ((moto.name, f"ListObjects: {fault}: no"),)


def test_a_bucket_that_takes_nothing_is_given_up(
    vault: Vault, moto: Bucket, open_cellar: Cellar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "_ENOUGH", 5)
    moto.put(**{f"k{number:03}": b"1" for number in range(200)})
    save_bucket(vault, moto)
    wipe(moto)
    with meddling(str(moto.profile.aws.endpoint)) as meddler:
        meddler.rules = [Rule("PUT /", xml_error("AccessDenied", 403))]
        done = pour(vessel(open_cellar, moto, meddler))
    assert done.made == 0
    assert 5 < len(done.failed) < 200
    assert done.failed[-1] == (moto.name, objects._STOPPED)


def test_a_listing_in_another_order_is_read_to_its_end(
    vault: Vault, moto: Bucket, open_cellar: Cellar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "_BATCH", 2)
    moto.put(a=b"1", b=b"2", c=b"3", d=b"4")
    save_bucket(vault, moto)
    rows = "".join(
        f"<Contents><Key>{key}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z"
        f"</LastModified><ETag>{etag(moto, key)}</ETag></Contents>"
        for key in "dbca"
    )
    with meddling(str(moto.profile.aws.endpoint)) as meddler:
        meddler.rules = [Rule("list-type", Answer(200, f"<R>{rows}</R>".encode()))]
        done, changed = watched(pour, vessel(open_cellar, moto, meddler), meddler)
    assert (done.made, done.failed, changed) == (0, (), [])


def etag(bucket: Bucket, key: str) -> str:
    return bucket.client.head_object(Bucket=bucket.name, Key=key)["ETag"]


def test_the_key_of_the_new_world_encrypts(vault: Vault, moto: Bucket, open_cellar: Cellar) -> None:
    kms = boto3.client(
        "kms",
        region_name="us-east-1",
        endpoint_url=moto.profile.aws.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    old, new = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    gone = f"{old[:-4]}0000"
    for key, name in (("moved", old), ("stays", new), ("lost", gone)):
        moto.client.put_object(
            Bucket=moto.name, Key=key, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=name
        )
    save_bucket(vault, moto)
    wipe(moto)
    open_cellar.journal.make("aws:kms.key::k", Made("k", {}), {old: new})
    done = pour(vessel(open_cellar, moto))
    assert done.made == 2
    assert done.failed == ((f"{moto.name}/lost", f"it refers to {gone}, which is not there"),)
    for key in ("moved", "stays"):
        assert moto.client.head_object(Bucket=moto.name, Key=key)["SSEKMSKeyId"] == new
    assert pour(vessel(open_cellar, moto)).made == 0


def test_a_value_that_would_be_read_as_another_header_is_refused(
    vault: Vault, moto: Bucket, open_cellar: Cellar
) -> None:
    moto.put(a=b"1")
    save_bucket(vault, moto)
    wipe(moto)
    target = vessel(open_cellar, moto)
    (entry,) = target.entries()
    evil = {"Metadata": {"x": "1\r\nx-amz-acl: public-read"}}
    hostile = replace(entry, item=replace(entry.item, document=evil))
    done = pour(replace(target, entries=lambda: iter([hostile])))
    assert done.made == 0
    assert "line break" in done.failed[0][1]
