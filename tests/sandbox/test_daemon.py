"""The life of the background process, by the command line."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from profiles.loader import load
from relab.events import Progress, from_json
from relab.sandbox.place import Place
from relab.sandbox.process import Process, process
from tests.conftest import clean_environ


@dataclass(frozen=True)
class Home:
    """An empty home with a state folder of its own."""

    root: Path

    @property
    def place(self) -> Place:
        return Place(self.root / "state" / "relab")

    @property
    def environ(self) -> dict[str, str]:
        own = {"HOME": str(self.root), "XDG_STATE_HOME": str(self.root / "state")}
        return clean_environ() | own

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "relab", "sandbox", *words],
            env=self.environ | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def relab(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        running = self.start(*words, **more)
        out, err = running.communicate(timeout=120)
        return subprocess.CompletedProcess(words, running.returncode, out, err)

    def pid(self) -> int:
        found: dict[str, Any] = json.loads(self.relab("status", "--json").stdout)
        return int(found["pid"])


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.relab("down")


def wait_until_gone(one: Process) -> None:
    for _ in range(200):
        if not one.alive():
            return
        time.sleep(0.1)
    raise AssertionError("it still runs")


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_up_twice_and_down(alone: Home) -> None:
    first = alone.relab("up")
    assert (first.returncode, first.stdout) == (0, "")
    assert "kubernetes  16/16" in first.stderr
    pid = alone.pid()
    again = alone.relab("up")
    assert again.returncode == 0
    assert "already up" in again.stderr
    assert alone.pid() == pid
    daemon = process(pid)
    assert alone.relab("down").returncode == 0
    assert not daemon.alive()
    assert not alone.place.profile.exists()
    left = {path.name for path in alone.place.folder.rglob("*") if path.is_file()}
    assert left == {"lock", "sandbox.log"}
    down = alone.relab("status")
    assert (down.returncode, down.stdout.strip()) == (1, "sandbox: down")
    assert alone.relab("down").returncode == 0


def test_two_ups_at_once_make_one_sandbox(alone: Home) -> None:
    both = [alone.start("up", "--json") for _ in range(2)]
    told = [json.loads(one.communicate(timeout=120)[0].splitlines()[-1]) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert told[0]["pid"] == told[1]["pid"]
    assert sorted(one["started"] for one in told) == [False, True]


def test_progress_is_told_as_events(alone: Home) -> None:
    lines = [json.loads(line) for line in alone.relab("up", "--json").stdout.splitlines()]
    events = [from_json(line) for line in lines[:-1]]
    stages = {event.stage for event in events if isinstance(event, Progress)}
    assert stages == {"aws", "kubernetes"}
    assert set(lines[-1]) == {"pid", "aws", "kubernetes", "started"}


def test_it_can_be_read_while_it_fills(alone: Home) -> None:
    starting = alone.start("up", "--json")
    assert starting.stdout
    first = json.loads(starting.stdout.readline())
    assert (first["stage"], first["done"]) == ("aws", 1)
    profile = load(str(alone.place.profile))
    told = json.loads(alone.relab("status", "--json").stdout)
    assert told["aws"] == profile.aws.endpoint
    starting.communicate(timeout=120)
    assert starting.returncode == 0


def test_a_crashed_sandbox_is_noticed_and_replaced(alone: Home) -> None:
    alone.relab("up")
    crashed = process(alone.pid())
    os.kill(crashed.pid, signal.SIGKILL)
    wait_until_gone(crashed)
    assert alone.relab("status").returncode == 1
    env = alone.relab("env", "--tenant", "07")
    assert (env.returncode, env.stdout) == (1, "")
    assert "relab sandbox up" in one_line(env)
    assert alone.relab("up").returncode == 0
    assert alone.pid() != crashed.pid


def test_down_spares_a_process_that_took_over_the_pid(alone: Home) -> None:
    alone.relab("up")
    runtime = alone.place.folder / "daemon.json"
    recorded = runtime.read_text()
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    try:
        raw = json.loads(recorded)
        raw["process"]["pid"] = bystander.pid
        runtime.write_text(json.dumps(raw))
        assert alone.relab("status").returncode == 1
        real = Process(**json.loads(recorded)["process"])
        real.end(5)
        assert alone.relab("down").returncode == 0
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_it_ends_with_the_process_that_it_is_bound_to(alone: Home) -> None:
    guardian = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    try:
        assert alone.relab("up", "--while-pid", str(guardian.pid)).returncode == 0
        daemon = process(alone.pid())
        assert daemon.alive()
    finally:
        guardian.kill()
        guardian.wait()
    wait_until_gone(daemon)
    assert not alone.place.profile.exists()


def test_it_lives_as_long_as_anybody_wants_it(alone: Home) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
    first, second = subprocess.Popen(sleep), subprocess.Popen(sleep)
    try:
        alone.relab("up", "--while-pid", str(first.pid))
        daemon = process(alone.pid())
        assert "already up" in alone.relab("up", "--while-pid", str(second.pid)).stderr
        first.kill()
        first.wait()
        time.sleep(1.5)
        assert alone.pid() == daemon.pid
        alone.relab("up")
    finally:
        second.kill()
        second.wait()
    time.sleep(1.5)
    assert daemon.alive()


def test_nothing_is_readable_by_others(alone: Home) -> None:
    alone.relab("up")
    for path in (alone.place.folder, *alone.place.folder.rglob("*"), alone.place.profile):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE(alone.place.profile.parent.stat().st_mode) == 0o700


def modules(folder: Path, **texts: str) -> Mapping[str, str]:
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return {"PYTHONPATH": str(folder)}


def test_why_it_did_not_start_is_one_line(alone: Home, tmp_path: Path) -> None:
    broken = modules(tmp_path, trustme="raise RuntimeError('no luck today')")
    failed = alone.relab("up", **broken)
    assert failed.returncode == 1
    line = one_line(failed)
    assert "did not start: RuntimeError: no luck today" in line
    assert str(alone.place.log) in line
    assert alone.relab("up").returncode == 0


def test_a_missing_extra_is_one_line(alone: Home, tmp_path: Path) -> None:
    without = modules(tmp_path, sitecustomize="import sys; sys.modules['moto'] = None")
    failed = alone.relab("up", **without)
    assert failed.returncode == 1
    assert "pip install 'relab[sandbox]'" in one_line(failed)


def test_a_state_folder_that_cannot_be_written_is_one_line(alone: Home, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    failed = alone.relab("up", XDG_STATE_HOME=str(tmp_path / "file"))
    assert failed.returncode == 1
    assert "XDG_STATE_HOME" in one_line(failed)
    assert alone.relab("status", XDG_STATE_HOME=str(tmp_path / "file")).returncode == 1


def test_a_persons_own_aws_settings_do_not_reach_it(alone: Home) -> None:
    strange = {"AWS_PROFILE": "no-such-profile", "AWS_ENDPOINT_URL": "http://192.0.2.1"}
    assert alone.relab("up", **strange).returncode == 0
