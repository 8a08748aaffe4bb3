"""The server under test, as its clients see it; nothing here knows which server that is."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import urllib3
from kubernetes import client, dynamic

from tests.kube.differences import ABSENT

_LOOK_SECONDS = 0.1
T = TypeVar("T")
USERS = ("admin", "alice", "bob", "carol")


@dataclass(frozen=True)
class World:
    """Where the server is and who may ask it; `offers` names what only some servers have.

    `patience` is how many seconds its controllers may take; 0: they are done when it answers.
    """

    url: str
    ca: Path
    tokens: dict[str, str]
    folder: Path
    offers: frozenset[str] = frozenset()
    hooks: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    patience: float = 0.0

    def needs(self, name: str) -> None:
        """Skip the test on a server that does not offer the feature called `name`."""
        if name not in self.offers:
            pytest.skip(ABSENT[name])

    def eventually(self, check: Callable[[], T]) -> T:
        """Return what `check` returns once its assertions hold, which controllers may take to."""
        end = time.monotonic() + self.patience
        while True:
            try:
                return check()
            except AssertionError:
                if time.monotonic() > end:
                    raise
            time.sleep(_LOOK_SECONDS)

    def api(self, user: str = "admin", token: str | None = None) -> client.ApiClient:
        """Return a Python client that sends a user's token; "" sends none."""
        config = client.Configuration()
        config.host = self.url
        config.ssl_ca_cert = str(self.ca)
        sent = self.tokens.get(user, "") if token is None else token
        if sent:
            config.api_key = {"authorization": f"Bearer {sent}"}
        config.retries = False
        return client.ApiClient(config)

    def dynamic(self, user: str = "admin") -> Any:
        """Return a dynamic client that keeps no discovery cache on disk."""
        made: Any = dynamic.DynamicClient  # has no types
        return made(self.api(user), cache_file=str(self.folder / f"{user}-discovery"))

    def raw(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str | None = "admin",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        """Return status, decoded body and headers of one plain request."""

        sent = {"Accept": "application/json", "Content-Type": "application/json"} | (headers or {})
        if user is not None:
            sent["Authorization"] = f"Bearer {self.tokens.get(user, user)}"
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        with urllib3.PoolManager(ca_certs=str(self.ca), retries=False) as pool:
            answer = pool.request(method, self.url + path, body=data, headers=sent)
            text = answer.data.decode()
        found = {key.lower(): value for key, value in answer.headers.items()}
        try:
            return answer.status, json.loads(text), found
        except ValueError:
            return answer.status, text, found

    def kubeconfig(self) -> Path:
        """Write a kubeconfig with a context for each user, once, and return its path."""
        path = self.folder / "kubeconfig"
        users = {**self.tokens, "expired": "no-such-token"}
        doc = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "admin",
            "clusters": [
                {
                    "name": "c",
                    "cluster": {"server": self.url, "certificate-authority": str(self.ca)},
                }
            ],
            "users": [{"name": name, "user": {"token": token}} for name, token in users.items()],
            "contexts": [
                {"name": name, "context": {"cluster": "c", "user": name}} for name in users
            ],
        }
        path.write_text(json.dumps(doc))
        return path


@dataclass(frozen=True)
class Kubectl:
    """The real kubectl, as one user, in one namespace."""

    world: World
    namespace: str
    user: str = "admin"

    @property
    def env(self) -> dict[str, str]:
        """Return an environment that knows nothing of the machine's own clusters."""
        return os.environ | {
            "KUBECONFIG": str(self.world.kubeconfig()),
            "KUBECACHEDIR": str(self.world.folder / "kubectl-cache"),
            "HOME": str(self.world.folder),
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def command(self, *words: str) -> list[str]:
        """Return the command line for `words`."""
        return ["kubectl", "--context", self.user, "-n", self.namespace, *words]

    def run(self, *words: str, stdin: str = "", code: int = 0) -> str:
        """Run kubectl and return stdout, or stderr where a failure is expected by `code`."""
        done = subprocess.run(
            self.command(*words),
            input=stdin,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if code == 0 else done.stderr

    def output(self, *words: str) -> Any:
        """Run kubectl with `-o json` and return the document."""
        return json.loads(self.run(*words, "-o", "json"))

    def as_user(self, user: str) -> "Kubectl":
        """Return the same kubectl for another user."""
        return Kubectl(self.world, self.namespace, user)


def have_kubectl() -> bool:
    """Return whether the real kubectl is on PATH."""
    return shutil.which("kubectl") is not None
