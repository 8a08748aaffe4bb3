"""What a resource type declares, as plain data; the engine derives the rest from botocore's shapes.

Expressions are JMESPath (with the functions of `expressions`) over the facts that were read about
one resource: the members of all answers, merged. Templates are texts with expressions in braces,
such as `{clusterName}/{nodegroupName}`; `{partition}`, `{region}` and `{account}` are known too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Scope(StrEnum):
    """Whether a type is listed once an account or once a region."""

    GLOBAL = "global"
    REGIONAL = "regional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A call that lists; `take` gives a list of objects whose members become facts.

    `args` names the expression that fills an input member, over the facts of the listing before.
    `empty` are the error codes that mean that there is nothing to list.
    """

    operation: str
    take: str
    args: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A call about one resource; `take` of its answer becomes the fact `into`.

    With `into` empty the answer's members become facts themselves, and nothing of the resource is
    known without them. `missing` are the error codes that mean "not configured" (or, with `into`
    empty, that the resource has gone). With `over` there is one call for each element of that
    list: an object's members, or a scalar as `element`, may be used in `args`.
    """

    operation: str
    args: Mapping[str, str]
    take: str = "@"
    into: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    over: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A member that only the live account can tell: asked for just before the call.

    `by` is what the document says instead. `args` may hold templates over it and the call's own
    parameters; `take` is such a template too.
    """

    member: str
    by: str
    operation: str
    args: Mapping[str, Any]
    take: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A call that takes something away.

    `args` names the expression that fills an input member, over the facts of the resource, its
    handles among them. `asks` are read first and become facts. With `over` there is one call for
    each element of that list: an object's members, or a scalar as `element`, may be used in `args`.
    `refused` finds in a good answer what was not taken away after all.
    """

    operation: str
    args: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    asks: tuple[Reading, ...] = ()
    over: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A call that writes.

    A create step takes all members that its input shape accepts, save those of `omit`. Any other
    step takes what `takes` names (input member -> document member), or is made once for each
    element of the document's list `each`. `constants` are sent as they are, but only with
    something taken, unless `always`. `bind` names input members that get a handle of another name.
    `tags` is the input member for tags. `late` steps wait until the data is back. `undo` takes away
    what the step would set: each element that should not be there, or all of it when nothing of it
    should be; its expressions are over the handles, and the element's members.
    """

    operation: str
    takes: Mapping[str, str] = field(default_factory=dict)
    each: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)
    always: bool = False
    bind: Mapping[str, str] = field(default_factory=dict)
    tags: str = ""
    omit: tuple[str, ...] = ()
    late: bool = False
    lookups: tuple[Lookup, ...] = ()
    undo: Removal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """What later calls name the resource by: `answer` finds it in the create call's answer.

    An empty `answer` means that we choose it: it stands in the document. `known` finds it in
    what was read of an existing resource; empty for the name itself.
    """

    name: str
    answer: str = ""
    known: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Items for which `when` holds come back with the item `key` (a template) of `type`."""

    when: str
    type: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Items for which `when` holds are not captured (or not removed); `reason` is for people."""

    when: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A path in the document (`*` for any element) to seal, when `when` holds over it."""

    path: str
    when: str = "@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """A waiter of botocore, and the handle that fills each of its input members."""

    name: str
    bind: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """One AWS type: how it is listed and read, and how it is made again.

    `derive` names document members that are no plain member of the facts, as expressions.
    `identifiers` are templates of what others may refer to it by, `arn` among them. `sets` are
    paths to lists whose order means nothing, `volatile` facts that change by themselves. A type
    with a `reason` can not be restored, and that is why; without `lists` it can not even be listed.

    `updates` set what only the create call sets otherwise; they are made where an item stands and
    differs in that. An item is removed by the calls of `loosen`, which let go of what else hangs on
    it, and then by those of `remove`, of which the last one removes it; `gone` waits for the end of
    that. A type without them says why in `stays`. Items for which a rule of `keeps` holds are
    removed by nobody who was not told to remove just these.
    """

    service: str
    name: str
    scope: Scope = Scope.REGIONAL
    key: str
    arn: str = ""
    lists: tuple[Listing, ...] = ()
    reads: tuple[Reading, ...] = ()
    identifiers: tuple[str, ...] = ()
    owners: tuple[Owner, ...] = ()
    skips: tuple[Skip, ...] = ()
    tags: str = ""
    tag_type: str = ""
    derive: Mapping[str, str] = field(default_factory=dict)
    create: Step | None = None
    configure: tuple[Step, ...] = ()
    updates: tuple[Step, ...] = ()
    handles: tuple[Handle, ...] = ()
    waiter: Waiter | None = None
    loosen: tuple[Removal, ...] = ()
    remove: tuple[Removal, ...] = ()
    gone: Waiter | None = None
    stays: str = ""
    keeps: tuple[Skip, ...] = ()
    sets: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    nuke: str = ""
    no_nuke: str = ""
    reads_too: tuple[str, ...] = ()
    writes_too: tuple[str, ...] = ()
    removes_too: tuple[str, ...] = ()
    reason: str = ""
    notes: str = ""
    provider: str = "aws"

    @property
    def type(self) -> str:
        """Return the full name, such as `s3.bucket`."""
        return f"{self.service}.{self.name}"

    @property
    def restorable(self) -> bool:
        """Tell whether a captured item can be made again."""
        return not self.reason

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return all writing calls in the order in which they are made."""
        return (self.create, *self.configure) if self.create else self.configure


def same(*members: str) -> dict[str, str]:
    """Return `takes` for members that are called alike in the call and in the document."""
    return {member: member for member in members}


def one_each(members: Iterable[str]) -> str:
    """Return the expression for one object each of `members` (`name: expression`).

    For calls that change one attribute at a time.
    """
    return f"[{', '.join(f'{{{member}}}' for member in members)}]"
