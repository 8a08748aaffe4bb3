"""What the calls that make an AWS item need to be there: found in their parameters."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relab.resources.item import Item
from relab.resources.registry import by_name
from relab.resources.writing import Request, configuration, creation, known_handles
from restore.graph import Graph, Node, Phase
from restore.references import Finder, changes, strings

# Input members that name another resource by its bare name, which only their place makes clear.
NAMES: Mapping[tuple[str, str], str] = {
    ("ec2", "LogGroupName"): "logs.group",
    ("eks", "clusterName"): "eks.cluster",
    ("events", "EventBusName"): "events.bus",
    ("iam", "GroupName"): "iam.group",
    ("iam", "RoleName"): "iam.role",
    ("iam", "UserName"): "iam.user",
    ("logs", "logGroupName"): "logs.group",
    ("s3", "TargetBucket"): "s3.bucket",
}

# The name of a key may stand wherever its id may; nothing else begins with `alias/`.
ALIAS = "kms.alias"
# The member that names alarms in a text of its own kind: ALARM("a") AND NOT OK(b).
RULE_OF_ALARMS = ("cloudwatch", "AlarmRule")
ALARMS = ("cloudwatch.metric-alarm", "cloudwatch.composite-alarm")
_IN_RULE = re.compile(r"\b(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*[\"']?([^\"')]+?)[\"']?\s*\)")

# Where a policy, or the redrive rule of a queue, names what it only compares a caller with: nobody
# looks whether that is there.
COMPARED = frozenset({"Condition", "NotResource", "Resource", "sourceQueueArns"})


@dataclass(frozen=True, slots=True)
class Needs:
    """The identities of what must be there before an item is created, and before it is configured.

    `late` are those before its late calls; `said` are those of `create` that its creation only says
    the names of, which they keep.
    """

    create: frozenset[str] = frozenset()
    configure: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()

    def of(self, phase: Phase) -> frozenset[str]:
        """Return what `phase` needs."""
        found = {Phase.CREATE: self.create, Phase.CONFIGURE: self.configure, Phase.LATE: self.late}
        return found.get(phase, frozenset())


class Directory:
    """Whose an identifier is, and where in a text identifiers stand."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.owners: dict[str, str] = {}
        self.keys: dict[tuple[str, str], str] = {}
        for item in items:
            self.keys[item.type, item.key] = item.identity
            for name in item.identifiers:
                self.owners[name] = item.identity
        self.finder = Finder(self.owners)
        account = {name: one for name, one in self.owners.items() if one.startswith("aws:")}
        self._in_account = Finder(account)

    def of_the_account(self, item: Item) -> frozenset[str]:
        """Return the identities of AWS items that the document of `item` refers to."""
        if not self._in_account:
            return frozenset()
        texts = (text for _, text in strings(dict(item.document)))
        found = (text[a:b] for text in texts for a, b in self._in_account.found(text))
        return frozenset(self.owners[name] for name in found)

    def named_in(self, request: Request) -> Iterator[str]:
        """Yield the identity of everything that the parameters of `request` name."""
        for _, text in strings({**request.params, **request.asked}):
            for start, end in self.finder.found(text):
                yield self.owners[text[start:end]]
        yield from self._barely_named_in(request)

    def _barely_named_in(self, request: Request) -> Iterator[str]:
        for pointer, text in strings({**request.params, **request.asked}):
            member = (request.service, pointer.rpartition("/")[2])
            pairs = [(NAMES.get(member, ""), text), (ALIAS, text)]
            if member == RULE_OF_ALARMS:
                pairs = [(kind, name) for kind in ALARMS for name in _IN_RULE.findall(text)]
            yield from (self.keys[pair] for pair in pairs if pair in self.keys)

    def only_said(self, request: Request) -> frozenset[str]:
        """Return the identities of what `request` names only where names are compared.

        And only by names that stay as they are when a thing is made anew.
        """
        found = {True: set[str](), False: set(self._barely_named_in(request))}
        for pointer, text in _unfolded({**request.params, **request.asked}):
            compared = not COMPARED.isdisjoint(pointer.split("/"))
            for start, end in self.finder.found(text):
                name = text[start:end]
                found[compared and self._stays(name)].add(self.owners[name])
        return frozenset(found[True] - found[False])

    def _stays(self, identifier: str) -> bool:
        name = re.split("[:/]", self.owners[identifier])[-1]
        return identifier.endswith(name) and not changes(identifier)


def _unfolded(node: Any) -> Iterator[tuple[str, str]]:
    """Yield the pointer and the text of every string in `node`, also of those in JSON texts."""
    for pointer, text in strings(node):
        try:
            inner = json.loads(text) if text.lstrip().startswith("{") else text
        except ValueError:
            inner = text
        yield from [(pointer, text)] if inner is text else strings(inner, pointer)


def phases(item: Item) -> list[Phase]:
    """Return the steps that `item` takes."""
    kind = by_name()[item.type]
    requests = configuration(kind, item, known_handles(kind, item))
    found = [Phase.CREATE]
    found += [Phase.CONFIGURE] if any(not request.late for request in requests) else []
    found += [Phase.LATE] if any(request.late for request in requests) else []
    return found


def needs(item: Item, directory: Directory) -> Needs:
    """Return what each step of `item` needs, itself left out."""
    kind = by_name()[item.type]
    first = creation(kind, item)
    later = configuration(kind, item, known_handles(kind, item))
    said = directory.only_said(first) if first else frozenset()
    return Needs(
        _named([first] if first else [], item, directory),
        _named([request for request in later if not request.late], item, directory),
        _named([request for request in later if request.late], item, directory),
        said - {item.identity},
    )


def connect(graph: Graph, item: Item, found: Needs) -> None:
    """Add `item` to `graph`: after what its calls name, and after that is configured if it can."""
    graph.item(item.identity, phases(item))
    for phase in phases(item):
        node, wanted = Node(item.identity, phase), found.of(phase)
        said = found.said if phase is Phase.CREATE else frozenset()
        graph.add(
            node,
            after=(Node(one, Phase.CREATE) for one in wanted - said),
            wish=(Node(one, Phase.CONFIGURE) for one in wanted),
        )
        graph.say(node, (Node(one, Phase.CREATE) for one in said))


def _named(requests: Iterable[Request], item: Item, directory: Directory) -> frozenset[str]:
    found = {name for request in requests for name in directory.named_in(request)}
    return frozenset(found - {item.identity})


def params_of(item: Item) -> dict[str, Any]:
    """Return the parameters of the call that creates `item`, empty when there is none."""
    first = creation(by_name()[item.type], item)
    return dict(first.params) if first else {}
