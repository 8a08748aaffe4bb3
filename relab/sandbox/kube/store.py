"""Objects in memory with one revision counter, and a bounded log of changes for watches."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from itertools import takewhile

from relab.sandbox.kube.model import Doc, ResourceId, name_of, namespace_of

_FIRST_REVISION = 1000


def dump(value: object) -> bytes:
    """Return compact JSON as UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Entry:
    """One stored version of an object; `doc` is never changed after it is stored."""

    __slots__ = ("_tail", "doc", "revision")

    def __init__(self, doc: Doc, revision: int) -> None:
        self.doc = doc
        self.revision = revision
        self._tail: bytes | None = None

    @property
    def tail(self) -> bytes:
        """Return the object's JSON after `{"kind":..,"apiVersion":..,`, made once."""
        if self._tail is None:
            rest = {key: self.doc[key] for key in self.doc if key not in ("kind", "apiVersion")}
            self._tail = dump(rest)[1:]
        return self._tail


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log: `kind` is ADDED, MODIFIED or DELETED."""

    kind: str
    revision: int
    entry: Entry
    before: Entry | None


class Log:
    """The latest changes of one resource; older ones are forgotten, up to `floor`."""

    def __init__(self, window: int, floor: int) -> None:
        self.changes: deque[Change] = deque(maxlen=window)
        self.floor = floor
        self.waiting: set[asyncio.Event] = set()

    def append(self, change: Change) -> None:
        """Add a change and wake every watcher."""
        if len(self.changes) == self.changes.maxlen:
            self.floor = self.changes[0].revision
        self.changes.append(change)
        for event in self.waiting:
            event.set()

    def after(self, revision: int) -> list[Change]:
        """Return the changes newer than `revision`, oldest first."""
        newest = takewhile(lambda change: change.revision > revision, reversed(self.changes))
        return list(newest)[::-1]


class Store:
    """All objects of all kinds; `window` is how many changes a resource's log keeps."""

    def __init__(self, window: int = 1000) -> None:
        self.revision = _FIRST_REVISION
        self._window = window
        self._objects: dict[ResourceId, dict[str, dict[str, Entry]]] = {}
        self._logs: dict[ResourceId, Log] = {}

    def log(self, resource: ResourceId) -> Log:
        """Return the resource's log; it starts with the first request for it or change to it."""
        if resource not in self._logs:
            self._logs[resource] = Log(self._window, _FIRST_REVISION)
        return self._logs[resource]

    def get(self, resource: ResourceId, namespace: str, name: str) -> Entry | None:
        """Return the live entry, or None."""
        return self._objects.get(resource, {}).get(namespace, {}).get(name)

    def scan(self, resource: ResourceId, namespace: str = "") -> list[Entry]:
        """Return entries by namespace and name; an empty `namespace` means all of them."""
        spaces = self._objects.get(resource, {})
        chosen = [namespace] if namespace else sorted(spaces)
        return [
            held[name] for space in chosen if (held := spaces.get(space)) for name in sorted(held)
        ]

    def resources_in(self, namespace: str) -> list[ResourceId]:
        """Return the resources that hold at least one object in `namespace`."""
        return [resource for resource, spaces in self._objects.items() if spaces.get(namespace)]

    def put(self, resource: ResourceId, doc: Doc) -> Entry:
        """Store `doc` under a new revision, which is written into its metadata."""
        self.revision += 1
        doc["metadata"]["resourceVersion"] = str(self.revision)
        space = self._objects.setdefault(resource, {}).setdefault(namespace_of(doc), {})
        before = space.get(name_of(doc))
        entry = space[name_of(doc)] = Entry(doc, self.revision)
        kind = "MODIFIED" if before else "ADDED"
        self.log(resource).append(Change(kind, self.revision, entry, before))
        return entry

    def remove(self, resource: ResourceId, namespace: str, name: str) -> Entry | None:
        """Forget an object; watchers see its last state under a new revision."""
        before = self._objects.get(resource, {}).get(namespace, {}).pop(name, None)
        if before is None:
            return None
        self.revision += 1
        metadata = before.doc["metadata"] | {"resourceVersion": str(self.revision)}
        last = Entry(before.doc | {"metadata": metadata}, self.revision)
        self.log(resource).append(Change("DELETED", self.revision, last, before))
        return last

    def forget_log(self, resource: ResourceId) -> None:
        """Drop the history of a resource that is no longer served."""
        self._logs.pop(resource, None)
        self._objects.pop(resource, None)
