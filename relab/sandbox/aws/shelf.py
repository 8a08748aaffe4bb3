"""The things of one cluster or registry that moto lacks, and what may be done with them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jmespath
from moto.core.exceptions import ServiceException

from relab.sandbox.aws.nouns import NOUNS, Doc, Here, Noun

NOWHERE = Here("", "", "", str)  # for who only looks
_PLACE = "relab_stand_ins"
_PAGE = 100
_BY_NAME = {noun.name: noun for noun in NOUNS}
_TIMES = ("createdAt", "associatedAt")
_CHANGED = ("modifiedAt", "updatedAt")
_NO_FILTERS = frozenset({"maxResults", "nextToken", "registryId"})


class Refused(ServiceException):
    """An error of `service` (`eks`) by its code in botocore's model, which gives the HTTP status.

    moto takes the service from the module of the exception's class.
    """

    def __init__(self, service: str, code: str, message: str) -> None:
        super().__init__(code, message)
        self.__module__ = f"moto.{service}.exceptions"


class Shelf:
    """What hangs on `home`, an object of moto: it is kept on that very object and ends with it."""

    def __init__(self, home: object, here: Here = NOWHERE) -> None:
        self._kinds: dict[str, dict[tuple[str, ...], Doc]] = vars(home).setdefault(_PLACE, {})
        self._here = here

    def all(self, kind: str) -> list[Doc]:
        """Return all things of `kind` in the order in which they were made."""
        return list(self._kinds.get(kind, {}).values())

    def everything(self) -> Iterator[Doc]:
        """Yield the things of all kinds."""
        for things in self._kinds.values():
            yield from things.values()

    def create(self, noun: Noun, given: Doc) -> Doc:
        """Make one and return the answer."""
        if noun.within:
            self._find(_BY_NAME[noun.within], given)
        things = self._kinds.setdefault(noun.name, {})
        key = tuple(given[member] for member in noun.key)
        if key in things and noun.exists:
            raise Refused(noun.service, noun.exists, f"{key[-1]} already exists")
        now = datetime.now(UTC)
        times = dict.fromkeys((*_TIMES, *_CHANGED), now)
        things[key] = {**noun.made(given, self._here), **given, **times}
        self._identify(noun, things[key])
        return _answer(noun, things[key])

    def describe(self, noun: Noun, given: Doc) -> Doc:
        """Return the answer that shows one."""
        return _answer(noun, self._find(noun, given))

    def update(self, noun: Noun, given: Doc) -> Doc:
        """Change what is given of one and return the answer."""
        thing = self._find(noun, given)
        thing.update(given, **dict.fromkeys(_CHANGED, datetime.now(UTC)))
        if "podIdentityAssociations" in given:
            self._drop("association", "ownerArn", thing.get("addonArn"))
        self._identify(noun, thing)
        return noun.updated(thing, self._here) if noun.updated else _answer(noun, thing)

    def delete(self, noun: Noun, given: Doc) -> Doc:
        """Remove one with all its parts and return the answer."""
        thing = self._find(noun, given)
        for kind, (own, theirs) in noun.parts.items():
            self._drop(kind, theirs, thing[own])
        del self._kinds[noun.name][tuple(thing[member] for member in noun.key)]
        return _answer(noun, thing)

    def list(self, noun: Noun, given: Doc) -> Doc:
        """Return the answer that lists a page of those that the filters leave."""
        if noun.within:
            self._find(_BY_NAME[noun.within], given)
        wanted = given.get(noun.select) if noun.select else None
        if wanted:
            found = [self._find(noun, {noun.key[0]: key}) for key in wanted]
        else:
            found = [thing for thing in self.all(noun.name) if self._fits(noun, thing, given)]
        first = int(given.get("nextToken") or 0)
        last = first + int(given.get("maxResults") or _PAGE)
        rows = [jmespath.search(noun.row, thing) for thing in found[first:last]]
        more = {"nextToken": str(last)} if last < len(found) else {}
        return {**given, noun.many: rows, **more} if more else {**_untold(given), noun.many: rows}

    def _fits(self, noun: Noun, thing: Doc, given: Doc) -> bool:
        for member, value in given.items():
            if member in noun.having:
                kind, theirs = noun.having[member]
                own = noun.parts[kind]
                of_it = [p for p in self.all(kind) if p[own[1]] == thing[own[0]]]
                if all(part[theirs] != value for part in of_it):
                    return False
            elif member not in _NO_FILTERS and thing.get(member) != value:
                return False
        return True

    def _find(self, noun: Noun, given: Doc) -> Doc:
        wanted = {member: given.get(member) for member in noun.names}
        for thing in self.all(noun.name):
            if all(thing.get(member) == value for member, value in wanted.items()):
                return thing
        last = noun.names[-1]
        message = f"No {noun.name} found for {last} {wanted[last]}"
        raise Refused(noun.service, noun.missing, message)

    def _drop(self, kind: str, member: str, value: Any) -> None:
        things = self._kinds.get(kind, {})
        for key in [key for key, thing in things.items() if thing.get(member) == value]:
            del things[key]

    def _identify(self, noun: Noun, thing: Doc) -> None:
        """Make the associations that an add-on asks for, and show their ARNs in it instead."""
        wanted = thing.get("podIdentityAssociations", [])
        if noun.name != "addon" or not any(isinstance(one, dict) for one in wanted):
            return
        space = (thing.get("namespaceConfig") or {}).get("namespace", "kube-system")
        home = {"clusterName": thing["clusterName"], "namespace": space}
        made = [
            self.create(_BY_NAME["association"], {**home, **one, "ownerArn": thing["addonArn"]})
            for one in wanted
        ]
        thing["podIdentityAssociations"] = [one["association"]["associationArn"] for one in made]


def _untold(given: Doc) -> Doc:
    return {member: value for member, value in given.items() if member != "nextToken"}


def _answer(noun: Noun, thing: Doc) -> Doc:
    return {**thing, noun.one: dict(thing)} if noun.one else dict(thing)
