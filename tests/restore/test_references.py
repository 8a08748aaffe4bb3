import json
from typing import Any

import pytest

from restore.references import Finder, Reference, changes, dangling, references, translated

VPC, SUBNET = "vpc-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60718"
BUCKET, ROLE = "arn:aws:s3:::mlops-user07", "arn:aws:iam::123456789012:role/mlops-user07"
URI = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/mlops-user07-training"
KNOWN = {
    name: name for name in (VPC, SUBNET, BUCKET, ROLE, URI, "arn:aws:iam::123456789012:role/a/b")
}
FINDER = Finder(KNOWN)


def found(node: Any) -> list[str]:
    return [reference.identifier for reference in references(node, FINDER)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (VPC, [VPC]),
        (f"arn:aws:ec2:ap-northeast-2:123456789012:vpc/{VPC}", [VPC]),
        (f"{BUCKET}/*", [BUCKET]),
        (f"{BUCKET}-2/*", []),
        (f"{BUCKET}.example/*", []),
        (f"x{VPC}", []),
        (f"{VPC}0", []),
        (f"see {VPC}, and {SUBNET}.", [VPC, SUBNET]),
        (f"{VPC},{SUBNET}", [VPC, SUBNET]),
        (f"{URI}:v1.0.0", [URI]),
        (f"{URI}@sha256:abc", [URI]),
        (f"{URI}2:v1", []),
        ("arn:aws:iam::123456789012:role/a/b", ["arn:aws:iam::123456789012:role/a/b"]),
        (f"({ROLE})", [ROLE]),
        ("mlops-user07", []),
        ("", []),
        ("::::////....", []),
    ],
)
def test_whole_identifiers_are_found(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_they_are_found_inside_policies_and_keys() -> None:
    policy = json.dumps({"Statement": [{"Resource": [BUCKET, f"{BUCKET}/*"], "Principal": ROLE}]})
    assert found({"Policy": policy}) == [BUCKET, BUCKET, ROLE]
    assert found({"Rules": {VPC: 1}}) == [VPC]


def test_a_reference_says_where_it_stands() -> None:
    node = {"a/b": [{"VpcId": VPC}]}
    assert list(references(node, FINDER)) == [Reference("/a~1b/0/VpcId", VPC)]


def test_translation_leaves_everything_else_as_it_was() -> None:
    node = {
        "Id": VPC,
        "Text": f"<{VPC}>, {VPC}-old, {SUBNET}",
        "Number": 7,
        "None": None,
        "L": [VPC],
    }
    new = translated(node, FINDER, lambda name: "vpc-new" if name == VPC else name)
    assert new == {
        "Id": "vpc-new",
        "Text": f"<vpc-new>, {VPC}-old, {SUBNET}",
        "Number": 7,
        "None": None,
        "L": ["vpc-new"],
    }


def test_ids_of_nothing_that_we_know_are_told() -> None:
    node = {"Sg": "sg-0123456789abcdef0", "Vpc": VPC, "Who": "AROAEXAMPLEEXAMPLE12", "T": "sg-x"}
    told = [reference.identifier for reference in dangling(node, FINDER)]
    assert told == ["sg-0123456789abcdef0", "AROAEXAMPLEEXAMPLE12"]


@pytest.mark.parametrize(
    ("identifier", "another"),
    [
        (f"arn:aws:kms:ap-northeast-2:123456789012:key/mrk-{'0a' * 16}", True),
        ("arn:aws:kms:ap-northeast-2:123456789012:key/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", True),
        ("arn:aws:iam::123456789012:role/mrk-reader", False),
    ],
)
def test_what_gets_another_name_when_it_is_made_anew(identifier: str, another: bool) -> None:
    assert changes(identifier) is another
