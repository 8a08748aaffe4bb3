"""The tools that people copy buckets with, each as one command that is timed from start to end."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench._servers import NoTool, Server, tool

PASSWORD = "bench"


@dataclass(frozen=True)
class Run:
    """What a command took: seconds by the clock, and of the processors.

    `durable` are seconds by the clock until what it wrote was on the disk; 0 when nobody waited.
    """

    wall: float
    cpu: float
    durable: float = 0.0


@dataclass(frozen=True)
class Peer:
    """A tool: its name in the table, and its command; `prepare` runs first and is not timed."""

    name: str
    command: tuple[str, ...]
    prepare: tuple[str, ...] = ()


def timed(command: tuple[str, ...], env: Mapping[str, str]) -> Run:
    """Run `command` and return what it took; its last words in a SystemExit when it failed."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed: {said.decode(errors='replace')[-500:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime)


@dataclass(frozen=True)
class Job:
    """What all do: copy `bucket` of `server` below `out`; `source` is a folder that holds it."""

    server: Server
    bucket: str
    source: Path
    out: Path


def peers(job: Job) -> tuple[list[Peer], list[str]]:
    """Return the peers that stand here, and why others do not.

    restic cannot read a bucket: it backs up the folder that holds the same already, so that its
    time has no download in it.
    """
    found: list[Peer] = []
    missing: list[str] = []
    for make in (_s5cmd, _rclone, _restic, _aws):
        try:
            found.append(make(job))
        except NoTool as why:
            missing.append(str(why))
    return found, missing


def _s5cmd(job: Job) -> Peer:
    command = (tool("s5cmd"), "--endpoint-url", job.server.endpoint, "--log", "error")
    return Peer("s5cmd cp", (*command, "cp", f"s3://{job.bucket}/*", f"{job.out / 's5cmd'}/"))


def _rclone(job: Job) -> Peer:
    remote = (
        f":s3,provider=Other,env_auth=true,endpoint='{job.server.endpoint}',force_path_style=true"
    )
    many = ("--transfers", "32", "--checkers", "32", "--config", os.devnull)
    return Peer(
        "rclone copy",
        (tool("rclone"), "copy", *many, f"{remote}:{job.bucket}", str(job.out / "rclone")),
    )


def _restic(job: Job) -> Peer:
    restic = (tool("restic"), "--quiet", "--no-cache", "--repo", str(job.out / "restic"))
    return Peer(
        "restic backup (of a local folder)",
        (*restic, "backup", "--no-scan", str(job.source)),
        prepare=(*restic, "init"),
    )


def _aws(job: Job) -> Peer:
    if not shutil.which("aws"):
        raise NoTool("there is no aws on PATH")
    command = ("aws", "s3", "sync", "--only-show-errors", "--endpoint-url", job.server.endpoint)
    return Peer("aws s3 sync", (*command, f"s3://{job.bucket}", str(job.out / "aws")))


def saver(server: Server, bucket: str, vault: Path) -> Peer:
    """Return relab itself, in a process of its own like the others."""
    module = (sys.executable, "-m", "bench._saver")
    return Peer("relab", (*module, server.endpoint, bucket, str(vault)))
