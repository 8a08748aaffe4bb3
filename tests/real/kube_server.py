"""A real Kubernetes control plane on loopback: etcd, kube-apiserver and kube-controller-manager.

No machine joins it, so pods are never scheduled; everything else is what a cluster does.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
import urllib3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SCRIPT = Path(__file__).parents[2] / "scripts" / "kube-server"
# Services of the seed have addresses in it.
SERVICES = "172.20.0.0/16"
_LOOPBACK = "127.0.0.1"
_READY_SECONDS = 120.0
_LOOK_SECONDS = 0.1
_TRIES = 3
# Tests run without a person's settings, and where the programs stand is one of them.
_ENVIRON = dict(os.environ)
_OPEN = ("/version", "/version/", "/livez", "/readyz", "/healthz")
# As on EKS: who has no token is told only that the server lives.
_AUTHENTICATION = {
    "apiVersion": "apiserver.config.k8s.io/v1beta1",
    "kind": "AuthenticationConfiguration",
    "anonymous": {
        "enabled": True,
        "conditions": [{"path": path} for path in _OPEN],
    },
}
# Who changed what; reading is not written down.
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "None", "verbs": ["get", "list", "watch"]}, {"level": "Metadata"}],
}
_AUDIT_LOG = "audit.log"


class NoServer(Exception):
    """There is no control plane on this machine, or it does not start; the message says why."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who sends `token`."""

    token: str
    user: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """A running API server: its address, the file that holds its CA, and its audit log."""

    url: str
    ca: Path
    audit: Path

    def writes(self, user: str) -> list[dict[str, Any]]:
        """Return the audit events of all that `user` has changed, or tried to, oldest first."""
        events = [json.loads(line) for line in self.audit.read_text(encoding="utf-8").splitlines()]
        return [event for event in events if event["user"]["username"] == user]


