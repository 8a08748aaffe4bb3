"""Saves of S3 objects beside the tools that people copy buckets with, and beside listing alone.

    python -m bench save_data [--quick]

One real S3 server, one file system, one run; all take turns, nothing is removed in between, and the
best of the rounds counts. Every tool is a process of its own, timed from start to end; relab's time
ends when all it has is durable, which none but restic waits for: when what the others wrote is on
the disk is told beside, and does not count.

Promises: a first save is ahead of every peer; a second one with nothing changed reads no object,
adds under 100 KB and takes at most 1.2 times the listing alone; of a million listed objects it
holds under 300 MB, and time grows linearly.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import boto3
from botocore.config import Config

from bench._peers import PASSWORD, Job, Peer, Run, peers, saver, timed
from bench._saver import MADE, profile_at, save, vault_at
from bench._servers import REGION, ROOM, NoTool, Server, running, tool

BUCKET = "cohort"
LISTING = 1.2
GROWTH = 100_000
MEMORY = 300_000_000
LINEAR = 1.25
PARTS = 4


@dataclass(frozen=True)
class Size:
    """How much is copied: so many small and large objects of so many bytes, so many rounds.

    `listed` is how many objects are made up.
    """

    small: int
    large: int
    small_bytes: int
    large_bytes: int
    rounds: int
    listed: int


FULL = Size(10_000, 4, 64 << 10, 256 << 20, 2, 1_000_000)
QUICK = Size(3_000, 2, 64 << 10, 128 << 20, 2, 40_000)


def main(quick: bool) -> int:
    size = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(dir=ROOM, prefix="relab-bench-") as folder:
        try:
            kept = [*_copies(size, Path(folder)), _million(size, Path(folder))]
        except NoTool as why:
            print(f"save_data: skipped, since {why}")
            return 0
    return 0 if all(kept) else 1


def _copies(size: Size, root: Path) -> Iterator[bool]:
    source = root / "source"
    _fill(source, size)
    with running(root / "server") as server:
        env = {**os.environ, **server.environ, "RESTIC_PASSWORD": PASSWORD}
        s5cmd = (tool("s5cmd"), "--endpoint-url", server.endpoint, "--log", "error")
        timed((*s5cmd, "mb", f"s3://{BUCKET}"), env)
        timed((*s5cmd, "cp", f"{source}/", f"s3://{BUCKET}/"), env)
        yield _first(server, size, root, env)
        with patch.dict(os.environ, server.environ):
            yield from _second(server, size, root)


def _fill(source: Path, size: Size) -> None:
    """Write what no compression makes smaller, in folders of a thousand."""
    for number in range(size.small):
        folder = source / f"runs/{number // 1000:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"artifact-{number:05}.bin").write_bytes(os.urandom(size.small_bytes))
    (source / "models").mkdir()
    for number in range(size.large):
        with (source / f"models/model-{number}.bin").open("wb") as file:
            for _ in range(size.large_bytes >> 20):
                file.write(os.urandom(1 << 20))


def _first(server: Server, size: Size, root: Path, env: Mapping[str, str]) -> bool:
    best: dict[str, Run] = {}
    for number in range(size.rounds):
        out = root / f"round{number}"
        out.mkdir()
        found, missing = peers(Job(server, BUCKET, root / "source", out))
        everyone = [saver(server, BUCKET, out / "vault"), *found]
        for peer in everyone[number % 2 :] + everyone[: number % 2]:
            run = _one(peer, env)
            best[peer.name] = min(best.get(peer.name, run), run, key=lambda run: run.wall)
    for why in missing:
        print(f"save_data: {why}")
    return _table(size, best) and not missing


def _one(peer: Peer, env: Mapping[str, str]) -> Run:
    if peer.prepare:
        timed(peer.prepare, env)
    os.sync()  # what others left to be written is not this one's time
    run = timed(peer.command, env)
    ended = time.perf_counter()
    os.sync()
    return replace(run, durable=run.wall + time.perf_counter() - ended)


def _table(size: Size, best: Mapping[str, Run]) -> bool:
    own = best["relab"]
    small, large = size.small_bytes >> 10, size.large_bytes >> 20
    print(f"first save: {size.small} x {small} KiB and {size.large} x {large} MiB")
    heads = f"{'wall':>9}{'CPU':>9}{'relab is ahead by':>20}{'durable after':>16}"
    print(f"  {'best of ' + str(size.rounds):<36}{heads}")
    for name, run in sorted(best.items(), key=lambda row: row[1].wall):
        ahead = f"{run.wall / own.wall:>19.2f}x{run.durable:>14.2f} s"
        print(f"  {name:<36}{run.wall:>7.2f} s{run.cpu:>7.2f} s{ahead}")
    return _say("ahead of all of them", all(run.wall >= own.wall for run in best.values()))


def _second(server: Server, size: Size, root: Path) -> Iterator[bool]:
    place = root / "round0" / "vault"
    vault, profile = vault_at(place), profile_at(server.endpoint)
    before, reads = _bytes(place), server.requests("s3_GetObject")
    own: list[float] = []
    alone: list[float] = []
    for number in range(2 * size.rounds + 2):
        alone.append(_listing(server))
        own.append(save(vault, f"again{number}", BUCKET, profile).seconds)
    grown = (_bytes(place) - before) // len(own)
    if reads < size.small:
        raise SystemExit(f"the server's log tells of {reads} reads only: it cannot be counted on")
    reads = server.requests("s3_GetObject") - reads
    ratio = min(own) / min(alone)
    print(f"second save, nothing changed: {min(own):.3f} s, listing alone {min(alone):.3f} s")
    yield _say(f"objects read: {reads}", not reads)
    yield _say(f"the vault grew by {grown:,} bytes (under {GROWTH:,})", grown < GROWTH)
    yield _say(f"{ratio:.2f} times the listing (at most {LISTING})", ratio <= LISTING)


def _listing(server: Server) -> float:
    """Return how long a bare loop takes that lists the bucket and throws the pages away."""
    began = time.perf_counter()
    config = Config(s3={"addressing_style": "path"})
    client = boto3.client("s3", REGION, endpoint_url=server.endpoint, config=config)
    for _ in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        pass
    return time.perf_counter() - began


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _million(size: Size, root: Path) -> bool:
    """Save a made-up bucket and, at the same time, as many objects in smaller ones in turn.

    What slows the machine down for a minute slows both.
    """
    print("made-up buckets, tiny bodies, both at the same time")
    places = [root / f"part{number}" for number in range(PARTS)]
    with ThreadPoolExecutor(2) as pool:
        alone = pool.submit(_made, size.listed, [root / "whole"])
        parted = pool.submit(_made, size.listed // PARTS, places)
    whole, parts = alone.result()[0], parted.result()
    seconds = sum(part["seconds"] for part in parts)
    _listed(f"{size.listed:,}", whole["seconds"], whole)
    _listed(f"{PARTS} x {size.listed // PARTS:,}", seconds, max(parts, key=_memory))
    memory, ratio = _memory(whole), whole["seconds"] / seconds
    light = _say(f"at most {memory / 1e6:.0f} MB (under {MEMORY / 1e6:.0f})", memory < MEMORY)
    return _say(f"{ratio:.2f} times as long for each (at most {LINEAR})", ratio <= LINEAR) and light


def _made(count: int, places: Iterable[Path]) -> list[Mapping[str, float]]:
    """Save a made-up bucket of `count` objects into each of `places`, one after the other."""
    start = (sys.executable, "-m", "bench._saver", MADE, str(count))
    runs = (subprocess.run((*start, str(at)), check=True, capture_output=True) for at in places)
    return [json.loads(done.stdout) for done in runs]


def _memory(done: Mapping[str, float]) -> float:
    return done["memory"]


def _listed(count: str, seconds: float, done: Mapping[str, float]) -> None:
    print(f"  {count:>11} objects{seconds:>9.1f} s{_memory(done) / 1e6:>8.0f} MB")


def _say(promise: str, kept: bool) -> bool:
    print(f"  {promise}: {'kept' if kept else 'missed'}")
    return kept


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
