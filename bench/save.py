"""A save of configuration beside a bare loop of the same calls, on one sandbox, in one run.

    python -m bench save

The save notes every call that it makes; the loop makes them again with as many threads and throws
the answers away. Promise: a save takes at most 1.5 times the loop.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from profiles.model import Profile
from relab.clouds import AwsTarget, KubeTarget
from relab.clouds.aws import Aws
from relab.clouds.kube import Kube
from relab.clouds.outcome import Reply
from relab.sandbox.session import running
from snapshot.collect.crew import THREADS
from snapshot.collect.save import Order, save
from snapshot.collect.scope import SHARED, Scope
from snapshot.vault import keys
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault

AT_MOST = 1.5
ROUNDS = 5

Again = Callable[[Aws, Kube], Reply]


@dataclass
class Calls:
    """Every call of a save, in the order in which they were made."""

    made: list[Again] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, call: Again) -> None:
        with self._lock:
            self.made.append(call)


@contextmanager
def noted(calls: Calls) -> Iterator[None]:
    """Note the calls that are made inside the block."""
    aws_call, kube_request = Aws.call, Kube.request

    def call(
        self: Aws, target: AwsTarget, service: str, operation: str, params: Mapping[str, Any]
    ) -> Reply:
        calls.add(lambda aws, _: aws_call(aws, target, service, operation, params))
        return aws_call(self, target, service, operation, params)

    def request(self: Kube, target: KubeTarget, path: str, **options: Any) -> Reply:
        calls.add(lambda _, kube: kube_request(kube, target, path, **options))
        return kube_request(self, target, path, **options)

    with patch.object(Aws, "call", call), patch.object(Kube, "request", request):
        yield


def one_save(vault: Vault, profile: Profile, name: str) -> float:
    scope = Scope((*profile.tenants, SHARED), data=False)
    began = time.perf_counter()
    for _ in save(vault, Order(profile, name, scope), os.environ):
        pass
    return time.perf_counter() - began


def bare_loop(calls: Calls) -> float:
    aws, kube = Aws(patient=True), Kube()
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda again: again(aws, kube), calls.made):
            pass
    return time.perf_counter() - began


def a_vault(root: Path) -> Vault:
    key = keys.create(root / "vault.key")
    return make_vault(str(root / "vault"), Means(lambda: key, _no_client), [key.recipient])


def _no_client() -> Any:
    raise AssertionError("the vault is a folder")


def main(quick: bool = False) -> int:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "state") as sandbox:
        profile, root = sandbox.profile, Path(folder)
        os.environ |= {"AWS_EC2_METADATA_DISABLED": "true"}
        calls = Calls()
        with noted(calls):
            one_save(a_vault(root), profile, "warm")
        vaults = [root / f"round-{number}" for number in range(2 if quick else ROUNDS)]
        rows = []
        for place in vaults:
            place.mkdir()
            rows.append((bare_loop(calls), one_save(a_vault(place), profile, "save")))
    return _tell(len(calls.made), rows)


def _tell(calls: int, rows: list[tuple[float, float]]) -> int:
    print(f"{calls} calls, {THREADS} threads")
    print(f"{'bare loop':>10} {'save':>8} {'ratio':>6}")
    for loop, saved in rows:
        print(f"{loop:>9.2f}s {saved:>7.2f}s {saved / loop:>6.2f}")
    ratio = min(saved for _, saved in rows) / min(loop for loop, _ in rows)
    print(f"best save / best loop: {ratio:.2f} (promised: at most {AT_MOST})")
    return 0 if ratio <= AT_MOST else 1


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
