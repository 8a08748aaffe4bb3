import json
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from relab.clouds import KubeTarget, kube
from relab.clouds.kube import Kube
from relab.clouds.kubeconfig import NoKubeconfig, read
from relab.clouds.outcome import Outcome, outcome_of
from tests.clouds.servers import Says, serving

NAMESPACE = "/api/v1/namespaces/x"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube, "READ_SECONDS", 0.5)
    monkeypatch.setattr(kube, "CONNECT_SECONDS", 0.5)


def config(server: str, user: str = "me", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": user,
        "contexts": [{"name": user, "context": {"cluster": "c", "user": user}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": user, "user": {"token": "t0ken"}}],
        **more,
    }


def written(folder: Path, data: object, name: str = "config") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def status(code: int, message: str = "m") -> bytes:
    return json.dumps({"kind": "Status", "code": code, "message": message}).encode()


def asked(folder: Path, says: Says) -> Outcome:
    with serving(says) as server:
        reply = Kube().request(KubeTarget(written(folder, config(server))), NAMESPACE)
    return outcome_of("kubernetes", reply.status)


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        (Says(200, b'{"metadata": {}}'), Outcome.OK),
        (Says(404, status(404)), Outcome.MISSING),
        (Says(403, status(403)), Outcome.DENIED),
        (Says(401, status(401)), Outcome.EXPIRED),
        (Says(429, status(429)), Outcome.THROTTLED),
        (Says(503, status(503)), Outcome.UNAVAILABLE),
        (Says(500, status(500)), Outcome.UNEXPECTED),
        (Says(404, b"404 page not found\n", "text/plain"), Outcome.UNEXPECTED),
        (Says(403, b"<html>Forbidden by proxy</html>", "text/html"), Outcome.UNEXPECTED),
        (Says(302, b"", headers={"Location": "http://127.0.0.1:9/"}), Outcome.UNEXPECTED),
        (Says(wait=2.0), Outcome.TIMEOUT),
    ],
    ids=lambda value: f"{value.status}-{value.kind}" if isinstance(value, Says) else str(value),
)
def test_every_answer_has_its_outcome(tmp_path: Path, says: Says, outcome: Outcome) -> None:
    assert asked(tmp_path, says) is outcome


def test_a_refused_impersonation_is_no_answer_to_the_question(tmp_path: Path) -> None:
    message = (
        'users "user07@mlops.local" is forbidden: User "x" cannot impersonate resource "users"'
    )
    assert asked(tmp_path, Says(403, status(403, message))) is Outcome.NO_IDENTITY


def test_nobody_there_is_unreachable(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{free.getsockname()[1]}"
        reply = Kube().request(KubeTarget(written(tmp_path, config(server))), NAMESPACE)
    assert outcome_of("kubernetes", reply.status) is Outcome.UNREACHABLE


def test_token_impersonation_and_name_are_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = Says()
    with serving(says) as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        target = KubeTarget(written(tmp_path, config(server)), impersonate="user07@mlops.local")
        Kube().request(target, NAMESPACE, body={"a": 1})
    method, path, headers = says.heard[0]
    assert (method, path) == ("POST", NAMESPACE)
    assert headers["Impersonate-User"] == "user07@mlops.local"
    assert headers["authorization"] == "Bearer t0ken"
    assert headers["User-Agent"].startswith("relab/")


def test_a_refusal_of_nobody_is_a_missing_login(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    login = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "false"}
    users = [{"name": "me", "user": {"exec": login}}]
    with serving(Says(403, status(403, "system:anonymous"))) as server:
        cloud = Kube()
        target = KubeTarget(written(tmp_path, config(server, users=users)))
        reply = cloud.request(target, NAMESPACE)
        assert outcome_of("kubernetes", reply.status) is Outcome.EXPIRED
        cloud.forget_nobody()
        assert cloud.request(target, NAMESPACE).status == "401"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        (": not yaml [", "cannot be read as YAML"),
        ("just text", "is not a kubeconfig"),
        ({"contexts": [{"noname": 1}]}, "is not a kubeconfig"),
        ({"contexts": [], "clusters": [], "users": []}, "current-context"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used(tmp_path: Path, content: object, said: str) -> None:
    path = str(tmp_path / "none") if content is None else written(tmp_path, content)
    reply = Kube().request(KubeTarget(path), NAMESPACE)
    assert outcome_of("kubernetes", reply.status) is Outcome.NO_CREDENTIALS
    assert said in reply.detail


def test_the_environments_kubeconfig_is_kubectls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", written(tmp_path, config("http://h", "env")))
    assert Kube().config(None).current == "env"
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path, config("http://h", "home"), ".kube/config")
    assert Kube().config(None).current == "home"


def test_files_are_joined_as_kubectl_joins_them(tmp_path: Path) -> None:
    first = written(tmp_path, config("http://one", "a"), "one/config")
    data = config("http://two", "b")
    data["clusters"].append({"name": "d", "cluster": {"certificate-authority": "ca.pem"}})
    second = written(tmp_path, data, "two/config")
    found = read(f"{first}:{tmp_path}/missing:{second}")
    assert found.current == "a"
    assert found.contexts == ("a", "b")
    assert found.server("b") == "http://one"
    assert found.data["clusters"][1]["cluster"]["certificate-authority"] == str(
        tmp_path / "two" / "ca.pem"
    )


def test_a_context_that_names_no_server(tmp_path: Path) -> None:
    found = read(written(tmp_path, config("")))
    with pytest.raises(NoKubeconfig, match="names no server"):
        found.server("me")
    with pytest.raises(NoKubeconfig, match="no context 'you'"):
        found.server("you")
