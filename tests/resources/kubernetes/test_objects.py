"""What of an object can be put back, who makes it again, and what it is called by."""

import json
import random
from collections import Counter
from typing import Any

import pytest

from relab.resources.kubernetes.moves import LAST_APPLIED, MOVES, SERVICE_ACCOUNT_TOKEN
from tests.resources.kubernetes.objects import item, obj

SERVER_METADATA = {"uid", "resourceVersion", "generation", "creationTimestamp"}


def leaves(node: Any, path: tuple[str, ...] = ()) -> Counter[Any]:
    """Return every leaf with the members above it; elements of lists have no number."""
    if isinstance(node, dict) and node:
        return sum((leaves(one, (*path, key)) for key, one in node.items()), Counter())
    if isinstance(node, list) and node:
        return sum((leaves(one, path) for one in node), Counter())
    return Counter([(tuple(step for step in path if not step.isdigit()), json.dumps(node))])


SERVICE = obj(
    {"finalizers": ["service.kubernetes.io/load-balancer-cleanup", "example.com/mine"]},
    spec={
        "type": "LoadBalancer",
        "clusterIP": "172.20.1.2",
        "clusterIPs": ["172.20.1.2"],
        "ports": [{"port": 80, "nodePort": 30080}, {"port": 81, "nodePort": 30081}],
        "healthCheckNodePort": 31000,
    },
    status={"loadBalancer": {"ingress": [{"hostname": "a1-2.elb.amazonaws.com"}]}},
)
JOB_LABELS = {
    "controller-uid": "u",
    "job-name": "x",
    "batch.kubernetes.io/controller-uid": "u",
    "batch.kubernetes.io/job-name": "x",
}
JOB = obj(
    {"labels": JOB_LABELS | {"team": "a"}},
    spec={
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}},
        "template": {"metadata": {"labels": dict(JOB_LABELS)}, "spec": {"restartPolicy": "Never"}},
    },
    status={"succeeded": 1},
)
CLAIM = obj(
    {
        "annotations": {
            "pv.kubernetes.io/bind-completed": "yes",
            "volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com",
            "volume.kubernetes.io/selected-node": "n",
            "team": "a",
        },
        "finalizers": ["kubernetes.io/pvc-protection"],
    },
    spec={"volumeName": "pvc-1", "storageClassName": "gp3"},
    status={"phase": "Bound"},
)
VOLUME = obj(
    {
        "namespace": None,
        "annotations": {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"},
    },
    spec={
        "claimRef": {"namespace": "ns", "name": "work", "uid": "u-9", "resourceVersion": "3"},
        "csi": {"volumeHandle": "vol-1"},
    },
)
TOKEN = obj(
    {
        "name": "robot-token-abcde",
        "annotations": {
            "kubernetes.io/service-account.name": "robot",
            "kubernetes.io/service-account.uid": "u-5",
        },
    },
    type="kubernetes.io/service-account-token",
    data={"token": "c2VjcmV0", "ca.crt": "Y2E="},
)
ACCOUNT = obj({"name": "robot"}, secrets=[{"name": "robot-token-abcde"}, {"name": "mine"}])
DEPLOYMENT = obj(
    spec={
        "paused": None,
        "template": {
            "metadata": {"creationTimestamp": None, "labels": {"a": "b"}},
            "spec": {"containers": [{"name": "a", "image": None}, {"name": "b"}]},
        },
    }
)
POD = obj(spec={"nodeName": "n", "priority": 0, "containers": []}, status={"phase": "Running"})
ROLE = obj(
    {"namespace": None},
    aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]},
    rules=[{"verbs": ["get"]}],
)
NAMESPACE = obj(
    {"namespace": None, "labels": {"kubernetes.io/metadata.name": "x", "team": "a"}},
    spec={"finalizers": ["kubernetes"]},
    status={"phase": "Active"},
)
OBJECTS = {
    "Service": SERVICE,
    "Job.batch": JOB,
    "PersistentVolumeClaim": CLAIM,
    "PersistentVolume": VOLUME,
    "Secret": TOKEN,
    "ServiceAccount": ACCOUNT,
    "Pod": POD,
    "ClusterRole.rbac.authorization.k8s.io": ROLE,
    "Namespace": NAMESPACE,
    "Deployment.apps": DEPLOYMENT,
    "Workflow.argoproj.io": obj(spec={"entrypoint": "a"}, status={"phase": "Succeeded"}),
    "ConfigMap": obj(data={"a": "b"}),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_nothing_is_lost_but_managed_fields(name: str) -> None:
    raw = OBJECTS[name]
    found = item(name, raw)
    kept = leaves(dict(found.document)) + leaves(dict(found.observed))
    whole = {key: part for key, part in raw["metadata"].items() if key != "managedFields"}
    added = {"apiVersion": found.document["apiVersion"], "kind": found.document["kind"]}
    assert kept == leaves({**raw, "metadata": whole, **added})


@pytest.mark.parametrize("name", sorted({move.name for move in MOVES} - {"*"} | {"ConfigMap"}))
def test_nothing_is_lost_of_any_object(name: str) -> None:
    chance = random.Random(name)
    for _ in range(50):
        raw = some_object(name, chance)
        found = item(name, raw)
        kept = leaves(dict(found.document)) + leaves(dict(found.observed))
        head = {key: found.document[key] for key in ("apiVersion", "kind")}
        assert kept - leaves(raw) == leaves(head)


def some_object(name: str, chance: random.Random) -> dict[str, Any]:
    """Return an object with some of the members that move, and some that do not."""
    raw = obj(spec={"kept": 1, "ports": [{"port": 80}, {"port": 81}]}, type=SERVICE_ACCOUNT_TOKEN)
    del raw["metadata"]["managedFields"]
    for move in MOVES:
        if move.name in ("*", name) and chance.random() < 0.7:
            place(raw, move.path, chance)
    return raw


def place(node: dict[str, Any], path: tuple[str, ...], chance: random.Random) -> None:
    """Put some value at `path`; elements of lists are those that are there, or new ones."""
    step, rest = path[0], path[1:]
    value: Any = chance.choice(["10.0.0.1", "None", "a.io/b", "kubernetes.io/c"])
    if not rest:
        node[step] = value
    elif rest[0] == "*":
        rows = node.setdefault(step, [{"name": "x-token-abcde"}, {"name": "mine"}])
        if step == "finalizers":
            node[step] = [value, "kubernetes.io/c"]
        for row in rows if len(rest) > 1 else ():
            place(row, rest[1:], chance)
    else:
        place(node.setdefault(step, {}), rest, chance)


@pytest.mark.parametrize("name", OBJECTS)
def test_what_the_server_fills_in_is_observed(name: str) -> None:
    found = item(name, OBJECTS[name])
    assert not SERVER_METADATA & found.document["metadata"].keys()
    assert found.observed["metadata"].keys() >= SERVER_METADATA
    assert ("status" in found.document) is (name == "Workflow.argoproj.io")


def test_a_read_object_is_not_changed() -> None:
    before = json.dumps(SERVICE)
    assert item("Service", SERVICE) == item("Service", SERVICE)
    assert json.dumps(SERVICE) == before


def test_addresses_and_ports_of_a_service_are_given_anew() -> None:
    found = item("Service", SERVICE)
    assert found.document["spec"] == {
        "type": "LoadBalancer",
        "ports": [{"port": 80}, {"port": 81}],
    }
    assert found.document["metadata"]["finalizers"] == [
        "service.kubernetes.io/load-balancer-cleanup"
    ]
    assert found.observed["spec"]["ports"] == {"0": {"nodePort": 30080}, "1": {"nodePort": 30081}}
    assert found.identifiers == ("a1-2.elb.amazonaws.com", "u-1")


@pytest.mark.parametrize(
    "meta",
    [
        {"annotations": {LAST_APPLIED: '{"spec": {"ports": [{"port": 80, "nodePort": 30080}]}}'}},
        {
            "managedFields": [
                {
                    "fieldsV1": {
                        "f:spec": {
                            "f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:nodePort": {}}}
                        }
                    }
                }
            ]
        },
    ],
)
def test_a_port_that_a_person_chose_is_kept(meta: dict[str, Any]) -> None:
    raw = {**SERVICE, "metadata": SERVICE["metadata"] | meta}
    ports = item("Service", raw).document["spec"]["ports"]
    assert ports == [{"port": 80, "nodePort": 30080}, {"port": 81}]


