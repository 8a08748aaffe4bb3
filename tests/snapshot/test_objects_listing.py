"""Listings into chunks, and names that no two objects share."""

from dataclasses import replace
from itertools import pairwise

import pytest

from relab.clouds import AwsTarget
from relab.clouds.aws import Aws
from relab.clouds.objects import Got, Objects, Which
from snapshot.data.objects import ListObjects
from snapshot.data.objects_listing import Row, aged, cut, fingerprint, page, question
from snapshot.data.objects_names import Name, read, written
from snapshot.vault.model import Covered, State
from snapshot.vault.vault import Vault
from tests.snapshot.objects_world import profile_at, saved, world_of

ODD = ("a", "a?versionId=", "a?versionId=v1", "a?encoding=url", "a%3FversionId%3D", "a/b", "\udcff")


def row(number: int) -> Row:
    return Row(f"key-{number:06}", f'"{number}"', 1, "2026-01-01T00:00:00.000Z", "")


def test_names_lead_back_and_are_never_shared() -> None:
    names = [Name("b", key, version) for key in ODD for version in ("", "v1", "null")]
    texts = [written(name) for name in names]
    assert [read(text) for text in texts] == names
    assert len(set(texts)) == len(names)
    assert all(text.encode() for text in texts)
    assert written(Name("b", "k")) == "b/k"
    assert written(Name("b", "k", "v")) == "b/k?versionId=v"


def test_a_new_key_changes_one_chunk_only() -> None:
    rows = [row(number) for number in range(0, 40_000, 2)]
    more = sorted([*rows, row(20_001)], key=lambda one: one.key)
    before = {fingerprint("01", chunk) for chunk in cut(rows)}
    after = {fingerprint("01", chunk) for chunk in cut(more)}
    assert len(before) > 10
    assert len(after - before) == 1


def test_chunks_hold_every_row_once_wherever_pages_end() -> None:
    rows = [row(number) for number in range(10_000)]
    whole = cut(rows)
    assert [one for chunk in whole for one in chunk] == rows
    paged, carry = [], tuple[Row, ...]()
    for at in range(0, len(rows), 700):
        *done, carry = cut((*carry, *rows[at : at + 700]))
        paged += done
    assert [*paged, carry] == list(whole)
    assert max(map(len, whole)) <= 1000


def test_states_of_a_key_stay_together() -> None:
    states = [
        replace(row(number // 50), version=str(number), newer=number % 50)
        for number in range(10_000)
    ]
    for left, right in pairwise(cut(states)):
        assert left[-1].key != right[0].key


def test_versions_are_counted_over_pages() -> None:
    page = [replace(row(1), version=f"v{n}", newer=int(n > 0)) for n in range(3)]
    first = aged(page, None)
    second = aged([replace(one, newer=1) for one in page], first[-1])
    assert [one.newer for one in (*first, *second)] == list(range(6))


def test_tenant_and_each_fact_are_in_the_fingerprint() -> None:
    one = row(1)
    others = [
        replace(one, key="k"),
        replace(one, etag="e"),
        replace(one, size=2),
        replace(one, modified="m"),
        replace(one, storage="GLACIER"),
        replace(one, version="v"),
        replace(one, newer=1),
        replace(one, marker=True),
    ]
    prints = {fingerprint("01", [changed]) for changed in (one, *others)}
    assert len({*prints, fingerprint("02", [one])}) == len(others) + 2


def test_keys_are_decoded_only_when_the_server_encoded_them() -> None:
    listed = "<L>{}<Contents><Key>a%00b+c</Key><Size>1</Size></Contents></L>"
    encoded = page(question(False), listed.format("<EncodingType>url</EncodingType>").encode())
    plain = page(question(False), listed.format("").encode())
    assert [found.rows[0].key for found in (encoded, plain)] == ["a\0b c", "a%00b+c"]


class Stub(Objects):
    """Answers each question with `got`."""

    def __init__(self, got: Got[bytes]) -> None:
        super().__init__(Aws(), AwsTarget("us-east-1"))
        self._got = got

    def ask(self, which: Which, query: object, method: str = "GET") -> Got[bytes]:
        return self._got


@pytest.mark.parametrize(
    ("got", "state"),
    [
        (Got("AccessDenied", detail="no"), Covered.DENIED),
        (Got("SlowDown"), Covered.THROTTLED),
        (Got("timeout"), Covered.FAILED),
        (Got("200", kept=b"<html>a proxy's page"), Covered.FAILED),
    ],
)
def test_a_listing_that_does_not_come_is_told(
    vault: Vault, got: Got[bytes], state: Covered
) -> None:
    world = world_of(vault, profile_at("http://127.0.0.1:9"), objects=Stub(got))
    found = saved(vault, world, "one", [ListObjects("user01-b")])
    assert [(line.state, line.tenant, line.count) for line in found.ledger] == [(state, "01", 1)]
    assert found.snapshot.state is State.PARTIAL
