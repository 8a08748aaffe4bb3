"""Another account and region: what is said anew, what is left, and what is flagged."""

import base64
from dataclasses import replace

import pytest

from relab.resources.item import Item
from restore.flags import flagged
from restore.moves import Moves
from restore.relocate import Home, Relocation, home_of
from snapshot.vault.model import Box, Entry

A = Home("111111111111", "ap-northeast-2", "lab-one")
B = Home("222222222222", "us-west-2", "lab-two")
MOVE = Relocation(A, B)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("arn:aws:iam::111111111111:role/x", "arn:aws:iam::222222222222:role/x"),
        ("arn:aws:sqs:ap-northeast-2:111111111111:q", "arn:aws:sqs:us-west-2:222222222222:q"),
        (
            "111111111111.dkr.ecr.ap-northeast-2.amazonaws.com/a:b",
            "222222222222.dkr.ecr.us-west-2.amazonaws.com/a:b",
        ),
        ("ap-northeast-2a", "us-west-2a"),
        ("com.amazonaws.ap-northeast-2.s3", "com.amazonaws.us-west-2.s3"),
        (
            "oidc.eks.ap-northeast-2.amazonaws.com/id/ABC:sub",
            "oidc.eks.us-west-2.amazonaws.com/id/ABC:sub",
        ),
        (
            "b.s3-website.ap-northeast-2.amazonaws.com",
            "b.s3-website-us-west-2.amazonaws.com",
        ),
        ('{"AWS": "111111111111"}', '{"AWS": "222222222222"}'),
        ("logs-111111111111-ap-northeast-2", "logs-222222222222-us-west-2"),
        ("kubernetes.io/cluster/lab-one", "kubernetes.io/cluster/lab-two"),
        ("lab-one-nodes", "lab-one-nodes"),
        ("1111111111112", "1111111111112"),
        ("ap-northeast-20", "ap-northeast-20"),
        # A third account's things stay where they are.
        (
            "arn:aws:kms:ap-northeast-2:333333333333:key/k",
            "arn:aws:kms:ap-northeast-2:333333333333:key/k",
        ),
        (
            "333333333333.dkr.ecr.ap-northeast-2.amazonaws.com/a",
            "333333333333.dkr.ecr.ap-northeast-2.amazonaws.com/a",
        ),
    ],
)
def test_every_place_of_a_number_or_a_region(old: str, new: str) -> None:
    assert MOVE.text(old) == new


def test_zones_go_where_there_are_some() -> None:
    move = replace(MOVE, zones={"ap-northeast-2d": "us-west-2b"})
    assert [move.text(f"ap-northeast-2{one}") for one in "ad"] == ["us-west-2a", "us-west-2b"]


def bucket(**document: object) -> Item:
    return Item("aws", "s3.bucket", "", "b", document)


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("ap-northeast-2", "us-west-2", "ap-northeast-2", "us-west-2"),
        ("ap-northeast-2", "us-east-1", "ap-northeast-2", None),
        ("us-east-1", "us-west-2", None, "us-west-2"),
        ("ap-northeast-2", "us-west-2", "eu-west-1", "eu-west-1"),
    ],
)
def test_a_bucket_says_its_region_as_the_new_one_wants_it(
    old: str, new: str, before: str | None, after: str | None
) -> None:
    move = Relocation(replace(A, region=old), replace(B, region=new))
    said = {"CreateBucketConfiguration": {"LocationConstraint": before}} if before else {}
    wanted = {"CreateBucketConfiguration": {"LocationConstraint": after}} if after else {}
    assert move.item(bucket(**said)).document == wanted


