"""The whole sandbox, with data: saved, wiped, restored by the command; every check passes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from relab.sandbox.session import Session

# These look at the person's own machine, not at what was restored.
_OWN = {"prep.repository", "prep.number"}


@pytest.mark.timeout(600)
def test_after_a_wipe_every_check_of_every_tenant_passes_twice_in_a_row(
    changeable: Session, tmp_path: Path
) -> None:
    env = changeable.env() | {
        "RELAB_VAULT": str(tmp_path / "vault"),
        "RELAB_VAULT_KEY": str(tmp_path / "vault.key"),
    }

    def relab(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "relab", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert relab("vault", "init").returncode == 0
    assert relab("snapshot", "save", "--name", "one", "--yes").returncode == 0
    for _ in range(2):
        changeable.reset(empty=True)
        done = relab("restore", "one", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert ", 0 not" in done.stderr + done.stdout
        checked = relab("check", "--tenant", "all", "--json")
        rows = [row for row in json.loads(checked.stdout) if row["id"] not in _OWN]
        assert {row["tenant"] for row in rows} == set(changeable.profile.tenants)
        assert {row["verdict"] for row in rows} == {"pass"}
