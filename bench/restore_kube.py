"""How fast objects come back into a cluster: beside a bare loop, and beside `kubectl apply`.

    python -m bench restore_kube [--quick]

Settings in the namespaces of 16 tenants are applied to an empty sandbox: by a bare loop that sends
the same writes with the same concurrency over the same kind of connections and throws the answers
away, by a restore's own steps, and by `kubectl apply -f` of the same documents. A restore also
reads the world, before and after: what that takes is printed, and is no write. Exit 1 when the
restore takes over 1.5 times the loop, or does less than 5 times what kubectl does in a second.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from profiles.naming import kube_target, names
from relab.clouds import expect_many_objects
from relab.clouds.kube import Kube
from relab.sandbox.session import Session, running
from restore import start
from restore.apply import THREADS, Applier
from restore.model import Choice
from restore.plan import make
from snapshot.collect.save import Order, save
from snapshot.collect.scope import SHARED, Scope
from snapshot.vault import keys
from snapshot.vault.model import Snapshot
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault

AT_MOST, AT_LEAST = 1.5, 5.0
OBJECTS, QUICK_OBJECTS = 2000, 320
ROUNDS = 3
ONLY = ("v1/Namespace", "v1/ConfigMap")
Doc = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """A sandbox, a vault, and the documents that stand for the objects: namespaces first."""

    session: Session
    vault: Vault
    spaces: list[Doc]
    documents: list[Doc]

    @property
    def choice(self) -> Choice:
        return Choice((*self.session.profile.tenants, SHARED), ONLY, data=False)

    def wiped(self, action: Callable[[], float]) -> float:
        """Do `action` on an empty sandbox."""
        self.session.reset(empty=True)
        return action()

    def loop(self) -> float:
        """Send the bare writes, and return the seconds."""
        target = kube_target(self.session.profile)
        caller, pool = Kube().reach(target)
        headers = {"authorization": caller.authorization() or ""}
        headers["Content-Type"] = "application/apply-patch+yaml"

        def write(doc: Doc) -> None:
            url = f"{caller.host}{_path(doc)}?fieldManager=loop&force=true"
            answer = pool.request("PATCH", url, body=json.dumps(doc), headers=headers)
            assert answer.status < 300, answer.data

        begun = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(write, self.spaces))
            list(threads.map(write, self.documents))
        return time.perf_counter() - begun

    def saved(self) -> Snapshot:
        """Save what stands there."""
        scope = Scope(self.choice.tenants, ONLY, data=False)
        for _ in save(self.vault, Order(self.session.profile, "one", scope), os.environ):
            pass
        return self.vault.reader().snapshot("one")

    def restore(self, snapshot: Snapshot) -> float:
        """Restore, and return the seconds of its steps."""
        begun = time.perf_counter()
        made = _through(make(self.vault, snapshot, self.session.profile, self.choice, os.environ))
        start.keep(made[0])
        hands = start.hands(self.vault, snapshot, self.session.profile, made)
        planned = time.perf_counter()
        events = list(Applier(made[0], hands).run())
        hands.journal.close()
        taken = time.perf_counter() - planned
        assert events[-1].done >= len(self.documents) and not events[-1].failed  # type: ignore[union-attr]
        print(f"  {'(reading the world and planning)':<40}{planned - begun:>8.2f} s")
        return taken

    def kubectl(self) -> float:
        """Apply the documents by kubectl, and return the seconds."""
        listed = "\n".join(map(json.dumps, [*self.spaces, *self.documents]))
        command = ["kubectl", "apply", "-f", "-"]
        env = self.session.env()
        begun = time.perf_counter()
        done = subprocess.run(
            command, input=listed, env=env, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return time.perf_counter() - begun


def main(quick: bool) -> int:
    """Print the figures; return 1 when a promise is missed."""
    expect_many_objects()  # as the program does
    count, rounds = (QUICK_OBJECTS, 1) if quick else (OBJECTS, ROUNDS)
    with _bench(count) as bench:
        loops, ours = [bench.wiped(bench.loop)], []
        snapshot = bench.saved()
        for _ in range(rounds):
            ours.append(bench.wiped(lambda: bench.restore(snapshot)))
            loops.append(bench.wiped(bench.loop))
        kubectl = bench.wiped(bench.kubectl)
    return _report(count, statistics.median(ours), statistics.median(loops), kubectl)


def _report(count: int, ours: float, loop: float, kubectl: float) -> int:
    print(f"{count} Kubernetes objects onto an empty sandbox, {THREADS} at once")
    for name, seconds in (("restore", ours), ("bare loop", loop), ("kubectl apply -f", kubectl)):
        print(f"  {name:<40}{seconds:>8.2f} s{count / seconds:>10.0f} objects/s")
    print(f"  {'restore / bare loop':<40}{ours / loop:>8.2f}   (at most {AT_MOST})")
    print(f"  {'restore against kubectl':<40}{kubectl / ours:>8.2f} x (at least {AT_LEAST})")
    return 0 if ours <= AT_MOST * loop and kubectl >= AT_LEAST * ours else 1


@contextmanager
def _bench(count: int) -> Iterator[Bench]:
    before = os.environ.get("XDG_STATE_HOME")
    with tempfile.TemporaryDirectory(prefix="relab-bench-") as folder:
        os.environ["XDG_STATE_HOME"] = str(Path(folder) / "ours")
        try:
            with running(Path(folder) / "sandbox") as session:
                yield Bench(session, _vault(Path(folder)), *_documents(session, count))
        finally:
            os.environ.pop("XDG_STATE_HOME")
            if before is not None:
                os.environ["XDG_STATE_HOME"] = before


def _vault(folder: Path) -> Vault:
    key = keys.create(folder / "vault.key")
    means = Means(lambda: key, lambda: None)  # type: ignore[arg-type,return-value]  # no bucket
    return make_vault(str(folder / "vault"), means, [key.recipient])


def _documents(session: Session, count: int) -> tuple[list[Doc], list[Doc]]:
    spaces = [names(session.profile, one).namespaces[0] for one in session.profile.tenants]
    made = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": f"settings-{number:04}",
                "namespace": spaces[number % len(spaces)],
                "labels": {"app": "bench", "number": str(number)},
            },
            "data": {f"line{line}": f"value {number * line}" for line in range(10)},
        }
        for number in range(count)
    ]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in spaces
    ], made


def _path(doc: Doc) -> str:
    meta = doc["metadata"]
    if doc["kind"] == "Namespace":
        return f"/api/v1/namespaces/{meta['name']}"
    return f"/api/v1/namespaces/{meta['namespace']}/configmaps/{meta['name']}"


def _through(steps: Any) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
