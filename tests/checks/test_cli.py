"""`relab check` and `relab roster` as people and scripts run them."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from relab.checks.registry import CHECKS
from relab.sandbox.session import Session
from tests.conftest import clean_environ

RELAB = (sys.executable, "-m", "relab")


def relab(env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RELAB, *words],
        env={**env, "RELAB_LANG": env.get("RELAB_LANG", "en")},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def env(sandbox: Session) -> dict[str, str]:
    """Return an environment that only names the sandbox: the profile's files say who asks."""
    found = sandbox.env("07")
    ours = ("AWS_", "KUBECONFIG", "USER_NUM")
    return {key: value for key, value in found.items() if not key.startswith(ours)}


def test_a_seeded_tenant_passes_and_says_what_is_next(env: dict[str, str]) -> None:
    done = relab(env, "check", "--tenant", "07")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Total: 33/33" in done.stdout
    assert "Everything passed. Next step: Lab 1-2" in done.stdout
    assert "\x1b" not in done.stdout
    for check in CHECKS:
        assert f" {check.step} " in done.stdout


def test_the_report_speaks_korean(env: dict[str, str]) -> None:
    done = relab(env, "check", "lab-1-1", "--tenant", "7", "--lang", "ko")
    assert "총점: 33/33" in done.stdout
    assert "모든 점검을 통과했습니다" in done.stdout


def test_the_tenants_own_environment_is_enough(sandbox: Session) -> None:
    done = relab(sandbox.env("05"), "check", "--json")
    rows = json.loads(done.stdout)
    assert {row["tenant"] for row in rows} == {"05"}
    assert {row["verdict"] for row in rows} == {"pass", "skip"}


def test_rows_for_scripts(env: dict[str, str]) -> None:
    done = relab(env, "check", "--tenant", "07", "--json")
    rows = json.loads(done.stdout)
    assert [row["id"] for row in rows] == [check.id for check in CHECKS]
    keys = ["id", "section", "step", "tenant", "verdict", "messages", "remedies", "seconds"]
    assert all(list(row) == keys for row in rows)
    bare = relab(env, "check", "--only", "mlflow.bucket", "--json", "--evidence")
    (row,) = json.loads(bare.stdout)
    assert row["tenant"] == "01"
    assert row["evidence"][0]["request"] == "s3 ListObjectsV2 Bucket=mlops-training-user01"


@pytest.mark.parametrize(
    ("fault", "code"),
    [("no-bucket", 4), ("wrong-owner", 0), ("kube-unauthorized", 4), ("throttled", 3)],
)
def test_exit_codes(sandbox: Session, env: dict[str, str], fault: str, code: int) -> None:
    sandbox.break_(fault, "07")
    done = relab(env, "check", "--tenant", "07", "--section", "mlflow", "--section", "prep")
    assert done.returncode == code, done.stdout


def test_a_remedy_stands_under_its_check(sandbox: Session, env: dict[str, str]) -> None:
    sandbox.break_("no-bucket", "07")
    done = relab(env, "check", "--tenant", "07", "--section", "storage")
    assert "There is no bucket mlops-training-user07." in done.stdout
    assert "$ aws s3 mb s3://mlops-training-user07 --region ap-northeast-2" in done.stdout
    assert "relab check --tenant 07" in done.stdout


def test_a_remedy_is_told_once_and_then_named_by_its_step(env: dict[str, str]) -> None:
    done = relab({**env, "KUBECONFIG": "/nowhere"}, "check", "--tenant", "07")
    assert done.stdout.count("-> Renew your login") == 1
    assert done.stdout.count("-> The same remedy as in 1.1.") > 5


def test_tenants_in_the_same_trouble_share_a_line(sandbox: Session, env: dict[str, str]) -> None:
    for tenant in ("02", "03"):
        sandbox.break_("no-quota", tenant)
    done = relab(env, "check", "--tenant", "01..03", "--section", "kubeflow")
    assert done.stdout.count("! 1.4  Resource quota [02 03]: ") == 1


def test_a_login_of_the_profile_stands_before_the_labs_own(
    sandbox: Session, env: dict[str, str]
) -> None:
    sandbox.break_("expired-credentials", "07")
    done = relab(env, "check", "--tenant", "07", "--only", "prep.credentials", "--json")
    commands = json.loads(done.stdout)[0]["remedies"][0].splitlines()[1:]
    assert commands[:2] == ['$ eval "$(relab sandbox env --tenant 07)"', "$ aws configure"]


def test_several_tenants_are_a_matrix(sandbox: Session, env: dict[str, str]) -> None:
    sandbox.break_("wrong-owner", "03")
    done = relab(env, "check", "--tenant", "01..03,20", "--section", "kubeflow")
    assert done.returncode == 0
    head = done.stdout.splitlines()[1].split()
    assert head == ["01", "02", "03", "20"]
    assert (
        "! 1.2  Profile and owner [03]: The owner of profile-user03 is user@example.com"
        in done.stdout
    )
    roster = relab(env, "roster", "--section", "prep", "--json")
    assert {row["tenant"] for row in json.loads(roster.stdout)} == set(sandbox.profile.tenants)


