"""Whatever is wrong with the input or the world ends in one clear line and the right exit code."""

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relab.sandbox.session import Session


@dataclass(frozen=True)
class Case:
    """What is run, in which spoilt environment, and what it must end in."""

    name: str
    words: str
    code: int
    said: str
    environ: Mapping[str, str] = field(default_factory=dict)


BROKEN = "format: relab/profile/v1\nname: mine\nextends: ha-mlops\naws:\n  account: [\n"
UNKNOWN_KEY = "format: relab/profile/v1\nname: mine\nextends: ha-mlops\nregoin: x\n"

USAGE = [
    Case("unknown tenant", "check --tenant 99", 2, "no tenant '99'"),
    Case("unknown tenant to open", "--tenant 99", 2, "no tenant '99'"),
    Case("tenant that is no number", "check --tenant a/07", 2, "no tenant 'a/07'"),
    Case("escape in a tenant", "check --tenant \x1b[31m", 2, "\\x1b[31m"),
    Case("unknown lab", "check nowhere", 2, "no lab 'nowhere'"),
    Case("unknown section", "check --section nowhere", 2, "choose from prep"),
    Case("unknown check", "check --only prep.nothing", 2, "prep.nothing"),
    Case("unknown step", "lab show --step 9.9", 2, "no step '9.9'"),
    Case("unknown fault", "sandbox break nothing --tenant 07", 2, "no fault 'nothing'"),
    Case("unknown profile", "check", 2, "no profile 'nowhere'", {"RELAB_PROFILE": "nowhere"}),
    Case("broken YAML", "check", 2, "broken.yaml:6", {"RELAB_PROFILE": "{tmp}/broken.yaml"}),
    Case("misspelt key", "check", 2, "key.yaml:4: regoin", {"RELAB_PROFILE": "{tmp}/key.yaml"}),
    Case("unknown language", "check", 2, "RELAB_LANG", {"RELAB_LANG": "fr"}),
    Case("other region", "check", 13, "AWS_REGION is us-east-1", {"AWS_REGION": "us-east-1"}),
    Case(
        "other account", "check", 13, "account 123456789012", {"RELAB_PROFILE": "{tmp}/other.yaml"}
    ),
]


@pytest.fixture
def spoilt(tmp_path: Path, sandbox: Session) -> Path:
    running = sandbox.env("07")["RELAB_PROFILE"]
    other = f"format: relab/profile/v1\nname: other\nextends: {running}\n"
    (tmp_path / "broken.yaml").write_text(BROKEN)
    (tmp_path / "key.yaml").write_text(UNKNOWN_KEY)
    (tmp_path / "other.yaml").write_text(other + 'aws: {account: "999988887777"}\n')
    return tmp_path


def relab(words: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "relab", *words.split()],
        env=dict(environ),
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("case", USAGE, ids=lambda case: case.name)
def test_one_clear_line(case: Case, sandbox: Session, spoilt: Path) -> None:
    changed = {key: value.format(tmp=spoilt) for key, value in case.environ.items()}
    done = relab(case.words, {**sandbox.env("07"), **changed})
    assert done.returncode == case.code, done.stderr
    assert case.said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert " -> " in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stdout == ""


WORLD = [
    Case("missing kubeconfig", "check", 4, "/nowhere: no such file", {"KUBECONFIG": "/nowhere"}),
    Case("kubeconfig that is none", "check", 4, "junk", {"KUBECONFIG": "{tmp}/junk"}),
    Case("no network", "check", 3, "127.0.0.1:9", {"RELAB_PROFILE": "{tmp}/dead.yaml"}),
    Case(
        "keys of nobody",
        "check --section storage",
        4,
        "aws configure",
        {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x" * 40},
    ),
]


@pytest.mark.parametrize("case", WORLD, ids=lambda case: case.name)
def test_a_world_that_does_not_answer_is_reported(
    case: Case, sandbox: Session, spoilt: Path
) -> None:
    running = sandbox.env("07")["RELAB_PROFILE"]
    dead = f"format: relab/profile/v1\nname: dead\nextends: {running}\n"
    (spoilt / "dead.yaml").write_text(dead + "aws: {endpoint: 'http://127.0.0.1:9'}\n")
    (spoilt / "junk").write_text("[not a kubeconfig")
    changed = {key: value.format(tmp=spoilt) for key, value in case.environ.items()}
    done = relab(f"--lang en {case.words} --tenant 07", {**sandbox.env("07"), **changed})
    assert done.returncode == case.code, done.stdout + done.stderr
    assert case.said in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_an_expired_token_is_never_the_students_failure(sandbox: Session) -> None:
    sandbox.break_("kube-unauthorized", "07")
    done = relab("--lang en check --section kubeflow --tenant 07", sandbox.env("07"))
    assert done.returncode == 3
    assert re.search(r"failed: +0", done.stdout.lower())


def test_no_terminal_prints_the_report_and_leaves_the_sandbox_alone(sandbox: Session) -> None:
    done = relab("--lang en --tenant 07", {**sandbox.env("07"), "TERM": "dumb"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "user07" in done.stdout
    assert relab("sandbox status", sandbox.env("07")).returncode == 0


def test_a_home_that_cannot_be_written_is_one_line(sandbox: Session, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    environ = {**sandbox.env("07"), "XDG_STATE_HOME": str(blocked), "XDG_CONFIG_HOME": str(blocked)}
    done = relab("sandbox up", environ)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "XDG_STATE_HOME" in done.stderr
    done = relab("profile init mine --account 999988887777", environ)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
