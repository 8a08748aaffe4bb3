"""Differences are found value by value, in order, in bounded memory, and without a key."""

import random
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from relab.errors import RelabError
from relab.resources.item import Item
from relab.resources.pointers import find
from snapshot.compare import Change, Field, Kind, compare, identity_order
from snapshot.vault.model import Box, Entry, content_hash
from snapshot.vault.seal import TOKEN
from snapshot.vault.store import Blob
from snapshot.vault.vault import Vault
from tests.snapshot.test_tree_text import made


def entry(key: str = "k", document: dict[str, Any] | None = None, **more: Any) -> Entry:
    return Entry(Item("aws", "made.thing", "r", key, document or {}, **more))


def fields(before: Any, after: Any) -> list[tuple[str, str, Any, Any]]:
    """Return the differences of two documents."""
    found = list(compare([entry(document={"v": before})], [entry(document={"v": after})]))
    return [
        (f.pointer, f.change.value, f.before, f.after) for change in found for f in change.fields
    ]


def test_equal_entries_are_no_change() -> None:
    rows = [entry("a", {"x": [1, {"y": None}]}, identifiers=("i", "j")), entry("b")]
    again = [entry("a", {"x": [1, {"y": None}]}, identifiers=("j", "i")), entry("b")]
    assert list(compare(rows, again)) == []


def test_what_is_on_one_side_only() -> None:
    left, right = [entry("a"), entry("b"), entry("d")], [entry("b"), entry("c"), entry("e")]
    found = [(change.key, change.change) for change in compare(left, right)]
    assert found == [
        ("a", Kind.REMOVED),
        ("c", Kind.ADDED),
        ("d", Kind.REMOVED),
        ("e", Kind.ADDED),
    ]
    assert [change.change for change in compare([], right)] == [Kind.ADDED] * 3
    assert [change.change for change in compare(left, [])] == [Kind.REMOVED] * 3


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1, 2, [("/document/v", "changed", 1, 2)]),
        (1, 1.0, [("/document/v", "changed", 1, 1.0)]),
        (1, True, [("/document/v", "changed", 1, True)]),
        (0, None, [("/document/v", "changed", 0, None)]),
        ("a", ["a"], [("/document/v", "changed", "a", ["a"])]),
        ({}, [], [("/document/v", "changed", {}, [])]),
        ({"a": 1}, {"a": 1, "b": {"c": 2}}, [("/document/v/b", "added", None, {"c": 2})]),
        ({"a/b": 1, "": 2, "~": 3}, {}, [
            ("/document/v/", "removed", 2, None),
            ("/document/v/a~1b", "removed", 1, None),
            ("/document/v/~0", "removed", 3, None),
        ]),
        ([1, 2, 3], [1, 2, 3, 4], [("/document/v/3", "added", None, 4)]),
        ([1, 2, 3], [0, 1, 2, 3], [("/document/v/0", "added", None, 0)]),
        ([1, 2, 3], [1, 3], [("/document/v/1", "removed", 2, None)]),
        ([1, 1, 1], [1, 1], [("/document/v/2", "removed", 1, None)]),
        ([{"a": 1}, 2], [{"a": 2}, 2], [("/document/v/0/a", "changed", 1, 2)]),
        (["\ud800"], ["\ud801"], [("/document/v/0", "changed", "\ud800", "\ud801")]),
    ],
)  # fmt: skip
def test_values_that_differ_are_named_by_pointer(
    before: Any, after: Any, expected: list[Any]
) -> None:
    found = fields(before, after)
    assert [repr(one) for one in found] == [repr(tuple(one)) for one in expected]


def test_pointers_lead_to_the_values() -> None:
    chance = random.Random(5)
    for _ in range(300):
        before, after = made(chance), made(chance)
        sides = {"document": {"v": before}}, {"document": {"v": after}}
        for pointer, change, old, new in fields(before, after):
            if change != "added":
                assert find(sides[0], pointer) == old
            if change != "removed":
                assert find(sides[1], pointer) == new


def test_no_field_means_equal_and_only_that() -> None:
    chance = random.Random(6)
    values = [made(chance, 3) for _ in range(60)]
    for before in values:
        for after in values:
            same = entry(document={"v": before}).content == entry(document={"v": after}).content
            assert same == (fields(before, after) == [])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"tenant": "02"}, "/tenant"),
        ({"owner": "aws:x:y:z"}, "/owner"),
        ({"identifiers": ("new",)}, "/identifiers/0"),
    ],
)
def test_all_that_the_content_hash_covers_is_compared(change: Any, pointer: str) -> None:
    before = entry(document={"a": 1}, identifiers=("old",), tenant="01")
    after = replace(before, item=replace(before.item, **change))
    [found] = compare([before], [after])
    assert [field.pointer for field in found.fields] == [pointer]
    assert found.tenant == after.item.tenant