def test_junit_is_read_by_ci(sandbox: Session, env: dict[str, str], tmp_path: Path) -> None:
    for fault in ("no-bucket", "wrong-owner", "kube-unauthorized"):
        sandbox.break_(fault, "07")
    file = tmp_path / "out.xml"
    assert relab(env, "check", "--tenant", "06,07", "--junit", str(file)).returncode == 4
    root = Xml.parse(file).getroot()
    suites = {suite.get("name"): suite for suite in root.iter("testsuite")}
    good, bad = suites["sandbox user06"], suites["sandbox user07"]
    assert (good.get("failures"), good.get("errors")) == ("0", "0")
    cases = {case.get("name"): [part.tag for part in case] for case in bad.iter("testcase")}
    assert len(cases) == len(CHECKS)
    assert cases["storage.bucket"] == ["failure"]
    assert cases["kubeflow.profile"] == ["error"]
    assert cases["hardening.encryption"] == ["skipped"]
    assert cases["prep.tools"] == []
    nowhere = relab(env, "check", "--only", "prep.number", "--junit", str(tmp_path / "no" / "x"))
    assert nowhere.returncode == 1
    assert "choose another --junit file" in nowhere.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tenant", "77"], "choose one of 01..15, 20"),
        (["--tenant", "05..01"], "write a range such as 01..05"),
        (["--section", "nope"], "choose from prep, kubeflow, mlflow, storage, hardening"),
        (["--only", "nope.nope"], "choose from prep.tools"),
        (["lab-9-9"], "lab-1-1"),
        (["--lang", "fr"], "write ko or en"),
    ],
)
def test_a_wrong_word_names_the_right_ones(
    env: dict[str, str], words: list[str], said: str
) -> None:
    done = relab(env, "check", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_another_account_is_refused(sandbox: Session, env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    lines = ("format: relab/profile/v1", "name: mine", f"extends: {sandbox.place.profile}")
    file.write_text("\n".join([*lines, "aws: {account: '999999999999'}"]), encoding="utf-8")
    done = relab({**env, "RELAB_PROFILE": str(file)}, "check")
    assert (done.returncode, done.stdout) == (13, "")
    assert "123456789012" in done.stderr


def test_an_environment_that_is_not_started_is_one_line(tmp_path: Path) -> None:
    env = {**clean_environ(), "HOME": str(tmp_path), "RELAB_PROFILE": "sandbox"}
    done = relab(env, "check")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "relab: profile: sandbox is not running -> relab sandbox up\n"


def test_a_person_without_anything_is_told_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    lines = "extends: ha-mlops\nname: mine\naws: {endpoint: 'http://127.0.0.1:9'}\n"
    file.write_text(f"format: relab/profile/v1\n{lines}", encoding="utf-8")
    env = {**clean_environ(), "HOME": str(tmp_path), "RELAB_PROFILE": str(file)}
    done = relab(env, "check", "--section", "prep")
    assert done.returncode == 4
    assert "There are no AWS credentials." in done.stdout
    assert "There is no usable kubeconfig: ~/.kube/config: no such file" in done.stdout
    assert (
        "$ aws eks update-kubeconfig --region ap-northeast-2 --name mlops-training-cluster"
        in done.stdout
    )
    assert "$ git clone https://github.com/fastcampusdevmlops/ha-mlops-pipeline.git" in done.stdout
    assert "Traceback" not in done.stderr


def on_terminal(env: Mapping[str, str], *words: str) -> bytes:
    main, side = pty.openpty()
    with subprocess.Popen(
        [*RELAB, *words], env=dict(env), stdin=side, stdout=side, stderr=side
    ) as process:
        os.close(side)
        said = b""
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:
                break
            if not part:
                break
            said += part
        process.wait(timeout=60)
    os.close(main)
    return said


def test_colours_only_where_they_are_wanted(env: dict[str, str]) -> None:
    words = ("check", "--only", "prep.number")
    terminal = {**env, "TERM": "xterm-256color"}
    assert b"\x1b[32m" in on_terminal(terminal, *words)
    assert b"\x1b" not in on_terminal({**terminal, "NO_COLOR": "1"}, *words)
    assert b"\x1b" not in on_terminal({**env, "TERM": "dumb"}, *words)


def test_watching_goes_on_until_it_is_interrupted(env: dict[str, str]) -> None:
    command = [*RELAB, "check", "--only", "prep.number", "--watch", "0.1", "--json"]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        rounds = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=30)
    assert [round_[0]["id"] for round_ in rounds] == ["prep.number"] * 3
    assert process.returncode == 130
    assert "Traceback" not in talk


def test_tools_that_are_missing_are_only_a_warning(env: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "git"
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    done = relab({**env, "PATH": str(tmp_path)}, "check", "--only", "prep.tools")
    assert done.returncode == 0
    assert "aws is not installed." in done.stdout
    assert "git is installed but does not start." in done.stdout
    assert "$ brew install kubectl" in done.stdout


def test_ctrl_c_does_not_wait_for_a_world_that_hangs(sandbox: Session, env: dict[str, str]) -> None:
    sandbox.break_("slow", "07")
    command = [*RELAB, "check", "--tenant", "07", "--section", "kubeflow"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as one:
        time.sleep(2)
        asked = time.monotonic()
        one.send_signal(signal.SIGINT)
        one.communicate(timeout=30)
    assert one.returncode == 130
    assert time.monotonic() - asked < 8
