"""What a difference shows: values before and now, and nothing of a secret."""

from restore.shown import data, fields
from snapshot.compare import Field, Kind
from snapshot.vault.store import Blob


def test_values_are_shown_where_two_documents_differ() -> None:
    saved = {"a": [1, 2], "b": {"c": "x"}}
    live = {"a": [1, 3], "d": None}
    assert list(fields(saved, live, ["/a/1", "/b", "/d"])) == [
        Field("/a/1", Kind.CHANGED, 2, 3),
        Field("/b", Kind.REMOVED, {"c": "x"}, None),
        Field("/d", Kind.ADDED, None, None),
    ]


def test_a_secret_is_told_by_its_token_and_not_by_what_is_in_it() -> None:
    saved, live = {"k": {"$sealed": "aa"}}, {"k": {"$sealed": "bb"}}
    [whole] = fields(saved, live, ["/k"])
    assert whole == Field("/k", Kind.CHANGED, {"$sealed": "aa"}, {"$sealed": "bb"}, sealed=True)
    [inside] = fields(saved, live, ["/k/password"])
    assert inside == Field("/k/password", Kind.CHANGED, sealed=True)
    [gone] = fields(saved, {}, ["/k"])
    assert gone.sealed


def test_data_is_told_by_digest_and_size() -> None:
    found = data({"body": Blob("aa", 3)}, {})
    assert found.before == {"body": {"digest": "aa", "size": 3}}
    assert found.after == {}
