"""Bring back what AWS keeps for a while before it is gone: the same thing, under its old id."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relab.clouds.outcome import Reply
from relab.resources.expressions import search
from relab.resources.item import Item
from relab.resources.reading import Place
from relab.resources.registry import by_name
from relab.resources.writing import Request, known_handles


@dataclass(frozen=True, slots=True)
class Revival:
    """How to look at what may wait for its end, and the calls that keep it.

    `member` names it in all of these calls, by its first handle. Each call is made when its
    expression (JMESPath over what the look told) holds; `dying` says that it waits for its end.
    """

    look: str
    member: str
    dying: str
    calls: Mapping[str, str]


_PENDING = "KeyMetadata.KeyState == 'PendingDeletion'"
REVIVALS: Mapping[str, Revival] = {
    # A new key could not open what the old one has sealed.
    "kms.key": Revival(
        "DescribeKey",
        "KeyId",
        _PENDING,
        {"CancelKeyDeletion": _PENDING, "EnableKey": "KeyMetadata.KeyState != 'Enabled'"},
    ),
    # Its name is taken until it has ended.
    "secretsmanager.secret": Revival(
        "DescribeSecret", "SecretId", "DeletedDate", {"RestoreSecret": "DeletedDate"}
    ),
}


def is_dying(item: Item, told: Reply | None) -> bool:
    """Tell whether what was `item`, of which a look has `told`, waits for its end."""
    return bool(told and told.ok and search(REVIVALS[item.type].dying, told.body))


def look(item: Item, place: Place) -> Reply | None:
    """Ask for what was `item` by its old name; None for a type that ends at once."""
    revival = REVIVALS.get(item.type)
    if revival is None:
        return None
    service = by_name()[item.type].service
    return place.caller.call(place.target, service, revival.look, _named(revival, item))


def calls(item: Item, told: Reply) -> Iterator[Request]:
    """Yield the calls that keep `item`, of which a look has `told`."""
    revival = REVIVALS[item.type]
    for operation, when in revival.calls.items():
        if search(when, told.body):
            service = by_name()[item.type].service
            yield Request(service, operation, _named(revival, item))


def _named(revival: Revival, item: Item) -> dict[str, object]:
    kind = by_name()[item.type]
    return {revival.member: known_handles(kind, item)[kind.handles[0].name]}
