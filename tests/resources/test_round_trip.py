"""Seed an account, read it, wipe it, make every payload again: the same documents come back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from relab.resources.item import Item, canonical
from relab.resources.registry import TYPES, by_name
from tests.resources.account import Account, running
from tests.resources.replay import Names, moved, put_back
from tests.resources.seeding import seed

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
        seed(account)
        before = own_items(account)
        account.reset()
        account.do("kinesis", "CreateStream", StreamName="logs", ShardCount=1)
        names = put_back(account, before)
        yield Proof(before, own_items(account), names)


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


def test_no_old_identifier_is_left(proof: Proof) -> None:
    gone = {old for old, new in proof.names.items() if old != new}
    text = canonical([dict(item.document) for item in proof.after]).decode()
    assert gone
    assert [old for old in gone if old in text] == []


def test_the_list_of_what_moto_can_not_do_is_true() -> None:
    assert set(NOT_IN_MOTO) <= set(by_name())
