"""Seed an account, read it, wipe it, make every payload again: the same documents come back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from relab.resources.item import Item, canonical
from relab.resources.policies import same_policy
from relab.resources.registry import TYPES, by_name
from relab.resources.writing import payload
from tests.resources.account import Account, running
from tests.resources.replay import Names, moved, put_back
from tests.resources.seeding import Made, seed

# What moto can not do, and how it says so; `test_stand_ins` shows these types on answers that
# botocore has checked.
NOT_IN_MOTO = {
    "ecr.pull-through-cache-rule": "no such action: HTTP 500",
    "kms.key-material": "it is never listed",
    "cloudwatch.composite-alarm": "PutCompositeAlarm is not there",
    "eks.addon": "no such route: HTTP 404",
    "eks.access-entry": "no such route: HTTP 404",
    "eks.pod-identity-association": "no such route: HTTP 404",
    "lambda.function": "its code is out of scope",
}
SHOWN = [kind for kind in TYPES if kind.type not in NOT_IN_MOTO]


@dataclass
class Proof:
    """What was read before the wipe and after all was put back."""

    seeded: Sequence[Made]
    before: Sequence[Item]
    after: Sequence[Item]
    names: Names


def own_items(account: Account) -> list[Item]:
    """Return all items that nothing else brings back."""
    records = [record for kind in TYPES for record in account.read(kind)]
    return [record for record in records if isinstance(record, Item) and not record.owner]


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proof]:
    with running(tmp_path_factory.mktemp("account")) as account:
        seeded = seed(account)
        before = own_items(account)
        account.reset()
        account.do("kinesis", "CreateStream", StreamName="logs", ShardCount=1)
        names = put_back(account, before)
        yield Proof(seeded, before, own_items(account), names)


def documents(items: Sequence[Item], kind: str, names: Names) -> list[Any]:
    found = [moved(item, names).document for item in items if item.type == kind]
    return sorted(found, key=canonical)


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.type)
def test_every_type_is_read(proof: Proof, kind: Any) -> None:
    found = [item for item in proof.before if item.type == kind.type]
    assert found
    assert all(bool(item.document) == kind.restorable for item in found)
    if kind.tags and kind.type != "ecr.registry":
        assert any("Tags" in item.document for item in found)


@pytest.mark.parametrize(
    "kind", [kind for kind in SHOWN if kind.restorable], ids=lambda kind: kind.type
)
def test_what_is_put_back_reads_the_same(proof: Proof, kind: Any) -> None:
    wanted = documents(proof.before, kind.type, proof.names)
    assert documents(proof.after, kind.type, {}) == wanted


# Where what would be sent differs from what seeded, and why.
DIFFERENT: Mapping[str, Mapping[str, str]] = {
    "CreateUser": {"PermissionsBoundary": "moto forgets it"},
    "EnableKeyRotation": {"RotationPeriodInDays": "moto forgets it"},
    "PutBucketReplication": {"ReplicationConfiguration": "moto forgets the prefix of the filter"},
    "PutResourcePolicy": {"SecretId": "we name the secret by its ARN"},
    "CreateRepository": {"imageTagMutability": "a call of its own, after the images"},
    "ReplaceNetworkAclAssociation": {"AssociationId": "looked up just before the call"},
    "CreateKey": {"Description": "one of them is to be deleted, and so is skipped"},
}


def test_every_call_that_seeded_is_one_that_would_be_sent(proof: Proof) -> None:
    planned = [
        request
        for item in proof.before
        if by_name()[item.type].restorable
        for request in payload(by_name()[item.type], item)
    ]
    steps = {(kind.service, step.operation) for kind in TYPES for step in kind.steps}
    seeded = [made for made in proof.seeded if (made.service, made.operation) in steps]
    assert len(seeded) > 50
    for made in seeded:
        alike = [r.params for r in planned if r.operation == made.operation]
        other = DIFFERENT.get(made.operation, {})
        told = {key: value for key, value in made.params.items() if key not in other}
        assert any(within(told, params) for params in alike), (made, alike)


def within(part: Any, whole: Any) -> bool:
    """Tell whether all of `part` stands in `whole`; lists may have another order."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(within(one, other) for other in whole) for one in part)
    if isinstance(part, str) and isinstance(whole, str) and part.startswith("{"):
        return same_policy(part, whole) or json.loads(part) == json.loads(whole)
    return bool(part == whole)


def test_no_old_identifier_is_left(proof: Proof) -> None:
    gone = {old for old, new in proof.names.items() if old != new}
    text = canonical([dict(item.document) for item in proof.after]).decode()
    assert gone
    assert [old for old in gone if old in text] == []


def test_the_list_of_what_moto_can_not_do_is_true() -> None:
    assert set(NOT_IN_MOTO) <= set(by_name())
