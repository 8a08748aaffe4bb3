"""All checks of one tenant beside a shell script that asks the same with kubectl and aws.

All ask one sandbox in one run, in turn, and the best of a few rounds counts. Promises: checking is
20 times faster than the script; 16 tenants take at most 8 times one tenant. Both are measured in
both modes that people meet: the warm worker behind the lab screen, and `relab check` as a process
of its own, which pays for starting Python and loading an SDK. The table says which promise holds
where; exit 1 unless one mode holds both. The first `relab check` of a machine, which hears the
tools that later ones remember, stands beside them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FASTER = 20.0
TENANTS = 8.0
TENANT, NEIGHBOUR = "07", "08"
SCRIPT = Path(__file__).with_name("checks.sh")
RELAB = (sys.executable, "-m", "relab")
_WORD = {True: "kept", False: "missed"}
_FINISHED = '{"event": "RunFinished"'
_PRIVATE = ("AWS_", "KUBE", "RELAB_", "XDG_")


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to check: the seconds of one tenant and of all."""

    name: str
    one: float
    every: float


def main(quick: bool) -> int:
    """Measure, print the table and return 1 when a promise is missed."""
    if not all(shutil.which(tool) for tool in ("aws", "kubectl", "git")):
        print("checks: skipped, since aws, kubectl and git are not all on PATH")
        return 0
    rounds = 2 if quick else 5
    with tempfile.TemporaryDirectory() as home, _sandbox(home) as env:
        own = {**env, **_exports(env)}
        script = _best(1 if quick else 2, lambda: _script(own))
        first = _check(env, TENANT)
        warm = Mode("worker (lab screen)", *_warm(env, rounds))
        one = _best(rounds, lambda: _check(env, TENANT))
        every = _best(rounds, lambda: _check(env, "all"))
    process = Mode("relab check --json (a process of its own)", one, every)
    return _table(script, first, (warm, process))


def _table(script: float, first: float, modes: tuple[Mode, ...]) -> int:
    print(f"{'':<44}{'one tenant':>12}{'all':>10}{'script/one':>12}{'all/one':>9}")
    print(f"{'shell script (kubectl, aws)':<44}{script:>10.3f} s")
    print(f"{'the very first relab check --json':<44}{first:>10.3f} s{script / first:>21.1f}x")
    for mode in modes:
        print(
            f"{mode.name:<44}{mode.one:>10.3f} s{mode.every:>8.3f} s"
            f"{script / mode.one:>11.1f}x{mode.every / mode.one:>8.1f}x"
        )
    kept = [_kept(script, mode) for mode in modes]
    return 0 if any(kept) else 1


def _kept(script: float, mode: Mode) -> bool:
    """Say of each promise whether it is kept in `mode`, and return whether both are."""
    faster, together = script / mode.one >= FASTER, mode.every / mode.one <= TENANTS
    print(f"{mode.name}: {FASTER:g}x faster than the script: {_WORD[faster]}")
    print(f"{mode.name}: all tenants within {TENANTS:g}x one: {_WORD[together]}")
    return faster and together


@contextmanager
def _sandbox(home: str) -> Iterator[dict[str, str]]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(_PRIVATE)}
    env |= {"HOME": home, "RELAB_PROFILE": "sandbox", "RELAB_LANG": "en"}
    subprocess.run([*RELAB, "sandbox", "up"], env=env, check=True, stderr=subprocess.DEVNULL)
    try:
        yield env
    finally:
        subprocess.run([*RELAB, "sandbox", "down"], env=env, check=False, stderr=subprocess.DEVNULL)


def _exports(env: dict[str, str]) -> dict[str, str]:
    said = subprocess.run(
        [*RELAB, "sandbox", "env", "--tenant", TENANT],
        env=env,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    script = f"{said}\nenv -0"
    done = subprocess.run(
        ["bash", "-c", script], env=env, check=True, capture_output=True, text=True
    )
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)


def _best(rounds: int, work: Callable[[], float]) -> float:
    return min(work() for _ in range(rounds))


def _script(env: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run([str(SCRIPT), TENANT, NEIGHBOUR], env=env, check=True, capture_output=True)
    return time.perf_counter() - start


def _check(env: dict[str, str], tenant: str) -> float:
    start = time.perf_counter()
    done = subprocess.run(
        [*RELAB, "check", "--tenant", tenant, "--json"],
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - start
    wrong = {row["verdict"] for row in json.loads(done.stdout)} - {"pass", "skip"}
    if wrong:
        raise SystemExit(f"the sandbox is not as seeded: {wrong}")
    return seconds


def _warm(env: dict[str, str], rounds: int) -> tuple[float, float]:
    """Return the time of one tenant and of all in the worker, whose SDKs and connections stand."""
    command = [sys.executable, "-m", "relab.checks.worker"]
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        everyone = _roster(env)
        for tenants in ([TENANT], everyone):
            _ordered(worker, tenants)
        one = _best(rounds, lambda: _ordered(worker, [TENANT]))
        every = _best(rounds, lambda: _ordered(worker, everyone))
        worker.communicate(json.dumps({"do": "quit"}) + "\n", timeout=30)
    return one, every


def _roster(env: dict[str, str]) -> list[str]:
    done = subprocess.run(
        [*RELAB, "check", "--tenant", "all", "--only", "prep.number", "--json"],
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    return [row["tenant"] for row in json.loads(done.stdout)]


def _ordered(worker: "subprocess.Popen[str]", tenants: list[str]) -> float:
    assert worker.stdin is not None
    assert worker.stdout is not None
    start = time.perf_counter()
    worker.stdin.write(json.dumps({"do": "run", "tenants": tenants}) + "\n")
    worker.stdin.flush()
    for line in worker.stdout:
        if line.startswith(_FINISHED):
            break
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
