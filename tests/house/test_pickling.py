"""What goes from process to process arrives as it was."""

import pickle

import pytest

from relab.resources.item import Item
from snapshot.data.objects_listing import Row
from snapshot.data.objects_reading import Read
from snapshot.vault.model import Box, Covered, Entry
from snapshot.vault.store import Blob

ITEM = Item("aws", "s3.object", "", "b/k", {"a": [1]}, {"ETag": "x"}, "01", "o", ("arn:1", "arn:2"))
BLOB = Blob("0" * 64, 5)
ENTRY = Entry(ITEM, {"body": BLOB}, {"/document/a": Box("f", b"box")})
EVERY = (
    ITEM,
    BLOB,
    ENTRY,
    Row("k", '"e"', 5, "2026-01-02T03:04:05.000Z", "GLACIER", "v", 3, True),
    Read(ENTRY, 5, ((Covered.CHANGED, "why"),)),
    Read(),
)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("thing", EVERY, ids=lambda thing: type(thing).__name__)
def test_it_arrives_as_it_was(thing: object, protocol: int) -> None:
    arrived = pickle.loads(pickle.dumps(thing, protocol))
    assert arrived == thing
    assert type(arrived) is type(thing)
    assert type(thing).__qualname__.encode() in pickle.dumps(thing, protocol)
