"""The real kubectl writes: create, apply in both forms, patch, label, scale, delete."""

import json
import subprocess
from typing import Any

import pytest

from tests.kube.test_definitions import definition, widget
from tests.kube.world import Kubectl, World

pytestmark = pytest.mark.kubectl

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {a: "1", b: "2"}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec: {containers: [{name: c, image: one}, {name: s, image: side}]}
"""


def apply(kubectl: Kubectl, text: str, *words: str, code: int = 0) -> str:
    return kubectl.run("apply", *words, "-f", "-", stdin=text, code=code)


# What kubectl sends as protobuf: (words after create, kind and name, a path and its value).
CREATED: list[tuple[str, str, str, Any]] = [
    ("configmap x --from-literal=a=b", "configmap/x", "{.data.a}", "b"),
    ("secret generic x --from-literal=a=b", "secret/x", "{.data.a}", "Yg=="),
    ("serviceaccount x", "serviceaccount/x", "{.metadata.name}", "x"),
    ("quota x --hard=cpu=8,pods=3", "resourcequota/x", "{.spec.hard.cpu}", "8"),
    ("role x --verb=get --resource=pods", "role/x", "{.rules[0].verbs[0]}", "get"),
    ("rolebinding x --clusterrole=view --user=u", "rolebinding/x", "{.subjects[0].name}", "u"),
    ("deployment x --image=i --replicas=2", "deployment/x", "{.spec.replicas}", "2"),
    ("job x --image=i", "job/x", "{.spec.template.spec.containers[0].image}", "i"),
    ("service clusterip x --tcp=80:8080", "service/x", "{.spec.ports[0].targetPort}", "8080"),
]


@pytest.mark.parametrize(("words", "thing", "path", "value"), CREATED)
def test_create(kubectl: Kubectl, words: str, thing: str, path: str, value: str) -> None:
    assert kubectl.run("create", *words.split()).endswith("created\n")
    assert kubectl.run("get", thing, "-o", f"jsonpath={path}") == value


def test_create_namespace(kubectl: Kubectl, unique: str) -> None:
    name = f"{unique}-made"
    assert kubectl.run("create", "namespace", name) == f"namespace/{name} created\n"
    assert kubectl.run("delete", "namespace", name) == f'namespace "{name}" deleted\n'
    assert "NotFound" in kubectl.run("get", "namespace", name, code=1)


def test_create_token(kubectl: Kubectl) -> None:
    kubectl.run("create", "serviceaccount", "robot")
    assert len(kubectl.run("create", "token", "robot").strip()) > 20


def test_apply(kubectl: Kubectl) -> None:
    assert apply(kubectl, CONFIG) == "configmap/c created\n"
    assert apply(kubectl, CONFIG) == "configmap/c unchanged\n"
    less = CONFIG.replace('a: "1", ', "")
    assert apply(kubectl, less) == "configmap/c configured\n"
    assert kubectl.output("get", "cm", "c")["data"] == {"b": "2"}


def test_apply_merges_containers(kubectl: Kubectl) -> None:
    apply(kubectl, DEPLOYMENT)
    apply(kubectl, DEPLOYMENT.replace("image: one", "image: two"))
    spec = kubectl.output("get", "deploy", "d")["spec"]["template"]["spec"]
    assert [item["image"] for item in spec["containers"]] == ["two", "side"]


def test_apply_on_the_server(kubectl: Kubectl) -> None:
    assert apply(kubectl, CONFIG, "--server-side") == "configmap/c serverside-applied\n"
    other = CONFIG.replace('"1"', '"9"')
    said = apply(kubectl, other, "--server-side", "--field-manager=other", code=1)
    assert 'conflict with "kubectl"' in said
    assert ".data.a" in said
    apply(kubectl, other, "--server-side", "--field-manager=other", "--force-conflicts")
    assert kubectl.output("get", "cm", "c")["data"]["a"] == "9"


def test_apply_moves_from_client_to_server(kubectl: Kubectl) -> None:
    apply(kubectl, CONFIG)
    apply(kubectl, CONFIG.replace('"1"', '"5"'), "--server-side")
    doc = json.loads(kubectl.run("get", "cm", "c", "-o", "json", "--show-managed-fields"))
    assert doc["data"]["a"] == "5"
    managers = {entry["manager"] for entry in doc["metadata"]["managedFields"]}
    assert "kubectl" in managers
    assert "kubectl-client-side-apply" not in managers


@pytest.mark.parametrize("words", [("--dry-run=server",), ("--server-side", "--dry-run=server")])
def test_dry_run(kubectl: Kubectl, words: tuple[str, ...]) -> None:
    assert apply(kubectl, CONFIG, *words).endswith("(server dry run)\n")
    assert kubectl.run("get", "cm", "c", "--ignore-not-found") == ""


def test_diff(kubectl: Kubectl) -> None:
    apply(kubectl, CONFIG)
    assert kubectl.run("diff", "-f", "-", stdin=CONFIG) == ""
    changed = kubectl.command("diff", "-f", "-")

    text = CONFIG.replace('"1"', '"9"')
    done = subprocess.run(
        changed,
        input=text,
        env=kubectl.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert '+  a: "9"' in done.stdout


def test_unknown_fields_are_refused(kubectl: Kubectl) -> None:
    said = apply(kubectl, CONFIG + "extra: 1\n", code=1)
    assert 'unknown field "extra"' in said
    said = apply(kubectl, CONFIG + "extra: 1\n", "--validate=warn")
    assert said == "configmap/c created\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("merge", '{"data":{"a":"7"}}'),
        ("strategic", '{"data":{"a":"7"}}'),
        ("json", '[{"op":"replace","path":"/data/a","value":"7"}]'),
    ],
)
def test_patch(kubectl: Kubectl, kind: str, body: str) -> None:
    apply(kubectl, CONFIG)
    assert kubectl.run("patch", "cm", "c", f"--type={kind}", "-p", body) == "configmap/c patched\n"
    assert kubectl.output("get", "cm", "c")["data"]["a"] == "7"


def test_labels_and_annotations(kubectl: Kubectl) -> None:
    apply(kubectl, CONFIG)
    kubectl.run("label", "cm", "c", "x=y")
    assert "already has a value" in kubectl.run("label", "cm", "c", "x=z", code=1)
    kubectl.run("label", "cm", "c", "x-")
    kubectl.run("annotate", "cm", "c", "note=text")
    metadata = kubectl.output("get", "cm", "c")["metadata"]
    assert "labels" not in metadata or not metadata["labels"]
    assert metadata["annotations"]["note"] == "text"


def test_replace_and_edit_forms(kubectl: Kubectl) -> None:
    apply(kubectl, CONFIG)
    doc = kubectl.output("get", "cm", "c")
    doc["data"] = {"only": "this"}
    assert kubectl.run("replace", "-f", "-", stdin=json.dumps(doc)) == "configmap/c replaced\n"
    said = kubectl.run("replace", "-f", "-", stdin=json.dumps(doc), code=1)
    assert "the object has been modified" in said


def test_scale_and_set_image(kubectl: Kubectl) -> None:
    apply(kubectl, DEPLOYMENT)
    assert kubectl.run("scale", "deploy", "d", "--replicas=0") == "deployment.apps/d scaled\n"
    kubectl.run("set", "image", "deploy/d", "c=new")
    kubectl.run("rollout", "restart", "deploy/d")
    spec = kubectl.output("get", "deploy", "d")["spec"]
    assert spec["replicas"] == 0
    assert spec["template"]["spec"]["containers"][0]["image"] == "new"
    assert "kubectl.kubernetes.io/restartedAt" in spec["template"]["metadata"]["annotations"]


def test_delete_by_selector(kubectl: Kubectl) -> None:
    for name in ("x", "y"):
        kubectl.run("create", "configmap", name)
        kubectl.run("label", "cm", name, "gone=yes")
    said = kubectl.run("delete", "cm", "-l", "gone=yes")
    assert said.split("\n")[:2] == ['configmap "x" deleted', 'configmap "y" deleted']
    assert "NotFound" in kubectl.run("delete", "cm", "x", code=1)
    assert kubectl.run("delete", "cm", "x", "--ignore-not-found") == ""


def test_custom_kinds(kubectl: Kubectl, world: World, unique: str) -> None:
    group = f"{unique}.example.org"
    crd = definition(group)
    crd["spec"]["names"]["shortNames"] = [f"s{unique}"]
    apply(kubectl, json.dumps(crd))
    kubectl.run("wait", "--for=condition=Established", f"crd/widgets.{group}", "--timeout=20s")
    doc = widget(group, size=3)
    assert apply(kubectl, json.dumps(doc)) == f"widget.{group}/w created\n"
    assert kubectl.run("get", f"s{unique}").split()[:3] == ["NAME", "SIZE", "READY"]
    doc["spec"]["size"] = 4
    apply(kubectl, json.dumps(doc))
    assert kubectl.run("get", f"widgets.{group}", "w", "-o", "jsonpath={.spec.size}") == "4"
    assert "Size:   4" in kubectl.run("describe", f"widgets.{group}", "w")
    world.raw("DELETE", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}")
