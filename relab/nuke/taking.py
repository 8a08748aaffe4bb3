"""Relab's own removals in a wipe: what aws-nuke has no code for, and what is inside kept holders.

Calls come from the declarations of the resource types. What does not go is told with the reason.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from relab.clouds.outcome import Outcome, Reply, outcome_of, shorten
from relab.events import NukeSaid
from relab.resources.item import Item
from relab.resources.reading import Place
from relab.resources.registry import by_name
from relab.resources.removing import Taking, loosening, removal

_AT_ONCE = 100
_GONE = frozenset({Outcome.MISSING})
Params = dict[str, Any]


def remove(items: Sequence[Item], place: Place) -> Generator[NukeSaid, None, dict[str, str]]:
    """Remove `items`, in rounds for as long as any goes; return why the others did not.

    What hangs on them is let go of first. Identity -> reason.
    """
    for item in items:
        _made(loosening(by_name()[item.type], item, place), place)
    left, why = list(items), dict[str, str]()
    while left:
        why = {one.identity: _made(removal(by_name()[one.type], one, place), place) for one in left}
        for item in left:
            yield _told(item, why[item.identity])
        again = [item for item in left if why[item.identity]]
        if len(again) == len(left):
            break
        left = again
    return {name: reason for name, reason in why.items() if reason}


def _made(takings: Iterator[Taking | Reply], place: Place) -> str:
    """Make the calls; return why one of them failed, empty when all is done or gone."""
    for one in takings:
        reply = one if isinstance(one, Reply) else _call(one, place)
        if reply.ok and isinstance(one, Taking) and one.left(reply.body):
            return f"refused: {one.left(reply.body)}"
        if not reply.ok and outcome_of("aws", reply.status) not in _GONE:
            return f"{reply.status}: {reply.detail}"
    return ""


def _call(one: Taking, place: Place) -> Reply:
    asked = one.request
    return place.caller.call(place.target, asked.service, asked.operation, asked.params)


def _told(item: Item, why: str) -> NukeSaid:
    state = "failed" if why else "finished"
    return NukeSaid("thing", item.region, item.type, item.key, state, why)


def empty(items: Iterable[Item], place: Place) -> Generator[NukeSaid, None, dict[str, str]]:
    """Empty buckets and repositories, keep them, and return why any is not empty."""
    failed: dict[str, str] = {}
    for item in items:
        why = _emptied(EMPTYING[item.type](item.key), place)
        failed |= {item.identity: why} if why else {}
        yield NukeSaid("thing", item.region, f"{item.type}/*", item.key, _state(why), why)
    return failed


def _state(why: str) -> str:
    return "failed" if why else "finished"


class Emptying:
    """How what is inside something is listed and removed, a page at a time.

    `rows` finds in a page what goes, `sent` makes the call for some of it, and `left` finds in the
    answer what did not go.
    """

    def __init__(
        self,
        service: str,
        listing: tuple[str, Params],
        removing: str,
        *,
        rows: Callable[[Any], list[Any]],
        sent: Callable[[list[Any]], Params],
        left: str,
    ) -> None:
        self.service = service
        self.listing, self.named = listing
        self.removing, self.left = removing, left
        self.rows, self.sent = rows, sent


def _emptied(how: Emptying, place: Place) -> str:
    """Remove page by page, always the first one: what is gone is not on it any more.

    An image that another one holds goes in a later round; one in which nothing goes is the last.
    """
    while True:
        page = place.caller.call(place.target, how.service, how.listing, how.named)
        if not page.ok:
            gone = outcome_of("aws", page.status) in _GONE
            return "" if gone else f"{page.status}: {page.detail}"
        rows = how.rows(page.body)
        if not rows:
            return ""
        sent = how.named | how.sent(rows)
        reply = place.caller.call(place.target, how.service, how.removing, sent)
        if not reply.ok:
            return f"{reply.status}: {reply.detail}"
        left = reply.body.get(how.left) or []
        if len(left) >= len(rows):
            return f"refused: {shorten(left[0])}"


def _versions(page: Mapping[str, Any]) -> list[Any]:
    rows = (*(page.get("Versions") or ()), *(page.get("DeleteMarkers") or ()))
    return [{"Key": row["Key"], "VersionId": row["VersionId"]} for row in rows]


def _digests(page: Mapping[str, Any]) -> list[Any]:
    found = dict.fromkeys(row["imageDigest"] for row in page["imageIds"])
    return [{"imageDigest": digest} for digest in found][:_AT_ONCE]


def _of_bucket(key: str) -> Emptying:
    return Emptying(
        "s3",
        ("ListObjectVersions", {"Bucket": key}),
        "DeleteObjects",
        rows=_versions,
        sent=lambda rows: {"Delete": {"Objects": rows, "Quiet": True}},
        left="Errors",
    )


def _of_repository(key: str) -> Emptying:
    return Emptying(
        "ecr",
        ("ListImages", {"repositoryName": key}),
        "BatchDeleteImage",
        rows=lambda page: [{"imageDigest": row["imageDigest"]} for row in page["imageIds"]],
        sent=lambda rows: {
            "imageIds": list({r["imageDigest"]: r for r in rows}.values())[:_AT_ONCE]
        },
        left="failures",
    )


EMPTYING: Mapping[str, Callable[[str], Emptying]] = {
    "s3.bucket": _of_bucket,
    "ecr.repository": _of_repository,
}
