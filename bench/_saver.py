"""A save of one bucket, or of a made-up one, in a process of its own; says what it took as JSON.

python -m bench._saver ENDPOINT BUCKET VAULT
python -m bench._saver made COUNT VAULT
"""

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, TypeVar

from profiles.loader import load
from profiles.model import Profile
from relab.clouds import AwsTarget, expect_many_objects
from relab.clouds.aws import Aws
from relab.clouds.objects import Got, Objects, Which
from snapshot.collect.aides import Aides, fitting
from snapshot.collect.crew import threads
from snapshot.collect.driver import Driver
from snapshot.collect.scope import Scope
from snapshot.collect.world import Brief, World
from snapshot.data.objects import ListObjects
from snapshot.data.objects_listing import PAGE
from snapshot.vault import keys
from snapshot.vault.opening import Means, make_vault, open_vault
from snapshot.vault.vault import Vault

MADE = "made"
# So many objects in a row have the same body: smaller buckets have as many bodies together.
ALIKE = 50
_DAY = "2026-01-02T03:04:05.000Z"
_SHARED = ("",)
T = TypeVar("T")


@dataclass(frozen=True)
class Saved:
    """What a save took: seconds, objects, bytes read, and the most memory in bytes."""

    seconds: float
    items: int
    size: int
    memory: int


class MadeUp(Objects):
    """Stands in for a bucket of `count` objects: makes up pages, and tiny bodies."""

    def __init__(self, count: int) -> None:
        super().__init__(Aws(), AwsTarget("us-east-1"))
        self._count = count

    def ask(self, which: Which, query: Mapping[str, str], method: str = "GET") -> Got[bytes]:
        if which.key:
            return Got("200", kept=b"<Tagging><TagSet/></Tagging>")
        first = int(query.get("continuation-token", "0"))
        last = min(first + PAGE, self._count)
        rows = "".join(_listed(number) for number in range(first, last))
        more = (
            f"<IsTruncated>true</IsTruncated><NextContinuationToken>{last}</NextContinuationToken>"
        )
        return Got("200", kept=f"<R>{more if last < self._count else ''}{rows}</R>".encode())

    def read(self, which: Which, keep: Callable[[Iterator[bytes]], T]) -> Got[T]:
        body = _body(int(which.key[-9:]))
        return Got("200", {"content-type": "text/plain"}, keep(iter([body])))

    def read_many(
        self, whiches: Iterable[Which], keep: Callable[[Iterator[bytes]], T]
    ) -> Generator[Got[T], None, None]:
        for which in whiches:
            yield self.read(which, keep)


def _body(number: int) -> bytes:
    return b"%09d" % (number // ALIKE)


def _listed(number: int) -> str:
    etag = hashlib.md5(_body(number), usedforsecurity=False).hexdigest()
    return (
        f"<Contents><Key>runs/{number // 10_000:05}/artifact-{number:09}</Key>"
        f'<LastModified>{_DAY}</LastModified><ETag>"{etag}"</ETag><Size>9</Size>'
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def profile_at(endpoint: str | None) -> Profile:
    found = load("ha-mlops")
    return replace(found, aws=replace(found.aws, endpoint=endpoint, region="us-east-1"))


def vault_at(place: Path) -> Vault:
    """Open the vault at `place`, whose key lies beside it, or make both."""
    path = place.with_name(f"{place.name}.key")
    if path.exists():
        key = keys.load(path, lambda: None)
        return open_vault(str(place), Means(lambda: key, _no_client))
    key = keys.create(path)
    return make_vault(str(place), Means(lambda: key, _no_client), [key.recipient])


def _no_client() -> NoReturn:
    raise SystemExit("the vault is a folder")


def save(
    vault: Vault, name: str, bucket: str, profile: Profile, reader: Objects | None = None
) -> Saved:
    """Save `bucket` as a whole save does: the same tasks, threads, driver and vault."""
    began = time.perf_counter()
    brief = Brief(profile, Scope(_SHARED), "123456789012", vault.where, vault.sealer)
    # What makes objects up stands in this process alone.
    with vault.saving(name, {}) as saving, closing(Aides(0 if reader else fitting())) as aides:
        world = World(brief, saving.store, aides)
        if reader:
            vars(world)["objects"] = reader
        with threads(world) as crew:
            driver = Driver(saving, crew, _SHARED)
            for _ in driver.run([ListObjects(bucket)]):
                pass
        saving.finish()
    seconds = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Saved(seconds, driver.items, driver.size, memory)


def main(endpoint: str, bucket: str, place: str) -> None:
    expect_many_objects()
    vault = vault_at(Path(place))
    if endpoint == MADE:
        done = save(vault, "made", "made", profile_at(None), MadeUp(int(bucket)))
    else:
        done = save(vault, f"s{time.time_ns()}", bucket, profile_at(endpoint))
    print(json.dumps(vars(done)))


if __name__ == "__main__":
    main(*sys.argv[1:])