def test_data_is_compared_by_digest_and_size() -> None:
    before = replace(entry(), blobs={"body": Blob("a" * 64, 3)})
    after = replace(entry(), blobs={"body": Blob("b" * 64, 5), "tar": Blob("c" * 64, 7)})
    [found] = compare([before], [after])
    assert (found.bytes, [field.pointer for field in found.fields]) == (
        12,
        ["/blobs/body/digest", "/blobs/body/size", "/blobs/tar"],
    )


def sealed(fingerprint: str, pointer: str = "/document/p") -> Entry:
    token = {TOKEN: fingerprint}
    document = {"p": token} if pointer.startswith("/document") else {}
    observed = {} if document else {"p": token}
    item = Item("aws", "made.thing", "r", "k", document, observed)
    return Entry(item, {}, {pointer: Box(fingerprint, b"box")})


def test_sealed_values_are_compared_by_fingerprint() -> None:
    assert list(compare([sealed("a" * 64)], [sealed("a" * 64)])) == []
    [found] = compare([sealed("a" * 64)], [sealed("b" * 64)])
    [field] = found.fields
    tokens = ({TOKEN: "a" * 64}, {TOKEN: "b" * 64})
    assert field == Field("/document/p", Kind.CHANGED, *tokens, sealed=True)


def test_a_token_that_somebody_wrote_is_not_a_sealed_value() -> None:
    real = sealed("a" * 64)
    copied = replace(real, sealed={})
    [found] = compare([real], [copied])
    assert [(field.pointer, field.sealed) for field in found.fields] == [("/document/p", True)]


def test_what_was_observed_counts_only_when_asked_for() -> None:
    before, after = entry(observed={"at": 1}), entry(observed={"at": 2})
    assert list(compare([before], [after])) == []
    [found] = compare([before], [after], observed=True)
    assert [field.pointer for field in found.fields] == ["/observed/at"]


def test_a_sealed_value_that_was_observed_is_observed() -> None:
    before, after = sealed("a" * 64, "/observed/p"), sealed("b" * 64, "/observed/p")
    assert list(compare([before], [after])) == []
    [found] = compare([before], [after], observed=True)
    assert [(field.pointer, field.sealed) for field in found.fields] == [("/observed/p", True)]


@pytest.mark.parametrize("keys", [["b", "a"], ["a", "a"]])
def test_a_side_out_of_order_is_refused(keys: list[str]) -> None:
    rows = [entry(key) for key in keys]
    none: list[Entry] = []
    for before, after in ((rows, none), (none, rows)):
        with pytest.raises(RelabError, match="order"):
            list(compare(before, after))


def test_the_order_is_the_vaults(vault: Vault) -> None:
    keys = [
        "a",
        "B",
        "가",
        "\u00e9",
        "e\u0301",
        "a\0",
        "a\0b",
        "\x7f",
        "😀",
        "\uffee",
        "",
        "a/b",
        "a-b",
    ]
    items = [
        Item(provider, kind, region, key, {}, tenant=f"{number:02}")
        for number, key in enumerate(keys)
        for provider in ("aws", "kubernetes")
        for kind in ("s3.object", "s3.Object", "v1/Pod")
        for region in ("", "eu", "ap-northeast-2")
    ]
    random.Random(7).shuffle(items)
    with vault.saving("one", {}) as saving:
        with saving.unit("all") as unit:
            for item in items:
                unit.add(item)
        saving.finish()
    reader = vault.reader()
    read = list(reader.entries(reader.snapshot("one")))
    assert read == sorted(read, key=identity_order)
    assert list(compare(read, reader.entries(reader.snapshot("one")))) == []


def test_memory_does_not_grow_with_the_sides() -> None:
    def side(count: int, odd: int) -> Iterator[Entry]:
        return (entry(f"{n:07}", {"x": "v" * 200 + str(n % odd == 0)}) for n in range(count))

    def peak(changes: Iterable[Change]) -> int:
        tracemalloc.start()
        assert sum(1 for _ in changes)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    held = 5000 * 200  # the bytes of one side's values
    assert peak(compare(side(5000, 3), side(5000, 5))) < held / 4


def test_equal_content_hashes_have_no_difference() -> None:
    chance = random.Random(8)
    rows = [entry(f"{n:03}", {"v": made(chance, 2)}) for n in range(100)]
    copies = [replace(one, item=replace(one.item, observed={"seen": 1})) for one in rows]
    hashes = [content_hash(sorted(one.content for one in side)) for side in (rows, copies)]
    assert hashes[0] == hashes[1]
    assert list(compare(rows, copies)) == []
