"""What a kind is, and the registry that finds kinds by path and by name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from relab.sandbox.kube.model import ResourceId

ALL_VERBS = (
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One served kind at one version; `model` names its schema class, "" for custom kinds."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    singular: str = ""
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    model: str = ""
    list_kind: str = ""

    @property
    def api_version(self) -> str:
        """Return `version` or `group/version`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> ResourceId:
        """Return the key that all versions of this kind share in the store."""
        return self.group, self.plural

    @property
    def custom(self) -> bool:
        """Return whether a CustomResourceDefinition declares this kind."""
        return not self.model

    @property
    def listed_as(self) -> str:
        """Return the kind of its lists."""
        return self.list_kind or f"{self.kind}List"

    @property
    def has_status(self) -> bool:
        """Return whether `/status` is served, so that plain writes leave the status alone."""
        return "status" in self.subresources


class Registry:
    """All kinds served now; custom kinds come and go with their definitions."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._by_path: dict[tuple[str, str, str], Kind] = {}
        self._by_kind: dict[tuple[str, str], Kind] = {}
        self.generation = 0
        for kind in kinds:
            self.add(kind)

    def add(self, kind: Kind) -> None:
        """Serve `kind`; one of the same path is replaced."""
        self._by_path[kind.group, kind.version, kind.plural] = kind
        self._by_kind[kind.api_version, kind.kind] = kind
        self.generation += 1

    def remove(self, kind: Kind) -> None:
        """Stop serving `kind`."""
        self._by_path.pop((kind.group, kind.version, kind.plural), None)
        self._by_kind.pop((kind.api_version, kind.kind), None)
        self.generation += 1

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """Return the kind served under that path, or None."""
        return self._by_path.get((group, version, plural))

    def named(self, api_version: str, kind: str) -> Kind | None:
        """Return the kind of that apiVersion and kind name, or None."""
        return self._by_kind.get((api_version, kind))

    def of_resource(self, resource: ResourceId) -> list[Kind]:
        """Return the kinds, one a version, that share a store key."""
        return [kind for kind in self if kind.resource == resource]

    def group_versions(self) -> dict[str, list[str]]:
        """Return served versions by group, in the order they were added."""
        found: dict[str, list[str]] = {}
        for kind in self:
            versions = found.setdefault(kind.group, [])
            if kind.version not in versions:
                versions.append(kind.version)
        return found

    def __iter__(self) -> Iterator[Kind]:
        return iter(list(self._by_path.values()))