def test_identities_and_owners_move_with_their_region_and_cluster() -> None:
    table = Item("aws", "ec2.route-table", A.region, "rtb-1", {}, owner=f"aws:ec2.vpc:{A.region}:v")
    pod = Item("kubernetes", "v1/Pod", A.cluster, "ns/p", {})
    assert MOVE.item(table).identity == f"aws:ec2.route-table:{B.region}:rtb-1"
    assert MOVE.item(table).owner == f"aws:ec2.vpc:{B.region}:v"
    assert MOVE.item(pod).identity == f"kubernetes:v1/Pod:{B.cluster}:ns/p"


def test_names_inside_a_bucket_stay() -> None:
    move = replace(MOVE, words={"old-name": "new-name"})
    key = "old-name/AWSLogs/111111111111/old-name.gz"
    moved = move.item(Item("aws", "s3.object", "", key, {"SSEKMSKeyId": "old-name"}))
    assert moved.key == "new-name/AWSLogs/111111111111/old-name.gz"
    assert moved.document == {"SSEKMSKeyId": "new-name"}


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_secrets_in_base64_and_sealed_ones_are_said_anew_once() -> None:
    # The new word holds the old one: saying it twice would show.
    move = Moves(replace(MOVE, words={"user07": "acme-user07"}))
    open_ = Item(
        "kubernetes",
        "v1/Secret",
        A.cluster,
        "ns/user07",
        {"kind": "Secret", "data": {"user07": coded("111111111111 user07"), "raw": "/w=="}},
    )
    document = {**open_.document, "data": {"user07": {"sealed": "f"}, "raw": "/w=="}}
    sealed = Entry(replace(open_, document=document), {}, {"/document/data/user07": Box("f", b"")})
    (moved,) = move.of(sealed)
    assert [*moved.sealed] == ["/document/data/acme-user07"]
    clear = replace(
        moved.item,
        document={
            **moved.item.document,
            "data": {"acme-user07": open_.document["data"]["user07"], "raw": "/w=="},
        },
    )
    said = move.opened(moved, clear)
    assert said.document["data"] == {
        "acme-user07": coded("222222222222 acme-user07"),
        "raw": "/w==",
    }
    assert said.key == "ns/acme-user07"


def test_where_things_were_read_is_what_most_of_them_say() -> None:
    items = [
        Item("aws", "iam.role", "", "r", {}, identifiers=("arn:aws:iam::111111111111:role/r",)),
        Item("aws", "sqs.queue", A.region, "q", {}, identifiers=("arn:aws:sqs:x:111111111111:q",)),
        Item("kubernetes", "v1/Pod", A.cluster, "p", {}),
    ]
    assert home_of(items) == A
    assert home_of([]) == Home("", "", "")


CIPHER = "AQICAH" + "a" * 80
CERTIFICATE = "arn:aws:acm:ap-northeast-2:111111111111:certificate/0"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"x {CIPHER}", "a text sealed by KMS"),
        (CERTIFICATE, CERTIFICATE),
        ("apne2-az1", "the id of an availability zone"),
        ("arn:aws:iam::111111111111:role/mine", None),
        ("arn:aws:iam::111111111111:root", None),
        ("arn:aws:logs:ap-northeast-2:111111111111:*", None),
        ("arn:aws:acm:ap-northeast-2:333333333333:certificate/0", None),
        ("nothing", None),
    ],
)
def test_what_cannot_be_said_anew_is_flagged(text: str, told: str | None) -> None:
    role = Item(
        "aws", "iam.role", "", "mine", {}, identifiers=("arn:aws:iam::111111111111:role/mine",)
    )
    one = Item("kubernetes", "v1/ConfigMap", A.cluster, "ns/c", {"data": {"a": text}})
    entries = [Entry(role), Entry(one)]
    found = list(flagged(MOVE, entries, lambda entry: entry.item))
    assert [flag.what for flag in found] == ([told] if told else [])
    for flag in found:
        assert flag.identity == "kubernetes:v1/ConfigMap:lab-two:ns/c"
        assert flag.pointer == "/data/a"
        assert flag.reason
    assert list(flagged(None, entries, lambda entry: entry.item)) == []
