import pytest

from relab.resources.item import Item
from restore.aws_needs import Directory
from restore.graph import Node, Phase
from restore.order import build

BUCKET = Item(
    "aws", "s3.bucket", "", "b-user07", {"Bucket": "b-user07"}, identifiers=("s3://b-user07",)
)


def config_map(text: str) -> Item:
    return Item("kubernetes", "v1/ConfigMap", "c", "ns/config", {"data": {"uri": text}})


def test_an_object_waits_for_what_of_the_account_it_refers_to() -> None:
    items = [config_map("s3://b-user07/mlflow"), BUCKET]
    waits = build(items, Directory(items)).settled()
    assert Node(BUCKET.identity, Phase.CREATE) in waits[Node(items[0].identity, Phase.CREATE)]


def test_an_object_that_refers_to_nothing_does_not_wait() -> None:
    items = [config_map("s3://b-user08/mlflow"), BUCKET]
    waits = build(items, Directory(items)).settled()
    after = waits[Node(items[0].identity, Phase.CREATE)]
    assert Node(BUCKET.identity, Phase.CREATE) not in after


def queue_rule(name: str) -> Item:
    document = {"Name": name, "EventBusName": "default", "Targets": [{"Id": "1", "Arn": "a"}]}
    return Item("aws", "events.rule", "r", f"default/{name}", document)


def alarm(name: str) -> Item:
    return Item("aws", "cloudwatch.metric-alarm", "r", name, {"AlarmName": name})


def job(kind: str) -> Item:
    return Item("kubernetes", kind, "c", "ns/nightly", {"metadata": {"name": "nightly"}})


def before(node: Node, waits: dict[Node, set[Node]]) -> set[Node]:
    """Return all that `node` waits for, at whatever remove."""
    found: set[Node] = set()
    left = [node]
    while left:
        new = waits.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


def test_what_lets_things_happen_by_being_there_comes_last() -> None:
    items = [alarm("full"), BUCKET, queue_rule("nightly")]
    waits = build(items, Directory(items), [BUCKET.identity]).settled()
    calm = {
        Node(BUCKET.identity, Phase.CREATE),
        Node(BUCKET.identity, Phase.DATA),
        Node(items[2].identity, Phase.CREATE),
    }
    for last in (Node(items[0].identity, Phase.CREATE), Node(items[2].identity, Phase.LATE)):
        assert calm <= before(last, waits)


@pytest.mark.parametrize(
    "kind",
    [
        "batch/v1/CronJob",
        "argoproj.io/v1alpha1/CronWorkflow",
        "kubeflow.org/v1beta1/ScheduledWorkflow",
    ],
)
def test_schedules_wait_for_all_data_all_webhooks_and_the_account(kind: str) -> None:
    hook = Item(
        "kubernetes",
        "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration",
        "c",
        "hook",
        {},
    )
    claim = Item("kubernetes", "v1/PersistentVolumeClaim", "c", "ns/files", {})
    items = [job(kind), hook, claim, BUCKET, queue_rule("nightly")]
    waits = build(items, Directory(items), [claim.identity, BUCKET.identity]).settled()
    found = before(Node(items[0].identity, Phase.CREATE), waits)
    assert {
        Node(hook.identity, Phase.CREATE),
        Node(claim.identity, Phase.DATA),
        Node(BUCKET.identity, Phase.DATA),
        Node(items[4].identity, Phase.LATE),
    } <= found


def test_all_that_names_a_bucket_waits_for_its_name() -> None:
    bare = config_map("b-user07")
    items = [bare, BUCKET]
    waits = build(items, Directory(items)).settled()
    assert Node(BUCKET.identity, Phase.CREATE) in waits[Node(bare.identity, Phase.CREATE)]
