"""Plain kubeconfigs are read without the SDK, and mean what the SDK says that they mean."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from relab.clouds import KubeTarget
from relab.clouds.kube import Kube
from relab.clouds.kubeconfig import read
from relab.clouds.login import login
from relab.clouds.outcome import Outcome, outcome_of
from relab.sandbox.session import Session
from tests.clouds.servers import Says, serving
from tests.clouds.test_kube import config, written

PATH = "/api/v1/namespaces/kubeflow-user07"
ONLY_SDK: list[dict[str, Any]] = [
    {"users": [{"name": "me", "user": {"token": "t0ken", "username": "me", "password": "x"}}]},
    {"users": [{"name": "me", "user": {"tokenFile": "token"}}]},
]


def loaded(code: str, *words: str) -> str:
    """Return whether running `code` in a process of its own loads the SDK: `True` or `False`."""
    tail = "\nimport sys; print('kubernetes' in sys.modules)"
    command = [sys.executable, "-c", code + tail, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


ASK = f"""
import sys
from relab.clouds import KubeTarget
from relab.clouds.kube import Kube
assert Kube().request(KubeTarget(sys.argv[1]), "{PATH}").ok
"""


def test_a_server_and_a_token_need_no_sdk(tmp_path: Path) -> None:
    with serving(Says()) as server:
        plain = written(tmp_path, config(server), "plain")
        (tmp_path / "token").write_text("t0ken")
        others = [
            written(tmp_path, config(server, **more), f"other-{number}")
            for number, more in enumerate(ONLY_SDK)
        ]
        assert loaded(ASK, plain) == "False"
        assert [loaded(ASK, other) for other in others] == ["True", "True"]


def test_a_proxy_between_is_the_sdks_affair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    file = written(tmp_path, config("https://cluster.example"))
    code = (
        "import sys; from relab.clouds.kubeconfig import read\n"
        "from relab.clouds.login import login; login(read(sys.argv[1]), None)"
    )
    assert loaded(code, file) == "True"
    monkeypatch.delenv("HTTPS_PROXY")
    assert loaded(code, file) == "False"


def secured(sandbox: Session, **more: Any) -> dict[str, Any]:
    """Return the sandbox's own kubeconfig, with `more` in user07's login."""
    data: dict[str, Any] = yaml.safe_load(
        Path(str(sandbox.profile.kubernetes.kubeconfig)).read_text()
    )
    for entry in data["users"]:
        if entry["name"] == "user07":
            entry["user"] |= more
    return data


def test_both_ways_to_read_a_kubeconfig_agree(sandbox: Session, tmp_path: Path) -> None:
    plain = written(tmp_path, secured(sandbox), "plain")
    by_sdk = written(tmp_path, secured(sandbox, username="unused"), "by-sdk")
    first, second = (login(read(file), "user07") for file in (plain, by_sdk))
    assert first.wires != second.wires
    assert (first.host, first.authorization(), first.nobody) == (
        second.host,
        second.authorization(),
        second.nobody,
    )
    answers = [Kube().request(KubeTarget(file, "user07"), PATH) for file in (plain, by_sdk)]
    assert answers[0].ok
    assert answers[0] == answers[1]


def test_a_server_that_the_kubeconfig_does_not_trust_is_not_spoken_to(
    sandbox: Session, tmp_path: Path
) -> None:
    data = secured(sandbox)
    for entry in data["clusters"]:
        entry["cluster"].pop("certificate-authority-data", None)
        entry["cluster"].pop("certificate-authority", None)
    reply = Kube().request(KubeTarget(written(tmp_path, data), "user07"), PATH)
    assert outcome_of("kubernetes", reply.status) is Outcome.UNREACHABLE
    assert "certificate" in reply.detail.lower()


@pytest.mark.parametrize("wrong", ["bm90IGEgY2VydGlmaWNhdGU=", "?"])
def test_a_certificate_that_is_none_is_a_kubeconfig_that_cannot_be_used(
    sandbox: Session, tmp_path: Path, wrong: str
) -> None:
    data = secured(sandbox)
    for entry in data["clusters"]:
        entry["cluster"].pop("certificate-authority", None)
        entry["cluster"]["certificate-authority-data"] = wrong
    reply = Kube().request(KubeTarget(written(tmp_path, data), "user07"), PATH)
    assert outcome_of("kubernetes", reply.status) is Outcome.NO_CREDENTIALS
