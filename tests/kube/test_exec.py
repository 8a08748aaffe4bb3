"""Commands in pods: the real kubectl, the Python client, rights and refusals."""

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream

from tests.kube.test_kubectl_reading import STATUS, pod
from tests.kube.world import Kubectl, World

CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "work"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def add(world: World, namespace: str, name: str, status: Any = STATUS, **spec: Any) -> None:
    """Create a pod with the claim at /data and a scratch volume at /scratch."""
    doc: Any = pod(name)
    container = doc["spec"]["containers"][0]
    container["volumeMounts"] = [
        {"name": "work", "mountPath": "/data"},
        {"name": "scratch", "mountPath": "/scratch"},
        {"name": "work", "mountPath": "/look", "readOnly": True},
    ]
    container["env"] = [{"name": "COLOUR", "value": "blue"}]
    doc["spec"]["volumes"] = [
        {"name": "work", "persistentVolumeClaim": {"claimName": "work"}},
        {"name": "scratch", "emptyDir": {}},
    ]
    doc["spec"] |= spec
    base = f"/api/v1/namespaces/{namespace}/pods"
    code, made, _ = world.raw("POST", base, doc)
    assert code == 201, made
    assert world.raw("PUT", f"{base}/{name}/status", made | {"status": status})[0] == 200


@pytest.fixture
def inside(world: World, namespace: str) -> str:
    world.needs("exec")
    base = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    assert world.raw("POST", base, CLAIM)[0] == 201
    add(world, namespace, "web")
    return namespace


@pytest.fixture
def web(inside: str, kubectl: Kubectl) -> Kubectl:
    assert kubectl.namespace == inside
    return kubectl


def run(kubectl: Kubectl, *words: str, stdin: str = "", code: int = 0) -> str:
    options = ["-i"] if stdin else []
    return kubectl.run("exec", *options, "web", "--", *words, stdin=stdin, code=code)


@pytest.mark.kubectl
def test_output_and_environment(web: Kubectl) -> None:
    assert run(web, "echo", "hello", "  there") == "hello   there\n"
    assert run(web, "printenv", "COLOUR") == "blue\n"
    assert run(web, "hostname") == "web\n"
    assert run(web, "pwd") == "/\n"


@pytest.mark.kubectl
def test_codes_and_stderr(web: Kubectl) -> None:
    said = run(web, "cat", "/nowhere", code=1)
    assert said == "cat: /nowhere: No such file or directory\ncommand terminated with exit code 1\n"
    assert "exit code 7" in run(web, "sh", "-c", "exit 7", code=7)
    assert "executable file not found" in run(web, "cobol", code=127)
    run(web, "touch", "/data/script")
    assert "permission denied" in run(web, "/data/script", code=126)


@pytest.mark.kubectl
def test_stdin_is_read_to_its_end(web: Kubectl) -> None:
    text = "".join(f"line {number}\n" for number in range(50_000))
    assert run(web, "cat", stdin=text) == text
    assert run(web, "wc", "-l", stdin=text).split() == ["50000"]
    assert run(web, "sh", stdin="cd /data\necho a b > x\ncat x | wc -w\n") == "2\n"


