"""The child process that checks for a screen."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relab.events import CheckFinished, RunFinished, RunStarted, Trouble, from_json
from relab.sandbox.session import Session
from tests.conftest import clean_environ

WORKER = (sys.executable, "-m", "relab.checks.worker")


class Talk:
    """A worker, spoken to in orders and heard in events."""

    def __init__(self, env: dict[str, str], *words: str) -> None:
        self.process = subprocess.Popen(
            [*WORKER, *words],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def say(self, order: object) -> None:
        assert self.process.stdin is not None
        line = order if isinstance(order, str) else json.dumps(order)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> Any:
        assert self.process.stdout is not None
        return from_json(json.loads(self.process.stdout.readline()))

    def until(self, kind: type) -> list[Any]:
        found = [self.hear()]
        while not isinstance(found[-1], kind | Trouble):
            found.append(self.hear())
        return found


@pytest.fixture
def talk(sandbox: Session) -> Iterator[Talk]:
    env = {key: value for key, value in sandbox.env("07").items() if key != "RELAB_PROFILE"}
    ours = ("AWS_", "KUBECONFIG")
    env = {key: value for key, value in env.items() if not key.startswith(ours)}
    talk = Talk(env, "--profile", "sandbox")
    yield talk
    talk.process.kill()
    talk.process.communicate()


def test_a_run_and_the_next(talk: Talk) -> None:
    for name in ("r1", "r2"):
        talk.say({"do": "run", "run": name, "tenants": ["7"], "checks": ["mlflow.bucket"]})
        found = talk.until(RunFinished)
        assert isinstance(found[0], RunStarted)
        assert {one.run for one in found} == {name}
        (result,) = [one for one in found if isinstance(one, CheckFinished)]
        assert (result.tenant, result.verdict) == ("07", "pass")


def test_a_wrong_order_is_trouble_and_not_the_end(talk: Talk) -> None:
    for order in (
        "garbage",
        "[]",
        {"do": "dance"},
        {"do": "run"},
        {"do": "run", "tenants": ["77"]},
    ):
        talk.say(order)
        trouble = talk.hear()
        assert isinstance(trouble, Trouble)
        assert trouble.exit_code == 2
    talk.say({"do": "run", "run": "r", "tenants": ["01"], "checks": ["prep.number"]})
    assert isinstance(talk.until(RunFinished)[-1], RunFinished)


def test_cancel_ends_the_run_at_once(sandbox: Session, talk: Talk) -> None:
    talk.say({"do": "run", "run": "warm", "tenants": ["07"], "checks": ["kubeflow.namespace"]})
    talk.until(RunFinished)
    sandbox.break_("slow", "07")
    local = {"do": "run", "run": "r", "tenants": ["07"], "checks": ["prep.number"]}
    talk.say(local)
    time.sleep(0.3)
    talk.say({"do": "cancel"})
    talk.say({"do": "quit"})
    assert talk.process.wait(timeout=30) == 0


@pytest.mark.parametrize("way", ["quit", "eof"])
def test_it_ends_when_told_or_when_nobody_speaks(talk: Talk, way: str) -> None:
    if way == "quit":
        talk.say({"do": "quit"})
    else:
        assert talk.process.stdin is not None
        talk.process.stdin.close()
        talk.process.stdin = None
    assert talk.process.wait(timeout=20) == 0


def test_ctrl_c_is_the_parents_affair(talk: Talk) -> None:
    talk.say({"do": "run", "run": "a", "tenants": ["01"], "checks": ["prep.number"]})
    talk.until(RunFinished)
    talk.process.send_signal(signal.SIGINT)
    talk.say({"do": "run", "run": "b", "tenants": ["01"], "checks": ["prep.number"]})
    assert talk.until(RunFinished)[-1].run == "b"


def test_it_ends_with_its_parent(sandbox: Session) -> None:
    middle = (
        "import subprocess\n"
        f"child = subprocess.Popen({list(WORKER)!r}, stdin=0, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
    )
    reader, writer = os.pipe()
    os.write(writer, b"garbage\n")
    parent = subprocess.run(
        [sys.executable, "-c", middle],
        env=sandbox.env("07"),
        stdin=reader,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=60,
    )
    os.close(reader)
    child = Path("/proc") / parent.stdout.strip()
    deadline = time.monotonic() + 20
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    gone = not _lives(child)
    os.close(writer)
    assert gone


def _lives(process: Path) -> bool:
    """Tell whether a process runs; one that nobody has waited for yet does not."""
    try:
        return process.joinpath("stat").read_text(encoding="utf-8").split()[2] != "Z"
    except OSError:
        return False


def test_the_world_may_come_up_later(sandbox: Session, tmp_path: Path) -> None:
    state = tmp_path / "relab" / "profiles"
    env = {**clean_environ(), "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    talk = Talk(env, "--profile", "sandbox")
    order = {"do": "run", "run": "r", "tenants": ["07"], "checks": ["mlflow.bucket"]}
    try:
        talk.say(order)
        trouble = talk.hear()
        assert isinstance(trouble, Trouble)
        assert trouble.fix == "relab sandbox up"
        state.mkdir(parents=True)
        (state / "sandbox.yaml").write_bytes(sandbox.place.profile.read_bytes())
        talk.say(order)
        found = talk.until(RunFinished)
        assert [one.verdict for one in found if isinstance(one, CheckFinished)] == ["pass"]
        (state / "sandbox.yaml").write_text("format: [broken", encoding="utf-8")
        talk.say(order)
        assert isinstance(talk.hear(), Trouble)
    finally:
        talk.process.kill()
        talk.process.communicate()


def test_a_kubeconfig_that_appears_is_used(sandbox: Session, tmp_path: Path) -> None:
    config = tmp_path / "config"
    ours = ("AWS_", "RELAB_PROFILE")
    env = {key: value for key, value in sandbox.env("07").items() if not key.startswith(ours)}
    talk = Talk({**env, "KUBECONFIG": str(config)}, "--profile", "sandbox")
    order = {"do": "run", "run": "r", "tenants": ["07"], "checks": ["kubeflow.namespace"]}
    try:
        for content, verdict in ((None, "error"), (env["KUBECONFIG"], "pass")):
            if content:
                config.write_bytes(Path(content).read_bytes())
            talk.say(order)
            found = talk.until(RunFinished)
            assert [one.verdict for one in found if isinstance(one, CheckFinished)] == [verdict]
    finally:
        talk.process.kill()
        talk.process.communicate()