@pytest.mark.parametrize(
    "applied", ["{", "[]", '{"spec": []}', '{"spec": {"ports": 1}}', "[" * 9999]
)
def test_a_broken_annotation_breaks_nothing(applied: str) -> None:
    raw = {**SERVICE, "metadata": SERVICE["metadata"] | {"annotations": {LAST_APPLIED: applied}}}
    assert item("Service", raw).document["spec"]["ports"] == [{"port": 80}, {"port": 81}]


def test_a_headless_service_stays_headless() -> None:
    raw = obj(spec={"clusterIP": "None", "clusterIPs": ["None"]})
    assert item("Service", raw).document["spec"] == {"clusterIP": "None", "clusterIPs": ["None"]}


def test_a_job_gets_new_labels_and_selector() -> None:
    document = item("Job.batch", JOB).document
    assert document["metadata"]["labels"] == {"team": "a"}
    assert document["spec"] == {"template": {"spec": {"restartPolicy": "Never"}}}


def test_a_job_with_its_own_selector_keeps_it() -> None:
    raw = {**JOB, "spec": JOB["spec"] | {"manualSelector": True}}
    assert item("Job.batch", raw).document["spec"] == raw["spec"]


def test_a_claim_is_bound_anew_unless_its_volume_was_made_by_hand() -> None:
    document = item("PersistentVolumeClaim", CLAIM).document
    assert document["metadata"]["annotations"] == {"team": "a"}
    assert "finalizers" not in document["metadata"]
    assert document["spec"] == {"storageClassName": "gp3"}
    static = obj(spec={"volumeName": "disk"})
    assert item("PersistentVolumeClaim", static).document["spec"] == {"volumeName": "disk"}


