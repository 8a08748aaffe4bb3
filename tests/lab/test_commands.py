"""The lab's own commands, run by real kubectl and aws on the sandbox as the text tells them."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from relab.lab import Block, blocks, fill, load, text
from relab.lab.block import Command, Expected
from relab.languages import Language
from relab.sandbox.session import Session
from tests.lab.known import VALUES

pytestmark = [pytest.mark.kubectl, pytest.mark.awscli]

LAB = load("lab-1-1")
OUTSIDE = {"interactive", "blocks", "docker", "network", "clone", "install"}
REFUSED = f"kubectl get pods -n {VALUES['other_namespace']}"
VARIES = re.compile(r"\d+d|0|.*x\.x.*|.*xxxx.*|.*XXXX.*|2025-.*|.*:user/.*|\.{3}")
CURED = ["no-bucket", "no-ecr", "wrong-owner", "no-rolebinding", "no-service-account"]


def page(page_id: str) -> tuple[Block, ...]:
    return blocks(fill(text("lab-1-1", page_id, Language.KO), {**LAB.values, **VALUES}))


def commands(page_id: str) -> Iterator[tuple[Command, Expected | None]]:
    """Yield what a bash user runs on this page, with the output that the page promises for it."""
    found = [block for block in page(page_id) if isinstance(block, Command | Expected)]
    found = [block for block in found if getattr(block, "shell", "") != "powershell"]
    for block, following in pairwise([*found, None]):
        ours = isinstance(block, Command) and not OUTSIDE & set(block.marks)
        if ours and isinstance(block, Command) and not block.text.startswith("relab "):
            yield block, following if isinstance(following, Expected) else None


STEPS = [step.id for section in LAB.sections[1:4] for step in section.steps]
RUNNABLE = [step for step in STEPS if any(commands(step))]


def run(command: Command, session: Session, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `command` as student 07, or as the administrator where the instructor is meant."""
    environ = session.env(None if "instructor" in command.marks else "07")
    copy = folder / "kubeconfig"
    if not copy.exists():
        shutil.copy(environ["KUBECONFIG"], copy)
    own = {} if "instructor" in command.marks else {"KUBECONFIG": str(copy)}
    return subprocess.run(
        ["bash", "-e", "-c", command.text],
        env=environ | own,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=90,
    )


def promised(expected: Expected) -> set[str]:
    """Return the words of `expected` that do not vary between worlds and days."""
    return {word for word in expected.text.split() if not VARIES.fullmatch(word.strip('",'))}


def verdicts(session: Session) -> Mapping[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "relab", "check", "lab-1-1", "--tenant", "07", "--json"],
        env=session.env("07"),
        capture_output=True,
        text=True,
    )
    return {row["id"]: row["verdict"] for row in json.loads(done.stdout)}


def test_only_steps_to_read_or_sum_up_have_nothing_to_run() -> None:
    assert set(STEPS) - set(RUNNABLE) == {"1.10", "3.5", "3.6"}


@pytest.mark.parametrize("step", ["0.4", *RUNNABLE, "kubectl-unauthorized"])
def test_a_student_sees_what_the_step_promises(step: str, sandbox: Session, tmp_path: Path) -> None:
    for command, expected in commands(step):
        done = run(command, sandbox, tmp_path)
        refused = command.text == REFUSED
        assert (done.returncode != 0) is refused, f"{command.text}\n{done.stderr}"
        said = (done.stderr if refused else done.stdout).split()
        if expected and step != "0.4":  # the address of the cluster is each world's own
            assert promised(expected) <= set(said), command.text


def test_hardening_can_be_done_as_written(changeable: Session, tmp_path: Path) -> None:
    for step in LAB.sections[-1].steps:
        for command, expected in commands(step.id):
            done = run(command, changeable, tmp_path)
            assert done.returncode == 0, f"{command.text}\n{done.stderr}"
            assert not expected or promised(expected) <= set(done.stdout.split())
    after = verdicts(changeable)
    assert {after[step.checks[0]] for step in LAB.sections[-1].steps} == {"pass"}


@pytest.mark.parametrize("trouble_id", CURED)
def test_a_cure_cures(trouble_id: str, changeable: Session, tmp_path: Path) -> None:
    changeable.break_(trouble_id, "07")
    trouble = next(item for item in LAB.troubleshooting if item.id == trouble_id)
    before = verdicts(changeable)
    sick = {check for check in trouble.checks if before[check] in {"warn", "fail"}}
    assert sick
    for command, _ in commands(trouble_id):
        if {"changes", "instructor"} & set(command.marks):
            done = run(command, changeable, tmp_path)
            assert done.returncode == 0, f"{command.text}\n{done.stderr}"
    after = verdicts(changeable)
    assert {check: after[check] for check in sick if after[check] == "fail"} == {}
    assert any(after[check] == "pass" for check in sick)
