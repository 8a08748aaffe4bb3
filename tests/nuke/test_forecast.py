"""What a wipe would take: aws-nuke's list beside our own inventory and the snapshot."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from profiles.model import Kept, Nuke, Volumes
from relab.nuke.config import kinds
from relab.nuke.forecast import Sight, forecast
from relab.nuke.lines import Row, State
from relab.nuke.model import By, Doomed, Fate, Forecast
from relab.nuke.rules import Rule, rules
from relab.resources.item import Item
from tests.nuke.world import ACCOUNT, CALLER, REGION, inventory, item, profile, row

BUCKET = item("s3.bucket", "b-user07", tenant="07")
OBJECT = item("s3.object", "b-user07/key", tenant="07")
CLUSTER = item("eks.cluster", "mlops-training-cluster")
BUCKET_ROW = row("S3Bucket", "s3://b-user07")


def kube(kind: str, key: str, **more: Any) -> Item:
    return Item("kubernetes", kind, "mlops-training-cluster", key, {}, **more)


def look(
    items: Collection[Item],
    going: Collection[Row] = (),
    saved: Collection[Item] | None = None,
    **more: Any,
) -> Forecast:
    """Return the forecast for `items`, all of them saved unless others are named."""
    found = more.pop("profile", profile())
    known = {name: more.pop(name) for name in ("moved", "skipped", "older") if name in more}
    held = items if saved is None else saved
    sight = Sight(
        profile=found,
        inventory=inventory(*items, **known),
        saved=frozenset(one.identity for one in held),
        kinds=kinds(found, soft=more.get("soft", False)),
        kept=more.pop("kept", ()),
        going=tuple(going),
        **more,
    )
    return forecast(sight)


def fates(found: Forecast) -> dict[str, Fate]:
    return {f"{one.type} {one.key}": one.fate for one in found.doomed}


def test_what_is_saved_and_listed_is_covered() -> None:
    found = look((BUCKET, OBJECT), (BUCKET_ROW,))
    assert found.doomed == (
        Doomed("07", "s3.bucket", "b-user07", By.NUKE, Fate.CAPTURED),
        Doomed("07", "s3.object", "b-user07/key", By.HOLDER, Fate.CAPTURED),
    )
    assert (found.losses, found.survivors, found.breaches) == ((), (), ())


def test_what_came_after_the_save_is_lost() -> None:
    found = look((BUCKET, OBJECT), (BUCKET_ROW,), saved=(BUCKET,))
    assert [one.key for one in found.losses] == ["b-user07/key"]


def test_what_changed_since_the_save_is_lost_and_says_where() -> None:
    moved = {BUCKET.identity: "it has changed since the save at /document/Policy"}
    [lost] = look((BUCKET,), (BUCKET_ROW,), moved=moved).losses
    assert "/document/Policy" in lost.why


def test_what_a_kept_thing_brings_stays_and_may_not_be_on_the_list() -> None:
    table = item("ec2.route-table", "rtb-1", owner=CLUSTER.identity)
    kept = (Rule("eks.cluster", CLUSTER.key, "it stays"),)
    assert look((CLUSTER, table), kept=kept).doomed == ()
    [breach] = look((CLUSTER, table), (row("EC2RouteTable", "rtb-1"),), kept=kept).breaches
    assert "relab expects it to stay" in breach


def test_what_cannot_be_captured_says_why() -> None:
    secret = item("iam.access-key", "user07/AKIA")
    [lost] = look((secret,), (row("IAMUserAccessKey", "user07 -> AKIA"),)).losses
    assert (lost.fate, bool(lost.why)) == (Fate.NEVER, True)


def test_what_its_owner_rebuilds_is_no_loss_although_it_changes() -> None:
    vpc = item("ec2.vpc", "vpc-1")
    table = item("ec2.route-table", "rtb-1", owner=vpc.identity)
    rows = (row("EC2VPC", "vpc-1"),)
    found = look((vpc, table), rows, saved=(vpc,), moved={table.identity: "it is new"})
    assert fates(found)["ec2.route-table rtb-1"] is Fate.REBUILT
    assert found.survivors == ()


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (item("ecr.repository", "mlops/a"), row("ECRRepository", "Repository: mlops/a")),
        (item("events.rule", "default/nightly"), row("CloudWatchEventsRule", "Rule: nightly")),
        (item("eks.nodegroup", "c/workers"), row("EKSNodegroup", "c:workers")),
        (item("sns.topic", "arn:t"), row("SNSTopic", "TopicARN: arn:t")),
        (
            item("sns.subscription", "arn:t:1"),
            row("SNSSubscription", f"Owner: {ACCOUNT} ARN: arn:t:1"),
        ),
        (
            item("secretsmanager.secret", "mlops/db"),
            row("SecretsManagerSecret", "arn:aws:secretsmanager:::x", Name="mlops/db"),
        ),
        (
            item("ec2.elastic-ip", "eipalloc-1"),
            row("EC2Address", "198.51.100.7", AllocationID="eipalloc-1"),
        ),
        (item("cloudwatch.composite-alarm", "a"), row("CloudWatchAlarm", "a")),
    ],
    ids=lambda one: one.type,
)
def test_every_spelling_of_a_line_finds_its_item(one: Item, line: Row) -> None:
    found = look((one,), (line,))
    assert list(fates(found).values()) == [Fate.CAPTURED]


def test_a_line_that_we_know_nothing_of_is_a_loss() -> None:
    [lost] = look((), (row("EC2Instance", "i-1"),)).losses
    assert (lost.type, lost.key, lost.by) == ("EC2Instance", "i-1", By.NUKE)
    assert "own inventory" in lost.why


def test_a_line_that_our_inventory_left_out_says_why() -> None:
    skipped = {("ec2.nat-gateway", "nat-1"): "it is gone, or was never there"}
    [lost] = look((), (row("EC2NATGateway", "nat-1"),), skipped=skipped).losses
    assert (lost.fate, lost.why) == (Fate.NEVER, "it is gone, or was never there")


def test_pieces_go_with_their_item_and_lost_ones_are_told() -> None:
    user = item("iam.user", "user07", tenant="07")
    rows = (
        row("IAMUser", "user07"),
        row("IAMUserPolicy", "user07 -> own-bucket"),
        row("IAMUserSSHPublicKey", "user07 -> APKA"),
        row("IAMUserPolicy", "user08 -> own-bucket"),
    )
    found = look((user,), rows)
    assert {(one.type, one.key, one.tenant) for one in found.losses} == {
        ("IAMUserSSHPublicKey", "user07 -> APKA", "07"),
        ("IAMUserPolicy", "user08 -> own-bucket", ""),
    }


def test_what_aws_nuke_does_not_list_survives_and_collides() -> None:
    line = replace(BUCKET_ROW, state=State.FILTERED, why="cannot be")
    found = look((BUCKET,), filtered=(line,))
    assert found.doomed == ()
    [left] = found.survivors
    assert (left.key, left.why, left.collides) == ("b-user07", "cannot be", True)
    [other] = look((BUCKET,), saved=()).survivors
    assert (other.why, other.collides) == ("aws-nuke does not list it", False)


def test_what_nobody_can_remove_survives_with_its_reason() -> None:
    [left] = look((item("ecr.registry", ACCOUNT),)).survivors
    assert "every region has these settings" in left.why


def test_what_aws_nuke_does_not_know_is_removed_by_us() -> None:
    found = look((item("ec2.flow-log", "fl-1"),))
    assert [(one.by, one.fate) for one in found.doomed] == [(By.RELAB, Fate.CAPTURED)]


def test_what_is_kept_is_told_and_what_is_inside_it_stays() -> None:
    kept = (Rule("s3.bucket", "b-user07", "the vault is in it"),)
    found = look((BUCKET, OBJECT), kept=kept)
    assert found.doomed == ()
    assert [(one.type, one.why) for one in found.kept] == [("s3.bucket", "the vault is in it")]


@pytest.mark.parametrize(
    "line",
    [
        BUCKET_ROW,
        row("S3MultipartUpload", "s3://b-user07/key#1"),
        row("IAMRole", "AWSReservedSSO_Admin_01"),
        row("EC2VPC", "vpc-0", IsDefault="true"),
    ],
    ids=lambda line: str(line.type),
)
def test_a_kept_thing_on_aws_nukes_list_is_a_breach(line: Row) -> None:
    kept = (Rule("s3.bucket", "b-user07", "the vault is in it"),)
    assert len(look((BUCKET,), (line,), kept=kept).breaches) == 1


def test_the_cluster_takes_everything_in_it_along() -> None:
    claim = kube("v1/PersistentVolumeClaim", "kubeflow-user07/notes", tenant="07")
    files = kube("data/Volume", "kubeflow-user07/notes", tenant="07")
    config = kube("v1/ConfigMap", "kubeflow-user07/new", tenant="07")
    rows = (row("EKSCluster", "mlops-training-cluster"),)
    bare = replace(profile(), dumps=())
    items = (CLUSTER, claim, config)
    found = look(items, rows, saved=(CLUSTER, claim, files), profile=bare)
    assert fates(found) == {
        "eks.cluster mlops-training-cluster": Fate.CAPTURED,
        "v1/PersistentVolumeClaim kubeflow-user07/notes": Fate.CAPTURED,
        "data/Volume kubeflow-user07/notes": Fate.CAPTURED,
        "v1/ConfigMap kubeflow-user07/new": Fate.LOST,
    }
    without = look(items, rows, saved=(CLUSTER, claim, config), profile=bare)
    assert [one.type for one in without.losses] == ["data/Volume"]
    chosen = replace(bare, volumes=Volumes(tenants=()))
    left_out = look(items, rows, saved=(CLUSTER, claim, config), profile=chosen)
    assert Fate.LEFT_OUT in fates(left_out).values()


def test_databases_that_were_not_dumped_are_lost() -> None:
    pod = kube("v1/ConfigMap", "mlflow-system/x")
    rows = (row("EKSCluster", "mlops-training-cluster"),)
    lost = look((CLUSTER, pod), rows).losses
    assert {one.type for one in lost} == {"data/Dump"}
    assert {one.tenant for one in lost} == {"", *profile().tenants}


def test_a_kept_cluster_keeps_what_is_in_it() -> None:
    kept = (Rule("eks.cluster", "mlops-training-cluster", "it stays"),)
    found = look((CLUSTER, kube("v1/ConfigMap", "a/b")), kept=kept)
    assert found.doomed == ()


def test_older_versions_that_no_save_took_are_lost() -> None:
    older = frozenset({"b-user07"})
    [lost] = look((BUCKET,), (BUCKET_ROW,), older=older).losses
    assert (lost.type, lost.key) == ("s3.version", "b-user07")
    kept = (Rule("s3.bucket", "b-user07", "kept"),)
    assert look((BUCKET,), (), older=older, kept=kept, soft=True).losses == ()


def test_a_soft_wipe_empties_buckets_and_keeps_them() -> None:
    found = look((BUCKET, OBJECT), soft=True, older=frozenset({"b-user07"}))
    assert {(one.type, one.by) for one in found.doomed} == {
        ("s3.object", By.HOLDER),
        ("s3.version", By.HOLDER),
    }
    left = replace(profile(), nuke=Nuke(leave=("s3.*",)))
    assert look((BUCKET, OBJECT), soft=True, profile=left).doomed == ()


def test_the_stack_of_the_bootstrap_is_made_again() -> None:
    found = look((), (row("CloudFormationStack", "CDKToolkit"),))
    assert [one.fate for one in found.doomed] == [Fate.REBUILT]


def test_notes_are_about_what_goes() -> None:
    assert any("bucket" in note for note in look((BUCKET,), (BUCKET_ROW,)).notes)
    assert look((item("sqs.queue", "q"),), (row("SQSQueue", "q"),)).notes == ()


def test_rules_of_the_profile_reach_the_forecast() -> None:
    keep = (Kept(type="s3.bucket", name="b-{user}", why="mine"),)
    found = replace(profile(), nuke=Nuke(keep=keep))
    kept = rules(found, CALLER, "/v", (BUCKET,))
    assert [one.why for one in look((BUCKET,), profile=found, kept=kept).kept] == ["mine"]
    assert BUCKET_ROW.owner == REGION
