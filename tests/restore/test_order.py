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