def test_null_says_nothing_unless_the_kind_is_custom() -> None:
    found = item("Deployment.apps", DEPLOYMENT)
    spec = {"containers": [{"name": "a"}, {"name": "b"}]}
    assert found.document["spec"] == {
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": spec}
    }
    alone = obj(spec={"template": {"metadata": {"creationTimestamp": None}, "spec": {}}})
    assert item("Deployment.apps", alone).document["spec"] == {"template": {"spec": {}}}
    custom = item("Workflow.argoproj.io", obj(spec={"a": None}))
    assert custom.document["spec"] == {"a": None}


def test_a_token_is_made_by_the_next_cluster() -> None:
    found = item("Secret", TOKEN)
    assert "data" not in found.document
    assert found.observed["data"] == TOKEN["data"]
    assert found.owner == "kubernetes:v1/ServiceAccount:c:ns/robot"
    by_hand = {**TOKEN, "metadata": TOKEN["metadata"] | {"name": "mine"}}
    assert item("Secret", by_hand).owner == ""
    assert item("ServiceAccount", ACCOUNT).document["secrets"] == [{"name": "mine"}]


def owned_by(*rows: dict[str, Any]) -> str:
    return item("Pod", obj({"ownerReferences": list(rows)})).owner


def test_the_controller_is_the_owner() -> None:
    first = {"apiVersion": "v1", "kind": "Service", "name": "s"}
    controller = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "controller": True}
    assert owned_by(first, controller) == "kubernetes:apps/v1/ReplicaSet:c:ns/r"
    assert owned_by(first) == "kubernetes:v1/Service:c:ns/s"


def test_an_owner_is_named_as_it_is_captured() -> None:
    elder = {"apiVersion": "kubeflow.org/v1beta1", "kind": "Profile", "name": "p"}
    assert owned_by(elder) == "kubernetes:kubeflow.org/v1/Profile:c:p"
    gone = {"apiVersion": "gone.io/v1", "kind": "Maker", "name": "m"}
    assert owned_by(gone) == "kubernetes:gone.io/v1/Maker:c:ns/m"


def test_what_others_make_without_saying_so() -> None:
    certificate = item("ConfigMap", obj({"name": "kube-root-ca.crt"}, data={"ca.crt": "x"}))
    assert certificate.owner == "kubernetes:v1/Namespace:c:ns"
    assert "data" not in certificate.document
    assert certificate.observed["data"] == {"ca.crt": "x"}
    provisioned = item("PersistentVolume", VOLUME)
    assert provisioned.owner == "kubernetes:v1/PersistentVolumeClaim:c:ns/work"
    assert provisioned.identifiers == ("u-1", "vol-1")
    static = {**VOLUME, "metadata": VOLUME["metadata"] | {"annotations": {}}}
    assert item("PersistentVolume", static).owner == ""
    assert item("PersistentVolume", static).identifiers == ("u-1",)


def test_keys_tell_where() -> None:
    assert item("Pod", POD).key == "ns/x"
    assert item("Namespace", NAMESPACE).key == "x"
    assert item("Pod", POD).identity == "kubernetes:v1/Pod:c:ns/x"
