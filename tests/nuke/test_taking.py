"""Relab's own removals: in rounds, by the declarations, and with a reason for what does not go."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from relab.clouds import AwsTarget
from relab.clouds.outcome import Reply
from relab.events import NukeSaid
from relab.nuke.taking import empty, remove
from relab.resources.reading import Place
from tests.nuke.world import ACCOUNT, REGION, item

T = TypeVar("T")
OK = Reply("200", {})


@dataclass
class Caller:
    """Answers calls by `answer`, and remembers them."""

    answer: Callable[[str, Mapping[str, Any]], Reply]
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def call(
        self, target: AwsTarget, service: str, operation: str, params: Mapping[str, Any]
    ) -> Reply:
        self.calls.append((operation, params))
        return self.answer(operation, params)


def place(caller: Caller) -> Place:
    return Place(caller, AwsTarget(REGION), ACCOUNT)


def ended(events: Generator[NukeSaid, None, T]) -> tuple[list[NukeSaid], T]:
    seen: list[NukeSaid] = []
    while True:
        try:
            seen.append(next(events))
        except StopIteration as end:
            return seen, end.value


RULE = item("ecr.pull-through-cache-rule", "quay", {"ecrRepositoryPrefix": "quay"})
LOG = item("ec2.flow-log", "fl-1", {}, observed={"FlowLogId": "fl-1"})


def test_what_goes_is_told_and_what_is_gone_is_no_failure() -> None:
    caller = Caller(lambda *_: OK)
    seen, failed = ended(remove([RULE], place(caller)))
    assert caller.calls == [("DeletePullThroughCacheRule", {"ecrRepositoryPrefix": "quay"})]
    assert [(one.type, one.name, one.state) for one in seen] == [
        ("ecr.pull-through-cache-rule", "quay", "finished")
    ]
    assert failed == {}
    gone = Caller(lambda *_: Reply("RepositoryNotFoundException", None, "none"))
    assert ended(remove([RULE], place(gone)))[1] == {}


def test_what_waits_for_another_goes_in_a_later_round() -> None:
    caller = Caller(lambda *_: OK)

    def answer(operation: str, _: Mapping[str, Any]) -> Reply:
        first = [name for name, _ in caller.calls].count(operation) == 1
        busy = operation == "DeletePullThroughCacheRule" and first
        return Reply("DependencyViolation", None, "in use") if busy else OK

    caller.answer = answer
    seen, failed = ended(remove([RULE, LOG], place(caller)))
    assert failed == {}
    assert [one.state for one in seen] == ["failed", "finished", "finished"]


def test_what_does_not_go_says_why_and_ends() -> None:
    caller = Caller(lambda *_: Reply("AccessDenied", None, "no"))
    _, failed = ended(remove([RULE, LOG], place(caller)))
    assert failed == {one.identity: "AccessDenied: no" for one in (RULE, LOG)}
    refused = Caller(lambda *_: Reply("200", {"Unsuccessful": [{"Error": "busy"}]}))
    assert "busy" in ended(remove([LOG], place(refused)))[1][LOG.identity]


class Bucket:
    """A bucket of `count` versions, two a page; those of `stuck` stay."""

    def __init__(self, count: int, stuck: int = 0) -> None:
        self.left = [{"Key": f"k{n}", "VersionId": str(n)} for n in range(count)]
        self.stuck = self.left[:stuck]

    def __call__(self, operation: str, params: Mapping[str, Any]) -> Reply:
        if operation == "ListObjectVersions":
            first, second = self.left[:1], self.left[1:2]
            return Reply("200", {"Versions": first, "DeleteMarkers": second})
        asked = params["Delete"]["Objects"]
        self.left = [one for one in self.left if one not in asked or one in self.stuck]
        errors = [{**one, "Code": "Locked"} for one in asked if one in self.stuck]
        return Reply("200", {"Errors": errors})


BUCKET = item("s3.bucket", "b")


def test_a_bucket_is_emptied_page_by_page_with_its_deletions() -> None:
    bucket = Bucket(5)
    seen, failed = ended(empty([BUCKET], place(Caller(bucket))))
    assert (bucket.left, failed) == ([], {})
    assert [(one.type, one.state) for one in seen] == [("s3.bucket/*", "finished")]


def test_what_is_locked_stays_and_is_told() -> None:
    for stuck in (1, 2):
        bucket = Bucket(5, stuck)
        _, failed = ended(empty([BUCKET], place(Caller(bucket))))
        assert "Locked" in failed[BUCKET.identity]
        assert bucket.left[:stuck] == bucket.stuck


def test_a_bucket_that_only_says_that_it_gets_empty_does_not_go_on_for_ever() -> None:
    page = {"Versions": [{"Key": "k", "VersionId": "1"}]}
    liar = Caller(lambda operation, _: Reply("200", page if operation[0] == "L" else {}))
    [why] = ended(empty([BUCKET], place(liar)))[1].values()
    assert "does not go" in why
    assert len(liar.calls) == 3


def test_a_bucket_that_is_gone_is_empty_and_one_that_is_denied_is_not() -> None:
    gone = Caller(lambda *_: Reply("NoSuchBucket", None, ""))
    assert ended(empty([BUCKET], place(gone)))[1] == {}
    denied = Caller(lambda *_: Reply("AccessDenied", None, "no"))
    assert ended(empty([BUCKET], place(denied)))[1] == {BUCKET.identity: "AccessDenied: no"}


def test_an_image_that_another_holds_goes_after_it() -> None:
    left = [{"imageDigest": "index", "imageTag": "a"}, {"imageDigest": "child"}]

    def answer(operation: str, params: Mapping[str, Any]) -> Reply:
        if operation == "ListImages":
            return Reply("200", {"imageIds": list(left)})
        held = any(one["imageDigest"] == "index" for one in left)
        failures = [one for one in params["imageIds"] if one["imageDigest"] == "child" and held]
        left[:] = [one for one in left if held and one["imageDigest"] == "child"]
        return Reply("200", {"failures": failures})

    _, failed = ended(empty([item("ecr.repository", "r")], place(Caller(answer))))
    assert (left, failed) == ([], {})
