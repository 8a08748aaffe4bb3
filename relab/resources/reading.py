"""Read a resource type from a live account: every item, and a record for all that is not one.

    for record in read(BUCKET, Place(Aws(), target, account)):  ->  Item | Gap | Skipped

Two halves, so that the second may run on many threads: `listed` says what there is, `detailed`
reads one of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from relab.clouds import AwsTarget
from relab.clouds.outcome import Reply
from relab.resources.document import all_tags, joined, split
from relab.resources.expressions import render, search
from relab.resources.item import Item
from relab.resources.model import Listing, Reading, ResourceType, Scope
from relab.resources.paging import Ask, gathered, pages
from relab.resources.record import Gap, Skipped, Why, reason_of
from relab.resources.shapes import jsonable

Facts = dict[str, Any]
STACK_TYPE = "cloudformation.stack"
_STACK_NAME = "aws:cloudformation:stack-name"
_STACK_ID = "aws:cloudformation:stack-id"


class Caller(Protocol):
    """What makes a call and never raises, such as `relab.clouds.aws.Aws`."""

    def call(
        self, target: AwsTarget, service: str, operation: str, params: Mapping[str, Any]
    ) -> Reply:
        """Make one call and return how it ended."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to read and as whom: the caller, region and login, and the account's number."""

    caller: Caller
    target: AwsTarget
    account: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One resource that a listing has shown: its key and what the listing told."""

    key: str
    facts: Mapping[str, Any]


def read(
    kind: ResourceType, place: Place, wanted: Callable[[str], bool] = lambda _: True
) -> Iterator[Item | Gap | Skipped]:
    """Yield every item of `kind` whose key is `wanted`, and a record for each that is none.

    An item that lacks a part is yielded, and a gap with the same key beside it.
    """
    for found in listed(kind, place):
        if not isinstance(found, Listed):
            yield found
        elif wanted(found.key):
            yield from detailed(kind, place, found)


def listed(kind: ResourceType, place: Place) -> Iterator[Listed | Gap | Skipped]:
    """Yield all that the listings of `kind` show, page by page, and a gap for a page that fails.

    A type that can not be listed is skipped as a whole, under an empty key.
    """
    if not kind.lists:
        yield Skipped(kind.service, kind.type, _region(kind, place), "", kind.reason)
        return
    for found in _chain(kind, place, kind.lists, {}):
        if isinstance(found, Gap):
            yield found
        else:
            yield Listed(render(kind.key, found | _surroundings(place)), found)


def detailed(kind: ResourceType, place: Place, one: Listed) -> Iterator[Item | Gap | Skipped]:
    """Yield the item of `one`, and the records of what of it could not be read."""
    facts: Facts = dict(one.facts)
    gaps: list[Gap] = []
    skip = _skip(kind, place, one.key, facts)
    for reading in () if skip else kind.reads:
        failed = fill(kind, place, facts, reading)
        if failed and not reading.into:
            yield _failure(kind, place, one.key, reading, failed)
            return
        gaps += [_failure(kind, place, one.key, reading, failed)] if failed else []
        skip = _skip(kind, place, one.key, facts)
        if skip:
            break
    yield skip or item_of(kind, place, one.key, facts)
    yield from gaps


def item_of(kind: ResourceType, place: Place, key: str, facts: Mapping[str, Any]) -> Item:
    """Return the item that the JSON-able `facts` make."""
    known = {**facts, **_surroundings(place)}
    document, observed = split(kind, facts)
    return Item(
        provider=kind.provider,
        type=kind.type,
        region=_region(kind, place),
        key=key,
        document=document,
        observed=observed,
        owner=_owner(kind, place, known),
        identifiers=_identifiers(kind, known),
    )


def renamed(kind: ResourceType, place: Place, old: Item, new: Item) -> dict[str, str]:
    """Return old identifier -> new identifier, for two items of `kind` at `place`.

    What only one of them has is left out.
    """
    known = [
        {**joined(kind, item.document, item.observed), **_surroundings(place)}
        for item in (old, new)
    ]
    pairs = [[render(template, facts) for facts in known] for template in _templates(kind)]
    return {before: after for before, after in pairs if before and after}


def _chain(
    kind: ResourceType, place: Place, left: tuple[Listing, ...], facts: Facts
) -> Iterator[Facts | Gap]:
    if not left:
        yield facts
        return
    for found in _list(kind, place, left[0], facts):
        if isinstance(found, Gap):
            yield found
        else:
            yield from _chain(kind, place, left[1:], facts | found)


def _list(
    kind: ResourceType, place: Place, listing: Listing, facts: Facts
) -> Iterator[Facts | Gap]:
    params = _params(listing, facts)
    for reply in pages(_ask(kind, place), kind.service, listing.operation, params):
        if reply.ok:
            yield from jsonable(search(listing.take, jsonable(reply.body))) or []
        elif reply.status not in listing.empty:
            inside = "/".join(str(search(name, facts)) for name in listing.args.values())
            told = f"{listing.operation}: {reply.status}: {reply.detail}"
            key = f"{inside}/*" if inside else ""
            yield _gap(kind, place, key, reason_of(reply), told)


def fill(kind: ResourceType, place: Place, facts: Facts, reading: Reading) -> Reply | None:
    """Add what `reading` tells to `facts`; return the reply that failed, or None."""
    if reading.over:
        return _fill_each(kind, place, facts, reading)
    reply = gathered(_ask(kind, place), kind.service, reading.operation, _params(reading, facts))
    if not reply.ok:
        return None if reading.into and reply.status in reading.missing else reply
    found = jsonable(search(reading.take, jsonable(reply.body)))
    if not reading.into:
        facts.update(found or {})
    elif found not in (None, "", [], {}):
        facts[reading.into] = found
    return None


def _fill_each(kind: ResourceType, place: Place, facts: Facts, reading: Reading) -> Reply | None:
    rows = []
    for element in search(reading.over, facts) or []:
        inner = element if isinstance(element, Mapping) else {"element": element}
        params = _params(reading, {**facts, **inner})
        reply = gathered(_ask(kind, place), kind.service, reading.operation, params)
        if reply.ok:
            rows.append(jsonable(search(reading.take, jsonable(reply.body))))
        elif reply.status not in reading.missing:
            return reply
    if rows:
        facts[reading.into] = rows
    return None


def _params(call: Listing | Reading, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {**call.constants, **{name: search(e, facts) for name, e in call.args.items()}}


def _ask(kind: ResourceType, place: Place) -> Ask:
    def ask(operation: str, params: Mapping[str, Any]) -> Reply:
        return place.caller.call(place.target, kind.service, operation, params)

    return ask


def _skip(kind: ResourceType, place: Place, key: str, facts: Mapping[str, Any]) -> Skipped | None:
    for rule in kind.skips:
        if search(rule.when, facts):
            named = _identifiers(kind, {**facts, **_surroundings(place)})
            region = _region(kind, place)
            return Skipped(kind.service, kind.type, region, key, rule.reason, named)
    return None


def _identifiers(kind: ResourceType, known: Mapping[str, Any]) -> tuple[str, ...]:
    named = (render(template, known) for template in _templates(kind))
    return tuple(dict.fromkeys(filter(None, named)))


def _templates(kind: ResourceType) -> tuple[str, ...]:
    return (kind.arn, *kind.identifiers)


def _owner(kind: ResourceType, place: Place, known: Mapping[str, Any]) -> str:
    tags = all_tags(kind, known)
    if _STACK_NAME in tags:
        region = [*tags.get(_STACK_ID, "").split(":"), "", "", "", ""][3] or place.target.region
        return f"{kind.provider}:{STACK_TYPE}:{region}:{tags[_STACK_NAME]}"
    for rule in kind.owners:
        if search(rule.when, known):
            key = render(rule.key, known)
            return f"{kind.provider}:{rule.type}:{_region(kind, place)}:{key}"
    return ""


def _failure(kind: ResourceType, place: Place, key: str, reading: Reading, reply: Reply) -> Gap:
    vanished = not reading.into and reply.status in reading.missing
    reason = Why.GONE if vanished else reason_of(reply)
    return _gap(kind, place, key, reason, f"{reading.operation}: {reply.status}: {reply.detail}")


def _gap(kind: ResourceType, place: Place, key: str, reason: Why, detail: str) -> Gap:
    return Gap(kind.service, kind.type, _region(kind, place), key, reason, detail)


def _region(kind: ResourceType, place: Place) -> str:
    return "" if kind.scope is Scope.GLOBAL else place.target.region


def _surroundings(place: Place) -> dict[str, Any]:
    region = place.target.region
    head = region.partition("-")[0]
    partition = {"cn": "aws-cn"}.get(head, "aws-us-gov" if region.startswith("us-gov") else "aws")
    return {"partition": partition, "region": region, "account": place.account}