@pytest.mark.kubectl
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("echo one && echo two; false || echo three", "one\ntwo\nthree\n"),
        ("echo '$HOME' \"$COLOUR\" ${NONE:-empty} a\\ b", "$HOME blue empty a b\n"),
        ("printenv NONE; echo $?", "1\n"),
        (
            "mkdir -p /data/a/b; cd /data/a; touch b/x.csv b/y.csv b/z; ls b/*.csv",
            "b/x.csv\nb/y.csv\n",
        ),
        ("echo 1 > /data/f; echo 2 >> /data/f; cat < /data/f | tail -n 1", "2\n"),
        ("cat /nowhere 2>/dev/null || echo none", "none\n"),
        ("cat /nowhere 2>&1 | head -c 4", "cat:"),
        ("set -e; false; echo not-reached", ""),
        ("for i in 1 2; do echo $i; done", ""),
        ("echo $(date)", ""),
        ("test -d /data -a", ""),
        (
            "X=1; export X; env | tail -n +1 | wc -l > /data/n; test -s /data/n && echo some",
            "some\n",
        ),
        ("exec echo last; echo not-reached", "last\n"),
    ],
)
def test_the_shell(web: Kubectl, line: str, said: str) -> None:
    done = subprocess.run(
        web.command("exec", "web", "--", "sh", "-c", line),
        env=web.env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == said, done.stderr
    assert (done.returncode == 0) is bool(said)


@pytest.mark.kubectl
def test_copies_both_ways(web: Kubectl, tmp_path: Path) -> None:
    source = tmp_path / "노트북"
    (source / "깊은 곳").mkdir(parents=True)
    (source / "실험 1.ipynb").write_text('{"cells": []}')
    (source / "깊은 곳" / "data.bin").write_bytes(bytes(range(256)) * 4096)
    web.run("cp", str(source), "web:/data/home")
    assert run(web, "cat", "/data/home/실험 1.ipynb") == '{"cells": []}'
    web.run("cp", "web:/data/home", str(tmp_path / "back"))
    for path in ("실험 1.ipynb", "깊은 곳/data.bin"):
        assert (tmp_path / "back" / path).read_bytes() == (source / path).read_bytes()
    web.run("cp", str(source / "실험 1.ipynb"), "web:/tmp/한글.ipynb")
    web.run("cp", "web:/tmp/한글.ipynb", str(tmp_path / "one.ipynb"), "--retries=2")
    assert (tmp_path / "one.ipynb").read_text() == '{"cells": []}'


@pytest.mark.kubectl
def test_a_claim_outlives_its_pods_and_scratch_does_not(web: Kubectl, world: World) -> None:
    run(web, "sh", "-c", "echo kept > /data/x; echo lost > /scratch/x; echo lost > /tmp/x")
    add(world, web.namespace, "other")
    assert web.run("exec", "other", "--", "cat", "/data/x") == "kept\n"
    web.run("delete", "pod", "web", "--now")
    add(world, web.namespace, "web")
    assert run(web, "cat", "/data/x") == "kept\n"
    assert run(web, "ls", "/scratch", "/tmp/x", code=2)
    web.run("delete", "pod", "web", "other", "--now")
    web.run("delete", "pvc", "work")
    world.raw("POST", f"/api/v1/namespaces/{web.namespace}/persistentvolumeclaims", CLAIM)
    add(world, web.namespace, "web")
    assert run(web, "ls", "/data") == ""


def _at_work() -> bool:
    return any(thread.name.startswith("exec") for thread in threading.enumerate())


@pytest.mark.kubectl
@pytest.mark.parametrize("line", ["sleep 1000", "sleep 1000 | cat", "cat /data/big"])
def test_a_client_that_is_killed_ends_its_command(web: Kubectl, line: str) -> None:
    run(web, "sh", "-c", "cat > /data/big", stdin="x" * 20_000_000)
    command = web.command("exec", "web", "--", "sh", "-c", line)
    with subprocess.Popen(command, env=web.env, stdout=subprocess.PIPE) as process:
        wait_for(_at_work)
        process.kill()
    wait_for(lambda: not _at_work())


def wait_for(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it did not come true")


def test_the_python_client(world: World, inside: str) -> None:
    core = client.CoreV1Api(world.api())
    given: Any = {"stdout": True, "stderr": True, "stdin": True, "_preload_content": False}
    command = ["sh", "-c", "head -n 1; echo wrong >&2; exit 3"]
    link = stream(core.connect_get_namespaced_pod_exec, "web", inside, command=command, **given)
    link.write_stdin("안녕\n")
    link.run_forever(timeout=20)
    assert link.read_stdout() == "안녕\n"
    assert link.read_stderr() == "wrong\n"
    assert link.returncode == 3


def _refused(world: World, path: str, user: str = "admin") -> tuple[int, Any]:
    code, body, _ = world.raw("POST", path, user=user)
    return code, body


def test_refusals(world: World, inside: str) -> None:
    base = f"/api/v1/namespaces/{inside}/pods"
    assert _refused(world, f"{base}/none/exec?command=ls")[0] == 404
    code, body = _refused(world, f"{base}/web/exec?command=ls&container=none")
    assert (code, body["message"]) == (400, "container none is not valid for pod web")
    assert _refused(world, f"{base}/web/exec?stdout=true")[0] == 400
    code, body = _refused(world, f"{base}/web/exec?command=ls")
    assert (code, "websocket" in body["message"]) == (400, True)
    add(world, inside, "gone", {"phase": "Succeeded"})
    code, body = _refused(world, f"{base}/gone/exec?command=ls")
    assert (code, 'container not found ("c")' in body["message"]) == (500, True), body


def _grant(world: World, namespace: str, resource: str, verb: str) -> None:
    """Give bob one right in the namespace."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    name = f"{verb}-{resource.replace('/', '-')}"
    rule = {"apiGroups": [""], "resources": [resource], "verbs": [verb]}
    assert (
        world.raw("POST", f"{rbac}/roles", {"metadata": {"name": name}, "rules": [rule]})[0] == 201
    )
    subject = {"kind": "User", "name": "bob", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "Role", "name": name, "apiGroup": "rbac.authorization.k8s.io"}
    binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
    assert world.raw("POST", f"{rbac}/rolebindings", binding)[0] == 201


@pytest.mark.kubectl
def test_it_is_a_right(web: Kubectl, world: World) -> None:
    bob = web.as_user("bob")
    _grant(world, web.namespace, "pods", "get")
    said = bob.run("exec", "web", "--", "ls", code=1)
    assert 'cannot create resource "pods/exec"' in said
    _grant(world, web.namespace, "pods/exec", "get")
    assert "data" in bob.run("exec", "web", "--", "ls")


def test_both_verbs_are_asked_for(world: World, inside: str) -> None:
    path = f"/api/v1/namespaces/{inside}/pods/web/exec?command=ls"
    assert _refused(world, path, "bob")[0] == 403
    _grant(world, inside, "pods/exec", "create")
    assert _refused(world, path, "bob")[0] == 400
    with pytest.raises(ApiException) as refused:
        core = client.CoreV1Api(world.api("bob"))
        stream(core.connect_get_namespaced_pod_exec, "web", inside, command=["ls"], stdout=True)
    assert "403" in str(refused.value)
