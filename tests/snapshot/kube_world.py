"""A cluster read without a driver: all that its tasks find, and who may be asked."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from profiles.model import Profile
from relab.clouds import KubeTarget
from relab.clouds.kube import JSON, Kube
from relab.clouds.outcome import Reply
from snapshot.collect import kubernetes
from snapshot.collect.crew import threads
from snapshot.collect.kubernetes_asking import PAGE
from snapshot.collect.scope import SHARED, Scope
from snapshot.collect.work import Found, Task
from snapshot.collect.world import Brief, World
from snapshot.vault.model import Coverage, Covered, Entry
from snapshot.vault.vault import Vault

Answer = tuple[int, Any]


class CountingKube(Kube):
    """The client, which writes down what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []

    def request(
        self,
        target: KubeTarget,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        accept: str = JSON,
        method: str = "",
        media: str = JSON,
    ) -> Reply:
        self.paths.append(path)
        return super().request(target, path, body=body, accept=accept, method=method, media=media)


@dataclass
class Read:
    """What reading a cluster found; `late()` runs what is to be done at the end."""

    world: World
    asked: CountingKube
    founds: list[Found] = field(default_factory=list)
    changes: list[Coverage] = field(default_factory=list)

    @property
    def entries(self) -> list[Entry]:
        return [entry for found in self.founds for entry in found.entries]

    @property
    def lines(self) -> list[Coverage]:
        return [line for found in self.founds for line in found.coverage]

    def keys(self, kind: str) -> set[str]:
        return {entry.item.key for entry in self.entries if entry.item.type == kind}

    def states(self, kind: str, tenant: str) -> set[Covered]:
        return {line.state for line in self.lines if (line.type, line.tenant) == (kind, tenant)}

    def details(self, kind: str) -> str:
        return "\n".join(line.detail for line in self.lines if line.type == kind)

    def late(self) -> list[Coverage]:
        tasks = [task for found in self.founds for task in found.late]
        return [line for found in self._run(tasks) for line in found.coverage]

    def _run(self, tasks: list[Task]) -> Iterator[Found]:
        with threads(self.world, 8) as crew:
            waiting: list[Future[Found]] = [crew.submit(task) for task in tasks]
            while waiting:
                found = waiting.pop(0).result()
                waiting += [crew.submit(task) for task in found.then]
                yield found

    def begin(self, page: int) -> "Read":
        self.founds = list(self._run([*kubernetes.tasks(self.world.scope, page)]))
        return self


def read(
    vault: Vault,
    profile: Profile,
    *tenants: str,
    only: tuple[str, ...] = (),
    target: KubeTarget | None = None,
    page: int = PAGE,
) -> Read:
    """Read the profile's cluster as `target`, all tenants' for none."""
    scope = Scope(tenants or (*profile.tenants, SHARED), only)
    world = World(Brief(profile, scope, profile.aws.account, vault.where, vault.sealer))
    asked = CountingKube()
    world.__dict__["kube"] = asked
    world.kube_target = target or world.kube_target
    return Read(world, asked).begin(page)


@contextmanager
def cluster(folder: Path, answer: Callable[[str, str], Answer]) -> Iterator[KubeTarget]:
    """Serve a cluster that says what `answer` makes of a path and the `Accept` header."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, said = answer(self.path, self.headers.get("Accept", ""))
            body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield KubeTarget(_kubeconfig(folder, f"http://127.0.0.1:{server.server_port}"))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _kubeconfig(folder: Path, server: str) -> str:
    path = folder / "kubeconfig"
    rows = {
        "current-context": "me",
        "contexts": [{"name": "me", "context": {"cluster": "c", "user": "me"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "t0ken"}}],
    }
    path.write_text(yaml.safe_dump(rows), encoding="utf-8")
    return str(path)


def refusal(code: int, message: str = "no") -> Answer:
    """Return a failure as an API server says it."""
    return code, {"kind": "Status", "code": code, "message": message, "metadata": {}}


def listed(*names: str, more: str = "", namespace: str = "") -> Answer:
    """Return a list of objects; `more` is the token of the next page."""
    space = {"namespace": namespace} if namespace else {}
    items = [{"metadata": {"name": name, "resourceVersion": "1", **space}} for name in names]
    return 200, {"metadata": {"continue": more} if more else {}, "items": items}
