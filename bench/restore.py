"""A restore of objects beside bare loops of the same writes, on one real S3 server, in one run.

    python -m bench restore [--quick]

Each round puts 2,000 small objects into empty buckets, in turns, and the best of the rounds counts:
from a vault as a restore does (listing, reading, checking, putting), by a loop that does nothing
but the same writes from memory, with the same writer and as many threads, and by one with boto3.

Promise: a restore takes at most 1.5 times the bare loop. The Kubernetes half stands in
`bench/restore_kube.py`.
"""

import hashlib
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import boto3
from botocore.config import Config

from bench._saver import profile_at, save, vault_at
from bench._servers import REGION, NoTool, Server, running
from relab.clouds.objects import Body, Objects, Which, writer
from relab.clouds.objects.reader import READERS
from restore.data.objects import pour
from restore.journal import Journal
from restore.vessel import Vessel
from snapshot.collect.scope import Scope
from snapshot.collect.world import Brief, World
from snapshot.vault.vault import Vault

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT_MOST = 1.5
SOURCE = "cohort"
OWN, BARE = "restore from a vault", "bare loop, the same writer"
HEADERS = {"content-type": "application/json", "x-amz-meta-run": "1"}


@dataclass(frozen=True)
class Size:
    """How many objects of how many bytes, and in how many rounds."""

    count: int
    bytes: int
    rounds: int


FULL, QUICK = Size(2000, 4096, 5), Size(500, 4096, 3)


@dataclass(frozen=True)
class Bench:
    """A server with a bucket to copy, and the vault that holds it."""

    server: Server
    vault: Vault
    journal: Journal
    bodies: Mapping[str, bytes]

    def world(self) -> World:
        """Return fresh clients: no connection stands at the start of a round."""
        brief = Brief(
            profile_at(self.server.endpoint), Scope(("",)), "123456789012", self.vault.where,
            self.vault.sealer,
        )  # fmt: skip
        return World(brief)


Way = Callable[[Bench, str], None]


def main(quick: bool) -> int:
    """Print the table; return 1 when the promise is missed."""
    size = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(prefix="relab-bench-") as folder:
        try:
            with (
                running(Path(folder) / "server") as server,
                patch.dict(os.environ, server.environ),
            ):
                return _run(size, server, Path(folder))
        except NoTool as why:
            print(f"restore: skipped, since {why}")
            return 0


def _run(size: Size, server: Server, root: Path) -> int:
    bodies = {f"runs/{n // 100:02}/{n:05}.json": os.urandom(size.bytes) for n in range(size.count)}
    vault = vault_at(root / "vault")
    journal = Journal(root / "journal.sqlite")
    bench = Bench(server, vault, journal, bodies)
    _client(server).create_bucket(Bucket=SOURCE)
    bare(bench, SOURCE)
    save(vault, "one", SOURCE, profile_at(server.endpoint))
    ways: dict[str, Way] = {OWN: restore, BARE: bare, "bare loop, boto3": sdk}
    best = _best(bench, ways, size.rounds)
    again = _again(bench)
    journal.close()
    return 0 if _table(size, best, again) else 1


def _best(bench: Bench, ways: Mapping[str, Way], rounds: int) -> dict[str, float]:
    best: dict[str, float] = {}
    for number, (name, way) in itertools.product(range(rounds), ways.items()):
        bucket = f"round-{number}-{name.split()[-1]}"
        _client(bench.server).create_bucket(Bucket=bucket)
        os.sync()  # what others left to be written is not this one's time
        began = time.perf_counter()
        way(bench, bucket)
        best[name] = min(best.get(name, 1e9), time.perf_counter() - began)
        _check(bench, bucket)
    return best


def restore(bench: Bench, bucket: str) -> None:
    """Put the saved objects into `bucket`, as a restore does."""
    done = pour(_vessel(bench, bucket))
    assert not done.failed, done.failed[0]


def _vessel(bench: Bench, bucket: str) -> Vessel:
    reader = bench.vault.reader()
    snapshot = reader.snapshot("one")
    last = f"{SOURCE}/\U0010ffff"
    vault = bench.vault
    return Vessel(
        bench.world(), bench.journal, bucket,
        lambda: reader.between(snapshot, "s3.object", SOURCE, last), vault.blob, vault.unsealed,
    )  # fmt: skip


def bare(bench: Bench, bucket: str) -> None:
    """Put the objects from memory with the writer that a restore has, and look at no answer."""
    objects: Objects = bench.world().objects

    def put(row: tuple[str, bytes]) -> None:
        key, data = row
        body = Body(len(data), hashlib.sha256(data).hexdigest(), lambda: [data])
        writer.put(objects, Which(bucket, key), HEADERS, body)

    objects.each(put, list(bench.bodies.items()))


def sdk(bench: Bench, bucket: str) -> None:
    """Put the objects from memory with boto3."""
    client = _client(bench.server)

    def put(row: tuple[str, bytes]) -> None:
        key, data = row
        client.put_object(
            Bucket=bucket, Key=key, Body=data, ContentType="application/json",
            Metadata={"run": "1"},
        )  # fmt: skip

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(put, bench.bodies.items()))


def _again(bench: Bench) -> float:
    began = time.perf_counter()
    done = pour(_vessel(bench, "round-0-vault"))
    assert (done.made, done.failed) == (0, ())
    return time.perf_counter() - began


def _check(bench: Bench, bucket: str) -> None:
    pages = _client(bench.server).get_paginator("list_objects_v2").paginate(Bucket=bucket)
    found = {one["Key"]: one["Size"] for page in pages for one in page.get("Contents", ())}
    assert found == {key: len(body) for key, body in bench.bodies.items()}


def _client(server: Server) -> "S3Client":
    config = Config(s3={"addressing_style": "path"}, max_pool_connections=READERS)
    return boto3.client("s3", REGION, endpoint_url=server.endpoint, config=config)


def _table(size: Size, best: Mapping[str, float], again: float) -> bool:
    own = best["restore from a vault"]
    print(
        f"{size.count:,} objects of {size.bytes:,} bytes, {READERS} threads, best of {size.rounds}"
    )
    for name, seconds in best.items():
        rate = size.count / seconds
        print(f"  {name:<28}{seconds:>7.2f} s{rate:>9,.0f} objects/s{own / seconds:>8.2f}x")
    print(f"  {'restore again, no change':<28}{again:>7.2f} s{size.count / again:>9,.0f} objects/s")
    ratio = own / best[BARE]
    kept = ratio <= AT_MOST
    print(f"  {ratio:.2f} times the bare loop (at most {AT_MOST}): {'kept' if kept else 'missed'}")
    return kept


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
