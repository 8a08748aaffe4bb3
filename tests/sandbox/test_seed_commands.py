"""Every command of the lab's text, run by the real kubectl and aws."""

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from profiles.naming import names
from relab.sandbox.session import Session

pytestmark = [
    pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not on PATH"),
    pytest.mark.skipif(not shutil.which("aws"), reason="aws is not on PATH"),
]
_ROWS: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("seed_commands.yaml").read_text(encoding="utf-8")
)
# The registry's host is AWS's own and out of a sandbox's reach: shown is what docker is given.
_DOCKER = """#!/bin/sh
password=$(cat); test -n "$password" || exit 1
for last; do :; done
echo "Login Succeeded $last"
"""


@dataclass(frozen=True, slots=True)
class Role:
    """Who follows the lab: the tenant whose keys are used (None: the admin's), the number."""

    name: str
    tenant: str | None
    number: str
    iam: str


ROLES = (
    Role("student", "07", "07", "user07"),
    Role("instructor", None, "20", "mlops-training"),
)


def words(sandbox: Session, role: Role) -> dict[str, str]:
    called, env = names(sandbox.profile, role.number), sandbox.env(role.tenant)
    return {
        "nn": role.number,
        "iam": role.iam,
        "cpu": called.cpu,
        "memory": called.memory,
        "key": env["AWS_ACCESS_KEY_ID"],
        "secret": env["AWS_SECRET_ACCESS_KEY"],
    }


def run(
    command: str, env: Mapping[str, str], folder: Path, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        env=env,
        cwd=folder,
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )


def with_docker(env: dict[str, str], folder: Path) -> dict[str, str]:
    tool = folder / "bin" / "docker"
    tool.parent.mkdir()
    tool.write_text(_DOCKER)
    tool.chmod(0o755)
    return env | {"PATH": f"{tool.parent}{os.pathsep}{env['PATH']}"}


@pytest.mark.kubectl
@pytest.mark.awscli
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_command_says_what_the_lab_says(
    changeable: Session, role: Role, tmp_path: Path
) -> None:
    env, known = with_docker(changeable.env(role.tenant), tmp_path), words(changeable, role)
    wrong = []
    for row in _ROWS:
        wanted = {"exit": 0, "says": []} | row | row.get(role.name, {})
        typed = row.get("input", "")
        for key, value in known.items():
            typed = typed.replace(f"{{{key}}}", value)
        done = run(row["command"], env, tmp_path, typed)
        texts = [_filled(text, known) for text in wanted["says"]]
        missing = [text for text in texts if text not in done.stdout]
        if done.returncode != wanted["exit"] or missing:
            wrong.append((row["command"], done.returncode, missing, done.stdout))
    assert wrong == []


def _filled(text: str, known: Mapping[str, str]) -> str:
    for key, value in known.items():
        text = text.replace(f"{{{key}}}", value)
    return text


@pytest.mark.kubectl
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_mlflow_answers_through_a_port_forward(sandbox: Session, role: Role) -> None:
    port = _free_port()
    forward = subprocess.Popen(
        ["kubectl", "port-forward", "svc/mlflow-server", "-n", f"kubeflow-user{role.number}",
         f"{port}:5000"],
        env=sandbox.env(role.tenant), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        page = _fetch(f"http://127.0.0.1:{port}/", forward)
        assert f"user{role.number}" in page
        assert "MLflow" in page
        assert _fetch(f"http://127.0.0.1:{port}/health", forward) == "OK"
    finally:
        forward.terminate()
        forward.communicate(timeout=10)


@pytest.mark.kubectl
def test_a_crashed_mlflow_server_says_why_and_takes_no_connection(sandbox: Session) -> None:
    env, space = sandbox.env("07"), "kubeflow-user07"
    log = f"kubectl logs -n {space} -l app=mlflow-server --tail=3"
    well = run(log, env, sandbox.root).stdout
    sandbox.break_("mlflow-down", "07")
    broken = run(log, env, sandbox.root).stdout
    assert "cannot connect to the backend store" in broken
    assert broken.endswith("exit code 1\n")
    port = _free_port()
    with subprocess.Popen(
        ["kubectl", "port-forward", "svc/mlflow-server", "-n", space, f"{port}:5000"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as forward:  # fmt: skip
        try:
            with pytest.raises(AssertionError, match="refused"):
                _fetch(f"http://127.0.0.1:{port}/", forward)
            assert forward.wait(10) == 1
        finally:
            forward.kill()
    assert sandbox.mend("mlflow-down", "07")
    assert run(log, env, sandbox.root).stdout == well


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _fetch(url: str, forward: subprocess.Popen[bytes]) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(200):
        assert forward.poll() is None, forward.communicate()[0].decode()
        try:
            with opener.open(url, timeout=10) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")


@pytest.mark.kubectl
def test_the_instructor_tenant_mends_owners_but_stays_out_of_namespaces(sandbox: Session) -> None:
    env = sandbox.env("20")
    assert sandbox.break_("wrong-owner", "07")
    patch = (
        "kubectl patch profile profile-user07 --type=merge"
        """ -p '{"spec":{"owner":{"name":"user07@mlops.local"}}}'"""
    )
    assert run(patch, env, sandbox.root).returncode == 0
    owner = "kubectl get profile profile-user07 -o jsonpath='{.spec.owner.name}'"
    assert run(owner, env, sandbox.root).stdout == "user07@mlops.local"
    refused = run("kubectl get pods -n kubeflow-user07", env, sandbox.root)
    assert "Forbidden" in refused.stdout
