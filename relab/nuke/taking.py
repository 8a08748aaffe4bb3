"""Relab's own removals in a wipe: what aws-nuke has no code for, and what is inside kept holders.

Calls come from the declarations of the resource types. What does not go is told with the reason.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Emptying:
    """How what is inside something is listed and removed, a page at a time.

    `named` are the parameters of both calls. `rows` finds in a page what goes, `sent` says it to
    the removing call, and `left` is where its answer tells what did not go.
    """

    service: str
    listing: str
    removing: str
    named: Params
    rows: Callable[[Any], list[Any]]
    sent: Callable[[list[Any]], Params]
    left: str


def _emptied(how: Emptying, place: Place) -> str:
    """Remove page by page, always the first one: what is gone is not on it any more.

    An image that another one holds goes in a later round; one in which nothing goes is the last.
    """
    before: list[Any] = []
    while True:
        page = place.caller.call(place.target, how.service, how.listing, how.named)
        if not page.ok:
            gone = outcome_of("aws", page.status) in _GONE
            return "" if gone else f"{page.status}: {page.detail}"
        rows = how.rows(page.body)
        if not rows:
            return ""
        if rows == before:
            return f"{shorten(rows[0])} does not go"
        why = _removed(how, rows, place)
        if why:
            return why
        before = rows


def _removed(how: Emptying, rows: list[Any], place: Place) -> str:
    """Remove `rows`; return why nothing of them went, empty when anything did."""
    sent = how.named | how.sent(rows)
    reply = place.caller.call(place.target, how.service, how.removing, sent)
    if not reply.ok:
        return f"{reply.status}: {reply.detail}"
    left = reply.body.get(how.left) or []
    return f"refused: {shorten(left[0])}" if len(left) >= len(rows) else ""


def _versions(page: Mapping[str, Any]) -> list[Any]:
    rows = (*(page.get("Versions") or ()), *(page.get("DeleteMarkers") or ()))
    return [{"Key": row["Key"], "VersionId": row["VersionId"]} for row in rows]


def _digests(page: Mapping[str, Any]) -> list[Any]:
    found = dict.fromkeys(row["imageDigest"] for row in page["imageIds"])
    return [{"imageDigest": digest} for digest in found][:_AT_ONCE]


def _of_bucket(key: str) -> Emptying:
    return Emptying(
        service="s3",
        listing="ListObjectVersions",
        removing="DeleteObjects",
        named={"Bucket": key},
        rows=_versions,
        sent=lambda rows: {"Delete": {"Objects": rows, "Quiet": True}},
        left="Errors",
    )


def _of_repository(key: str) -> Emptying:
    return Emptying(
        service="ecr",
        listing="ListImages",
        removing="BatchDeleteImage",
        named={"repositoryName": key},
        rows=_digests,
        sent=lambda rows: {"imageIds": rows},
        left="failures",
    )


EMPTYING: Mapping[str, Callable[[str], Emptying]] = {
    "s3.bucket": _of_bucket,
    "ecr.repository": _of_repository,
}
