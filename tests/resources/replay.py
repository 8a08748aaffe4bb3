"""Put items back into an empty account: the least that a restore does, to prove the payloads."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from relab.resources.document import arranged
from relab.resources.item import Item
from relab.resources.registry import by_name
from relab.resources.writing import configuration, creation, handles_of, key_of, known_handles
from tests.resources.account import Account

Names = dict[str, str]


def renamed(node: Any, names: Names) -> Any:
    """Return `node` with every old identifier in it replaced, longer ones first."""
    text = json.dumps(node)
    for old in sorted(names, key=len, reverse=True):
        text = text.replace(old, names[old])
    return json.loads(text)


def moved(item: Item, names: Names) -> Item:
    """Return `item` as it reads in the new account."""
    document = renamed(dict(item.document), names)
    return replace(item, document=arranged(by_name()[item.type], document))


def put_back(account: Account, items: Iterable[Item]) -> Names:
    """Create all `items`, then configure them; return old identifier -> new identifier."""
    names: Names = {}
    handles: dict[str, Mapping[str, Any]] = {}
    everything = [item for item in items if by_name()[item.type].restorable]
    left = everything
    while left:
        ready = [item for item in left if not waits(item, left)]
        assert ready, f"in a circle: {[item.identity for item in left]}"
        for item in ready:
            handles[item.identity] = create(account, item, names)
        left = [item for item in left if item not in ready]
    for late in (False, True):
        for item in everything:
            configure(account, moved(item, names), handles[item.identity], late)
    return names


def waits(item: Item, left: Iterable[Item]) -> bool:
    """Tell whether creating `item` names something that is still to be created."""
    request = creation(by_name()[item.type], item)
    text = str(request.params) if request else ""
    return any(name in text for o in left if o is not item for name in o.identifiers)


def create(account: Account, item: Item, names: Names) -> Mapping[str, Any]:
    """Create `item`, read it again and learn its new identifiers; return its handles."""
    kind, here = by_name()[item.type], moved(item, names)
    request = creation(kind, here)
    answer = account.send(request) if request else {}
    handles = handles_of(kind, here, answer) if request else known_handles(kind, here)
    key = key_of(kind, here, handles)
    fresh = [found for found in account.read(kind, key.__eq__) if isinstance(found, Item)]
    assert len(fresh) == 1, (item.identity, key)
    names.update(zip(item.identifiers, fresh[0].identifiers, strict=True))
    return handles


def configure(account: Account, item: Item, handles: Mapping[str, Any], late: bool) -> None:
    """Make the calls that are `late`, or those that are not."""
    for request in configuration(by_name()[item.type], item, handles):
        if request.late == late:
            account.send(request)
