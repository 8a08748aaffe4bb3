"""Files in volumes: each claim's as a tar, by exec in a pod that mounts it, or in our own."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from relab.clouds.exec import Container
from relab.resources.item import Item
from relab.resources.kubernetes import belongs
from relab.resources.kubernetes.kinds import Served
from snapshot.collect.kubernetes_asking import listing, why
from snapshot.collect.kubernetes_cluster import space_tenant
from snapshot.collect.scope import SHARED, Scope
from snapshot.collect.work import Asked, Forecast, Found, Rank, Task
from snapshot.collect.world import World
from snapshot.data.helper import PATH, mounting
from snapshot.data.pods import (
    PROVIDER,
    SERVICE,
    Broken,
    Doc,
    Ledger,
    failed,
    is_running,
    pods,
    taken,
)
from snapshot.vault.model import Coverage, Covered
from snapshot.vault.store import Blob

VOLUME = "data/Volume"
_CLAIMS = Served(
    "", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", namespaced=True, verbs=("list",)
)
# What a file system keeps for itself, and nobody but root may read.
_LEFT = "./lost+found"
_TRIES = 2
_BY_RULE = "the profile's rules for volumes leave it out"


def tasks(scope: Scope) -> Iterator[Task]:
    """Yield the task that finds all volumes; none when `scope` wants no data of this sort."""
    if scope.data and scope.wants(PROVIDER, VOLUME):
        yield FindVolumes()


def command(path: str) -> tuple[str, ...]:
    """Return the command that writes what is in `path` as a tar, for GNU's and busybox' tar."""
    return ("tar", "-c", "-f", "-", "-C", path, f"--exclude={_LEFT}", ".")


@dataclass(frozen=True, slots=True)
class FindVolumes(Task):
    """List the claims of wanted tenants and of the platform; show the taking of each."""

    @property
    def unit(self) -> str:
        """Return the unit that holds which volumes are left out, and why."""
        return "data/volumes"

    @property
    def rank(self) -> Rank:
        """Return that it finds more work."""
        return Rank.LIST

    def run(self, world: World) -> Found:
        """List; when the whole cluster's are refused, those of each namespace that is known."""
        lines: list[Coverage] = []
        left: defaultdict[str, list[str]] = defaultdict(list)
        then: list[Task] = []
        for namespace, claim, tenant in _claims(world, lines):
            if _wanted(world, namespace, claim, tenant):
                then.append(TakeVolume(namespace, claim, tenant))
            else:
                left[tenant].append(f"{namespace}/{claim}")
        asked = () if lines else (Asked(SERVICE, VOLUME, world.cluster),)
        for tenant, keys in left.items():
            detail = f"{_BY_RULE}: {', '.join(keys)}"
            lines.append(Ledger(world, VOLUME, tenant).line(Covered.UNSUPPORTED, 0, detail))
        return Found(coverage=tuple(lines), asked=asked, then=tuple(then))


def _claims(world: World, lines: list[Coverage]) -> Iterator[tuple[str, str, str]]:
    """Yield namespace, name and tenant of every claim that somebody wanted has."""
    known = belongs.roster(world.profile)
    found = listing(world, _CLAIMS)
    raws = list(found.raws) if found.failure is None else list(_each(world, known, lines))
    for raw in raws:
        namespace, claim = str(raw["metadata"]["namespace"]), str(raw["metadata"]["name"])
        tenant = space_tenant(world, namespace, known)
        if tenant is not None and world.scope.takes(tenant):
            yield namespace, claim, tenant


def _each(world: World, known: belongs.Roster, lines: list[Coverage]) -> Iterator[Doc]:
    for namespace, tenant in known.namespaces.items():
        if not world.scope.takes(tenant):
            continue
        found = listing(world, _CLAIMS, namespace)
        if found.failure is not None:
            detail = f"claims of {namespace}: {why(found.failure)}"
            line = Ledger(world, VOLUME, tenant).line(failed(found.failure), detail=detail)
            lines.append(line)
        yield from found.raws


def _wanted(world: World, namespace: str, claim: str, tenant: str) -> bool:
    rules = world.profile.volumes
    if tenant == SHARED:
        return any(fnmatchcase(f"{namespace}/{claim}", rule) for rule in rules.platform)
    return any(fnmatchcase(claim, rule) for rule in rules.tenants)


@dataclass(frozen=True, slots=True)
class TakeVolume(Task):
    """Take all files of `claim` as one tar."""

    namespace: str
    claim: str
    tenant: str = SHARED

    @property
    def key(self) -> str:
        """Return the key of the item."""
        return f"{self.namespace}/{self.claim}"

    @property
    def unit(self) -> str:
        """Return the unit of this volume."""
        return f"{VOLUME}/{self.key}"

    @property
    def rank(self) -> Rank:
        """Return that it reads data."""
        return Rank.DATA

    def forecast(self, world: World) -> tuple[Forecast, ...]:
        """Return that it is one volume."""
        return (Forecast(SERVICE, VOLUME, self.tenant, 1),)

    def run(self, world: World) -> Found:
        """Take the files; whatever is not whole becomes a line of the ledger."""
        ledger = Ledger(world, VOLUME, self.tenant)
        try:
            blob, observed = self._taken(world)
        except Broken as broken:
            detail = f"{self.key}: {broken.detail}"
            return Found(coverage=(ledger.line(broken.state, detail=detail),))
        entry = world.sealer.entry(self._item(world, observed), {"tar": blob})
        return Found((entry,), (ledger.line(Covered.CAPTURED),), size=blob.size)

    def _taken(self, world: World) -> tuple[Blob, Doc]:
        for where, path in self.mounted(world):
            try:
                return self._tar(world, where, path), {"pod": where.pod, "path": path}
            except Broken as broken:
                if not broken.unstarted:
                    raise
        with mounting(world, self.namespace, self.claim) as where:
            return self._tar(world, where, PATH), {"path": PATH}

    def mounted(self, world: World) -> Iterator[tuple[Container, str]]:
        """Yield where the whole volume is mounted in a container that runs."""
        for pod in pods(world, self.namespace):
            spec = pod.get("spec") or {}
            named = {
                volume["name"]
                for volume in spec.get("volumes") or ()
                if (volume.get("persistentVolumeClaim") or {}).get("claimName") == self.claim
            }
            for container in spec.get("containers") or ():
                for mount in container.get("volumeMounts") or ():
                    whole = not (mount.get("subPath") or mount.get("subPathExpr"))
                    if mount["name"] in named and whole and is_running(pod, container["name"]):
                        name = str(pod["metadata"]["name"])
                        yield Container(self.namespace, name, container["name"]), mount["mountPath"]

    def _tar(self, world: World, where: Container, path: str) -> Blob:
        for _ in range(_TRIES - 1):
            try:
                return taken(world, where, command(path))
            except Broken as broken:
                if broken.state is not Covered.CHANGED:
                    raise
        return taken(world, where, command(path))

    def _item(self, world: World, observed: Doc) -> Item:
        return Item(
            provider=PROVIDER,
            type=VOLUME,
            region=world.cluster,
            key=self.key,
            tenant=self.tenant,
            document={"claim": self.claim, "format": "tar", "left": [_LEFT]},
            observed=observed,
        )
