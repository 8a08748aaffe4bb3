"""Every type with tags says how they are changed, in calls that AWS knows."""

from dataclasses import replace

import pytest

from relab.resources.item import Item
from relab.resources.model import ResourceType
from relab.resources.registry import TYPES
from relab.resources.tagging import retagging, tagging
from relab.resources.tags import MEMBER
from relab.resources.writing import problems

TAGGED = [kind for kind in TYPES if kind.tags and kind.restorable]


def item(kind: ResourceType) -> Item:
    """Return an item of `kind` whose every handle is a word."""
    named = {(handle.known or handle.name): "name-of-it-of-20-letters" for handle in kind.handles}
    arn = f"arn:aws:{kind.service}:ap-northeast-2:123456789012:thing/name-of-it"
    tags = {"gone": "1", "other": "2", "same": "3"}
    document = {**named, MEMBER: tags}
    return Item("aws", kind.type, "r", "k", document, identifiers=(arn,))


@pytest.mark.parametrize("kind", TAGGED, ids=lambda kind: kind.type)
def test_tags_are_set_and_taken_away_by_valid_calls(kind: ResourceType) -> None:
    stands = item(kind)
    wanted = replace(stands, document={**stands.document, MEMBER: {"other": "x", "same": "3"}})
    calls = retagging(kind, wanted, stands)
    how = tagging(kind)
    assert how
    expected = [how.add] if how.whole else [how.remove, how.add]
    assert [call.operation for call in calls] == expected
    assert [problems(call) for call in calls] == [""] * len(calls)
    told = str([dict(call.params) for call in calls])
    assert ("gone" in told) is not how.whole
    assert "other" in told
    assert ("same" in told) is how.whole
    assert retagging(kind, stands, stands) == ()
    bare = replace(stands, document={k: v for k, v in stands.document.items() if k != MEMBER})
    (last,) = retagging(kind, bare, stands)
    assert last.operation == how.remove
    assert problems(last) == ""
