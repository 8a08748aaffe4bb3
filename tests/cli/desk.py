"""An instructor at a whole sandbox, whose calls to the account are seen on the wire."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from relab.sandbox.session import Session
from tests.cli.untidy import Student
from tests.restore.aws_world import is_read
from tests.snapshot.meddler import Asked, Meddler, meddling


@dataclass(frozen=True)
class Desk:
    """An instructor at a sandbox whose account is spoken to through a proxy."""

    session: Session
    environ: dict[str, str]
    meddler: Meddler

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "relab", *words]

    def relab(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), env=self.environ, capture_output=True, text=True, check=False
        )

    def plan(self, *words: str) -> dict[str, Any]:
        told = self.relab(*words, "--plan", "--json")
        assert told.returncode == 0, told.stderr
        found: dict[str, Any] = json.loads(told.stdout)
        return found

    def changes(self) -> list[Asked]:
        """Return the calls to the account that may have changed something, and forget all."""
        found = [one for one in self.meddler.seen if _changes(one)]
        self.meddler.seen.clear()
        return found

    def revision(self) -> str:
        """Return the cluster's resource version, which every write to it makes another."""
        student = Student(self.session.profile, self.session.profile.tenants[0])
        return str(student.kube("GET", "ConfigMap", space="")["metadata"]["resourceVersion"])

    def objects(self, mine: Callable[[str], bool]) -> dict[str, str]:
        """Return the version of each object in a namespace that is `mine`."""
        student = Student(self.session.profile, self.session.profile.tenants[0])
        found = {}
        for kind in (
            "Pod",
            "ConfigMap",
            "Secret",
            "ResourceQuota",
            "RoleBinding",
            "PodDefault",
            "PersistentVolumeClaim",
            "Deployment",
        ):
            for raw in student.kube("GET", kind, space="")["items"]:
                meta = raw["metadata"]
                if mine(meta["namespace"]):
                    found[f"{kind} {meta['namespace']}/{meta['name']}"] = meta["uid"] + json.dumps(
                        {k: v for k, v in raw.items() if k not in ("metadata", "status")}
                    )
        return found


def _changes(asked: Asked) -> bool:
    removes = "BatchDelete" in asked.text
    return removes or not (is_read(asked) or ".Scan " in asked.text)


@pytest.fixture
def desk(changeable: Session, tmp_path: Path) -> Iterator[Desk]:
    with meddling(str(changeable.profile.aws.endpoint)) as meddler:
        raw = yaml.safe_load(changeable.place.profile.read_text(encoding="utf-8"))
        raw["aws"]["endpoint"] = meddler.url
        profile = tmp_path / "proxied.yaml"
        profile.write_text(yaml.safe_dump(raw), encoding="utf-8")
        environ = changeable.env() | {
            "RELAB_PROFILE": str(profile),
            "RELAB_VAULT": str(tmp_path / "vault"),
            "RELAB_VAULT_KEY": str(tmp_path / "vault.key"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
        }
        found = Desk(changeable, environ, meddler)
        assert found.relab("vault", "init").returncode == 0
        saved = found.relab("snapshot", "save", "--name", "one", "--yes")
        assert saved.returncode == 0, saved.stderr
        found.changes()
        yield found
