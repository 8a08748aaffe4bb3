"""The real aws-nuke against a seeded sandbox, driven through the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from relab.errors import Exit
from relab.sandbox.session import Session
from tests.nuke.world import script

_SCRIPT = Path(__file__).parents[2] / "scripts" / "aws-nuke"
# Tests run without a person's settings, and where the program stands is one of them.
_ENVIRON = dict(os.environ)
ALIAS = "relab-sandbox"
YES = ("--yes", "--account-alias", ALIAS)


def program() -> Path:
    """Return the real aws-nuke; skips where it can be neither found nor built, and says why."""
    done = subprocess.run([_SCRIPT], env=_ENVIRON, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(done.stderr.strip().rpartition("\n")[2])
    return Path(done.stdout.strip())


@dataclass(frozen=True)
class World:
    """A sandbox, a vault, and the folder on PATH in which `aws-nuke` stands."""

    sandbox: Session
    folder: Path
    program: Path

    @property
    def env(self) -> dict[str, str]:
        found = self.sandbox.env()
        return found | {
            "PATH": f"{self.folder}{os.pathsep}{found['PATH']}",
            "RELAB_VAULT": str(self.folder / "vault"),
            "RELAB_VAULT_KEY": str(self.folder / "vault.key"),
        }

    def relab(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "relab", *words]
        return subprocess.run(command, env=self.env, capture_output=True, text=True)

    def good(self, *words: str) -> str:
        """Run a command that must end with 0; return what it said on stdout."""
        done = self.relab(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def save(self, name: str = "before") -> None:
        self.good("snapshot", "save", "--name", name, "--yes")
        self.good("snapshot", "verify", name, "--deep")

    def plan(self, *words: str) -> Any:
        """Return the plan of a wipe, whose exit code says whether it would be refused."""
        done = self.relab("nuke", "plan", "--json", *words)
        told = json.loads(done.stdout)
        assert done.returncode == (Exit.REFUSED if told["refusals"] else Exit.OK), done.stderr
        return told

    def events(self, *words: str) -> tuple[int, list[Any]]:
        """Wipe; return the exit code and the events, the inventory last."""
        done = self.relab("nuke", "run", "--json", *YES, *words)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def place(self, *before: str) -> None:
        """Put an aws-nuke on PATH that does `before` first, and whose rounds are short."""
        last = f'exec {self.program} "$@"'
        fast = 'if [ "$1" = run ]; then set -- "$@" --run-sleep-delay 1s; fi'
        script(self.folder, (*before, fast, last))

    def client(self, service: str) -> Any:
        env, aws = self.sandbox.env(), self.sandbox.profile.aws
        found: Any = boto3.Session(
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            region_name=aws.region,
        )
        return found.client(service, endpoint_url=aws.endpoint)

    def buckets(self) -> set[str]:
        return {one["Name"] for one in self.client("s3").list_buckets()["Buckets"]}


@contextmanager
def world(sandbox: Session, folder: Path) -> Iterator[World]:
    """Give a world whose vault is made."""
    found = World(sandbox, folder, program())
    found.place()
    found.good("vault", "init")
    yield found


def losses(plan: Any) -> set[tuple[str, str]]:
    """Return type and key of all that a forecast says would be lost."""
    fates = ("not captured", "cannot be captured")
    return {(one["type"], one["key"]) for one in plan["doomed"] if one["fate"] in fates}
