"""The restore screen with relab's own commands, a real vault and a running sandbox."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from textual.pilot import Pilot

from relab.events import RestoreFinished, RestoreStarted, StepDone, Verified
from relab.languages import Language
from relab.sandbox.session import Session
from snapshot.vault.vault import Vault
from tests.tui.conftest import Opener, relab
from tests.tui.hands import press
from tests.tui.test_snapshots_real import seen, until
from tests.vault.world import save_all, world
from tui import journal
from tui.restore_moves import Order, Page
from tui.restore_run import Run, Stage
from tui.screens.restore import Restore

BUCKET = "mlops-training-user07"
KEY = "data/only-here.txt"


@pytest.fixture
def place(vault: Vault, key_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """Let programs find the test's empty vault and its key."""
    monkeypatch.setenv("RELAB_VAULT", vault.where)
    monkeypatch.setenv("RELAB_VAULT_KEY", str(key_path))
    return vault


def profile_of(session: Session) -> str:
    """Return the file of the sandbox's profile: the test's own state folder knows no sandbox."""
    return str(session.root / "relab" / "profiles" / "sandbox.yaml")


@pytest.fixture
def cloud(changeable: Session, place: Vault, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Let programs speak to the sandbox, too."""
    del place
    for name, value in changeable.env().items():
        if name not in {"HOME", "RELAB_VAULT", "RELAB_VAULT_KEY", "XDG_STATE_HOME"}:
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("RELAB_PROFILE", profile_of(changeable))
    return changeable


def command(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "relab", *words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def bucket(session: Session) -> Any:
    """Return the bucket of tenant 07."""
    env = session.env()
    found = boto3.resource(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        region_name=session.profile.aws.region,
    )
    return found.Bucket(BUCKET)


async def look(pilot: Pilot[Any], name: str = "one") -> None:
    """Open the screen as a person does."""
    relab(pilot).desks.vault.live = relab(pilot).desks.restore.live = True
    await press(pilot, "d")
    await seen(pilot, f"complete · {name}")
    await press(pilot, "r")
    assert isinstance(pilot.app.screen, Restore)


async def begin(pilot: Pilot[Any], *words: str) -> None:
    """Wait for `words`, say yes, and wait until it is under way."""
    await seen(pilot, *words)
    await press(pilot, "enter", *"restore", "enter")
    await until(pilot, lambda: run_of(pilot).stage is not Stage.READING, "the first step")


def run_of(pilot: Pilot[Any]) -> Run:
    found = relab(pilot).desks.restore.restore.run
    assert found is not None
    return found


@pytest.mark.timeout(600)
async def test_what_was_wiped_comes_back_and_is_clean(opened: Opener, cloud: Session) -> None:
    bucket(cloud).put_object(Key=KEY, Body=b"mine")
    command("snapshot", "save", "--name", "one", "--tenants", "07", "--only", "s3.*", "--yes")
    bucket(cloud).object_versions.delete()
    bucket(cloud).delete()
    async with opened("80x24", language=Language.EN, profile=profile_of(cloud)) as pilot:
        await look(pilot)
        await begin(pilot, "1 create", "user07  +1", "asked first")
        await until(pilot, lambda: run_of(pilot).checks is not None, "the checks")
        run = run_of(pilot)
        assert run.is_clean, (run.words, run.failures, run.differences)
        assert (run.code, run.tallies["07"].failed) == (0, 0)
        await seen(pilot, "restored, all as it was saved", "0 not", "The lab's checks:")
        await press(pilot, "escape", "r")
        assert relab(pilot).desks.restore.restore.page is Page.RESULT
    assert bucket(cloud).Object(KEY).get()["Body"].read() == b"mine"
    _is_written(run)


def _is_written(run: Run) -> None:
    """Look into the report and the session's file."""
    assert "Restore of one" in Path(run.report).read_text(encoding="utf-8")
    [file] = journal.folder().glob("*.jsonl")
    written = [type(event) for event in journal.read(file)]
    assert written.count(StepDone) == run.done
    for kind in (RestoreStarted, RestoreFinished, Verified):
        assert written.count(kind) == 1


@pytest.mark.timeout(600)
async def test_a_stopped_restore_is_offered_and_gone_on_with(
    opened: Opener, cloud: Session
) -> None:
    only = ("--only", "s3.*", "--only", "ecr.*", "--no-data")
    command("snapshot", "save", "--name", "one", *only, "--yes")
    cloud.reset(empty=True)
    async with opened("80x24", language=Language.EN, profile=profile_of(cloud)) as pilot:
        await look(pilot)
        await begin(pilot, "asked first")
        await until(pilot, lambda: run_of(pilot).done > 2, "a few steps")
        await press(pilot, "ctrl+c")
        await seen(pilot, "stopped, unfinished", "--resume")
        assert run_of(pilot).is_resumable
        done = run_of(pilot).done
    async with opened("80x24", language=Language.EN, profile=profile_of(cloud)) as pilot:
        await look(pilot)
        await begin(pilot, "is unfinished", "goes on with it")
        await until(pilot, lambda: not run_of(pilot).is_running, "the end")
        run = run_of(pilot)
        assert run.resumed
        assert run.started is not None
        assert run.started.before >= done
        assert run.verified is not None, run.words
        assert not run.failed, run.failures
        assert run.verified.differing == 0, run.differences


async def test_without_the_key_it_says_so(
    opened: Opener, cloud: Session, place: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cloud
    save_all(place, "one", world(1, 1, 1))
    monkeypatch.setenv("RELAB_VAULT_KEY", "/nowhere/key")
    async with opened(language=Language.EN) as pilot:
        await look(pilot)
        await seen(pilot, "No key: /nowhere/key", "set RELAB_VAULT_KEY", "F5 tries again")


def _deaf_world(session: Session, folder: Path) -> str:
    """Return a profile of the sandbox at an address where nobody answers."""
    text = Path(profile_of(session)).read_text(encoding="utf-8")
    profile = folder / "nowhere.yaml"
    moved = re.sub(r"(endpoint: http://127.0.0.1):\d+", r"\1:1", text)
    profile.write_text(moved, encoding="utf-8")
    return str(profile)


async def test_a_world_that_does_not_answer_is_one_line(
    opened: Opener, cloud: Session, tmp_path: Path
) -> None:
    command("snapshot", "save", "--name", "one", "--tenants", "07", "--only", "s3.*", "--yes")
    profile = _deaf_world(cloud, tmp_path)
    async with opened("80x24", language=Language.EN, profile=profile) as pilot:
        await look(pilot)
        await seen(pilot, "AWS does not answer", "relab doctor", "F5 tries again")


async def test_one_at_work_elsewhere_is_named(opened: Opener, cloud: Session) -> None:
    from restore import start

    command("snapshot", "save", "--name", "one", "--tenants", "07", "--only", "s3.*", "--yes")
    async with opened("80x24", language=Language.EN, profile=profile_of(cloud)) as pilot:
        await look(pilot)
        await seen(pilot, "asked first")
        relab(pilot).desks.restore.plan(Order("07", ("s3.*",), data=False))
        await seen(pilot, "without data", "asked first")
        with start.alone(cloud.profile):
            await press(pilot, "f2", *"restore", "enter")
            await seen(pilot, "Locked:", "another restore is at work", "Nothing was changed")