def programs() -> Path:
    """Return the folder of the three programs; NoServer when they have not been built."""
    done = subprocess.run(
        [str(SCRIPT), "--have"], env=_ENVIRON, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoServer(done.stderr.strip())
    return Path(done.stdout.strip())


@contextlib.contextmanager
def running(folder: Path, logins: Iterable[Login]) -> Iterator[Server]:
    """Run a control plane that `logins` may enter, with its files in `folder`, for the block."""
    found = programs()
    own = Login(secrets.token_hex(16), "system:kube-controller-manager", ("system:masters",))
    with contextlib.ExitStack() as stack:
        plane = _Plane(found, folder, stack)
        plane.write([*logins, own])
        server = plane.api(plane.etcd())
        plane.controllers(server, own.token)
        _await_controllers(server, own.token)
        yield server


@dataclass(frozen=True, slots=True)
class _Plane:
    """The parts of a control plane, which end with `stack`."""

    programs: Path
    folder: Path
    stack: contextlib.ExitStack

    def write(self, logins: Iterable[Login]) -> None:
        """Write certificates, the service accounts' key and who may enter."""
        authority = trustme.CA()
        leaf = authority.issue_cert(_LOOPBACK, "localhost", "kubernetes.default.svc")
        authority.cert_pem.write_to_path(self._file("ca.pem"))
        leaf.private_key_pem.write_to_path(self._file("server.key"))
        for part in leaf.cert_chain_pems:
            part.write_to_path(self._file("server.pem"), append=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        self._path("accounts.key").write_bytes(pem)
        rows = (
            f'{one.token},{one.user},{number},"{",".join(one.groups)}"'
            for number, one in enumerate(logins)
        )
        self._path("tokens.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        for name, document in {"authentication": _AUTHENTICATION, "audit": _AUDIT}.items():
            self._path(f"{name}.json").write_text(json.dumps(document), encoding="utf-8")

    def etcd(self) -> str:
        """Start etcd and return its address."""

        def start() -> tuple[str, list[str]]:
            url, peers = (f"http://{_LOOPBACK}:{_free_port()}" for _ in range(2))
            words = [
                f"--data-dir={self._file('etcd')}",
                f"--listen-client-urls={url}",
                f"--advertise-client-urls={url}",
                f"--listen-peer-urls={peers}",
                f"--initial-advertise-peer-urls={peers}",
                f"--initial-cluster=default={peers}",
                "--unsafe-no-fsync",
            ]
            return f"{url}/health", words

        return self._started("etcd", start).removesuffix("/health")

    def api(self, etcd: str) -> Server:
        """Start the API server and return it."""

        def start() -> tuple[str, list[str]]:
            port = _free_port()
            issuer = "https://kubernetes.default.svc"
            words = [
                f"--etcd-servers={etcd}",
                f"--bind-address={_LOOPBACK}",
                f"--advertise-address={_LOOPBACK}",
                f"--secure-port={port}",
                f"--tls-cert-file={self._file('server.pem')}",
                f"--tls-private-key-file={self._file('server.key')}",
                f"--token-auth-file={self._file('tokens.csv')}",
                f"--authentication-config={self._file('authentication.json')}",
                "--authorization-mode=Node,RBAC",
                f"--audit-policy-file={self._file('audit.json')}",
                f"--audit-log-path={self._file(_AUDIT_LOG)}",
                f"--service-cluster-ip-range={SERVICES}",
                f"--service-account-issuer={issuer}",
                f"--service-account-key-file={self._file('accounts.key')}",
                f"--service-account-signing-key-file={self._file('accounts.key')}",
                "--endpoint-reconciler-type=none",
                "--allow-privileged=true",
                # Clients may ask a watch to begin with what there is.
                "--feature-gates=WatchList=true",
                "--profiling=false",
            ]
            return f"https://{_LOOPBACK}:{port}/readyz", words

        url = self._started("kube-apiserver", start)
        return Server(url.removesuffix("/readyz"), self._path("ca.pem"), self._path(_AUDIT_LOG))

    def controllers(self, server: Server, token: str) -> None:
        """Start the controllers."""

        def start() -> tuple[str, list[str]]:
            port = _free_port()
            words = [
                f"--kubeconfig={self._kubeconfig(server, token)}",
                f"--bind-address={_LOOPBACK}",
                f"--secure-port={port}",
                f"--tls-cert-file={self._file('server.pem')}",
                f"--tls-private-key-file={self._file('server.key')}",
                f"--service-account-private-key-file={self._file('accounts.key')}",
                f"--root-ca-file={server.ca}",
                "--leader-elect=false",
                # What works on machines, of which there are none.
                "--controllers=*,-node-ipam-controller,-node-lifecycle-controller",
                "--profiling=false",
            ]
            return f"https://{_LOOPBACK}:{port}/healthz", words

        self._started("kube-controller-manager", start)

    def _started(self, program: str, how: Callable[[], tuple[str, list[str]]]) -> str:
        """Start `program` as `how` says and return the address at which it says it is well.

        A free port may be taken before the program takes it: then it is tried again.
        """
        log = self._path(f"{program}.log")
        for _ in range(_TRIES):
            url, words = how()
            with log.open("wb") as said:
                process = subprocess.Popen(
                    [*_guarded(), str(self.programs / program), *words],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                    env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
                )
            if _is_well(process, url, self._file("ca.pem")):
                self.stack.callback(_end, process)
                return url
            _end(process)
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        raise NoServer(f"{program} does not start: " + "\n".join(last))

    def _kubeconfig(self, server: Server, token: str) -> str:
        there = {"server": server.url, "certificate-authority": str(server.ca)}
        path = self._path("controllers.json")
        doc = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": there}],
            "users": [{"name": "c", "user": {"token": token}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
            "current-context": "c",
        }
        path.write_text(json.dumps(doc), encoding="utf-8")
        return str(path)

    def _path(self, name: str) -> Path:
        return self.folder / name

    def _file(self, name: str) -> str:
        return str(self._path(name))


def _guarded() -> list[str]:
    """Return the words before a command that end it when this process is killed."""
    guard = shutil.which("setpriv")
    return [guard, "--pdeathsig", "KILL", "--"] if guard else []


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((_LOOPBACK, 0))
        return int(taken.getsockname()[1])


def _is_well(process: "subprocess.Popen[bytes]", url: str, ca: str) -> bool:
    """Tell whether `process` says at `url` that it is well, before it ends or patience does."""
    end = time.monotonic() + _READY_SECONDS
    with urllib3.PoolManager(ca_certs=ca, retries=False, timeout=5.0) as pool:
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                if pool.request("GET", url).status == 200:
                    return True
            time.sleep(_LOOK_SECONDS)
    return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await_controllers(server: Server, token: str) -> None:
    """Wait until the controllers work: they have made the default namespace's service account."""
    path = f"{server.url}/api/v1/namespaces/default/serviceaccounts/default"
    sent = {"Authorization": f"Bearer {token}"}
    end = time.monotonic() + _READY_SECONDS
    with urllib3.PoolManager(ca_certs=str(server.ca), retries=False) as pool:
        while pool.request("GET", path, headers=sent).status != 200:
            if time.monotonic() > end:
                raise NoServer("the controllers make nothing")
            time.sleep(_LOOK_SECONDS)
