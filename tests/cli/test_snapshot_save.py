"""`relab snapshot save` as a person and a script run it, on the sandbox."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from relab.errors import Exit
from relab.sandbox.session import Session

RELAB = (sys.executable, "-m", "relab")
CONFIGURATION = ("snapshot", "save", "--no-data", "--yes")


@pytest.fixture
def environ(sandbox: Session, tmp_path: Path) -> dict[str, str]:
    """Give the instructor's environment with an empty vault."""
    own = {
        "HOME": str(tmp_path / "home"),
        "RELAB_VAULT": str(tmp_path / "vault"),
        "RELAB_VAULT_KEY": str(tmp_path / "vault.key"),
    }
    made = sandbox.env() | own
    assert run(made, "vault", "init").returncode == Exit.OK
    return made


def run(environ: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*RELAB, *words], env=dict(environ), capture_output=True, text=True)


def one_line(text: str) -> str:
    line, *more = text.strip().splitlines()
    assert not more, text
    return line


def test_a_save_tells_what_it_did_and_can_be_asked_again(environ: dict[str, str]) -> None:
    done = run(environ, *CONFIGURATION, "--name", "first", "--only", "s3.*", "--cohort", "2026-11")
    assert done.returncode == Exit.OK
    assert done.stdout.startswith("first: complete, ")
    listed = json.loads(run(environ, "snapshot", "list", "--json").stdout)
    assert [(row["name"], row["state"], row["cohort"]) for row in listed] == [
        ("first", "complete", "2026-11")
    ]
    assert run(environ, "snapshot", "diff", "first", "live").returncode == Exit.OK


def test_events_are_one_object_a_line(environ: dict[str, str]) -> None:
    done = run(environ, *CONFIGURATION, "--name", "first", "--only", "iam.user", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[0]["event"] == "SaveStarted"
    assert events[-1]["event"] == "SaveFinished"
    saved = sum(event["items"] for event in events if event["event"] == "UnitSaved")
    assert saved == events[-1]["items"] > 15


def test_one_tenant_is_saved_alone(environ: dict[str, str]) -> None:
    done = run(environ, *CONFIGURATION, "--name", "seven", "--tenants", "07")
    assert done.returncode in (Exit.OK, Exit.PARTIAL)
    shown = json.loads(run(environ, "snapshot", "show", "seven", "--json").stdout)
    assert '"07"' in json.dumps(shown)
    assert "user08" not in json.dumps(shown)


def test_a_dry_run_counts_and_writes_nothing(environ: dict[str, str]) -> None:
    done = run(environ, "snapshot", "save", "--dry-run", "--json", "--only", "s3.*")
    rows = json.loads(done.stdout)
    buckets = {row["tenant"]: row["items"] for row in rows if row["type"] == "s3.bucket"}
    assert {buckets.get(tenant) for tenant in ("01", "07", "20")} == {1}
    assert json.loads(run(environ, "snapshot", "list", "--json").stdout) == []


def test_ctrl_c_leaves_a_save_that_goes_on(environ: dict[str, str]) -> None:
    words = [*RELAB, *CONFIGURATION, "--name", "stopped", "--json"]
    with subprocess.Popen(
        words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as save:
        assert save.stdout
        for line in save.stdout:
            if json.loads(line)["event"] == "UnitSaved":
                break
        save.send_signal(signal.SIGINT)
        _, told = save.communicate()
    assert save.returncode == Exit.CANCELLED
    assert "--resume" in told
    assert "Traceback" not in told
    assert "begun and not finished" in run(environ, *CONFIGURATION, "--name", "stopped").stderr
    done = run(environ, *CONFIGURATION, "--name", "stopped", "--resume")
    assert done.returncode in (Exit.OK, Exit.PARTIAL)
    assert run(environ, "snapshot", "verify", "stopped", "--deep").returncode == Exit.OK


@pytest.mark.parametrize(
    ("words", "change", "code", "said"),
    [
        ((), {"RELAB_VAULT": "/nowhere/at/all"}, Exit.NO_VAULT, "relab vault init"),
        ((), {"RELAB_VAULT_KEY": "/nowhere/key"}, Exit.NO_KEY, "key"),
        ((), {"AWS_REGION": "us-east-1"}, Exit.REFUSED, "us-east-1"),
        (("--tenants", "99"), {}, Exit.USAGE, "no tenant '99'"),
        (("--name", "live"), {}, Exit.USAGE, "choose another name"),
        (("--name", "../up"), {}, Exit.USAGE, "cannot name a snapshot"),
        (("--name", "a\x1b[31m"), {}, Exit.USAGE, "cannot name a snapshot"),
        (("--resume", "--name", "none"), {}, Exit.USAGE, "no unfinished save"),
        (("--scheduler", "tcp://127.0.0.1:1"), {}, Exit.PARTIAL, "dask scheduler"),
        (("--workers", "0"), {}, Exit.USAGE, "--workers"),
    ],
)
def test_what_is_wrong_is_one_line(
    environ: dict[str, str],
    words: tuple[str, ...],
    change: dict[str, str],
    code: Exit,
    said: str,
) -> None:
    done = run(environ | change, *CONFIGURATION, "--only", "iam.user", *words)
    assert done.returncode == code, done.stderr
    assert said in one_line(done.stderr)
    assert "\x1b" not in done.stderr


def test_two_savers_at_once(environ: dict[str, str]) -> None:
    words = [*RELAB, *CONFIGURATION, "--name", "slow", "--json"]
    with subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        first.stdout.readline()
        second = run(environ, *CONFIGURATION, "--name", "other", "--only", "iam.user")
        first.communicate()
    assert second.returncode == Exit.LOCKED
    assert "save slow" in one_line(second.stderr)
    assert first.returncode in (Exit.OK, Exit.PARTIAL)


def test_a_read_only_vault(environ: dict[str, str]) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    folder = Path(environ["RELAB_VAULT"])
    folder.chmod(0o500)
    try:
        done = run(environ, *CONFIGURATION, "--name", "first", "--only", "iam.user")
    finally:
        folder.chmod(0o700)
    assert done.returncode == Exit.FAILED
    assert str(folder) in one_line(done.stderr)
