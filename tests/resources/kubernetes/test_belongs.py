"""Whose cluster-scoped objects are."""

from typing import Any

import pytest

from profiles.loader import load
from relab.resources.kubernetes import belongs
from relab.resources.kubernetes.belongs import NAMINGS, SHARED
from tests.resources.kubernetes.objects import kind, obj

KNOWN = belongs.roster(load("ha-mlops"))
RBAC = "rbac.authorization.k8s.io"
BINDING = f"ClusterRoleBinding.{RBAC}"


def subjects(*pairs: tuple[str, str]) -> dict[str, Any]:
    rows = [
        {"kind": called, "name": "robot", "namespace": name}
        if called == "ServiceAccount"
        else {"kind": called, "name": name}
        for called, name in pairs
    ]
    return obj(subjects=rows)


def webhooks(namespace: str) -> dict[str, Any]:
    local = {"clientConfig": {"service": {"namespace": namespace}}}
    return obj(webhooks=[{"clientConfig": {"url": "https://x"}}, local])


@pytest.mark.parametrize(
    ("name", "raw", "owners"),
    [
        ("Profile.kubeflow.org", obj({"name": "profile-user07"}), {"07"}),
        ("Profile.kubeflow.org", obj(spec={"owner": {"name": "user07@mlops.local"}}), {"07"}),
        ("Profile.kubeflow.org", obj(spec={"owner": {"name": "else@mlops.local"}}), set()),
        (BINDING, subjects(("ServiceAccount", "kubeflow-user07")), {"07"}),
        (BINDING, subjects(("ServiceAccount", "kubeflow")), {SHARED}),
        (BINDING, subjects(("ServiceAccount", "kube-system")), set()),
        (BINDING, subjects(("User", "user07@mlops.local"), ("User", "user08")), {"07", "08"}),
        (BINDING, subjects(("User", "system:serviceaccount:kubeflow-user07:robot")), {"07"}),
        (BINDING, subjects(("User", "eks:certificate-controller")), set()),
        (BINDING, subjects(("Group", "mlops-students")), {SHARED}),
        (BINDING, subjects(("Group", "system:masters")), set()),
        (BINDING, subjects(("Group", "system:serviceaccounts:kubeflow-user07")), {"07"}),
        (BINDING, subjects(("Group", "system:serviceaccounts")), set()),
        (BINDING, obj(), set()),
        ("PersistentVolume", obj(spec={"claimRef": {"namespace": "kubeflow-user07"}}), {"07"}),
        ("PersistentVolume", obj(spec={}), set()),
        (
            "MutatingWebhookConfiguration.admissionregistration.k8s.io",
            webhooks("kubeflow"),
            {SHARED},
        ),
        ("ValidatingWebhookConfiguration.admissionregistration.k8s.io", webhooks("x"), set()),
        (
            "APIService.apiregistration.k8s.io",
            obj(spec={"service": {"namespace": "kubeflow"}}),
            {SHARED},
        ),
        ("APIService.apiregistration.k8s.io", obj(spec={"service": None}), set()),
    ],
)
def test_names_in_an_object_tell_whose_it_is(
    name: str, raw: dict[str, Any], owners: set[str]
) -> None:
    assert belongs.owners(kind(name, namespaced=False), raw, KNOWN) == owners


@pytest.mark.parametrize(
    ("name", "meta"),
    [
        (f"ClusterRole.{RBAC}", {"labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}),
        (f"ClusterRole.{RBAC}", {"name": "system:node"}),
        (f"ClusterRole.{RBAC}", {"name": "eks:node-manager"}),
        ("PriorityClass.scheduling.k8s.io", {"name": "system-node-critical"}),
    ],
)
def test_what_the_cluster_brings_is_its_own(name: str, meta: dict[str, Any]) -> None:
    assert belongs.own(kind(name), obj(meta))
    assert not belongs.own(kind(name), obj({"name": "mine"}))
    assert not belongs.own(kind("Thing.example.com"), obj({"name": "system-of-mine"}))


def role(name: str, labels: dict[str, str], *selectors: dict[str, Any]) -> dict[str, Any]:
    raw = obj({"name": name, "labels": labels})
    return raw | (
        {"aggregationRule": {"clusterRoleSelectors": list(selectors)}} if selectors else {}
    )


def test_a_role_brings_those_it_is_made_of() -> None:
    rule = next(row for row in NAMINGS if row.target == f"ClusterRole.{RBAC}")
    roles = [
        role("admin", {}, {"matchLabels": {"to": "admin"}}),
        role(
            "edit", {"to": "admin"}, {"matchExpressions": [{"key": "part", "operator": "Exists"}]}
        ),
        role("part", {"part": "1"}),
        role("other", {"to": "none"}),
        role("circle", {"part": "2"}, {"matchLabels": {"to": "admin"}}),
    ]
    every = {raw["metadata"]["name"]: raw for raw in roles}
    assert belongs.with_selected(rule, ["admin", "missing"], every) == {
        "admin",
        "edit",
        "part",
        "circle",
    }
    assert belongs.with_selected(rule, ["other"], every) == {"other"}


@pytest.mark.parametrize(
    ("operator", "values", "chosen"),
    [
        ("In", ["a", "b"], {"a", "b"}),
        ("NotIn", ["a"], {"b", "none"}),
        ("Exists", None, {"a", "b"}),
        ("DoesNotExist", None, {"none"}),
    ],
)
def test_selectors_choose_as_kubernetes_does(
    operator: str, values: list[str] | None, chosen: set[str]
) -> None:
    selector = {"matchExpressions": [{"key": "k", "operator": operator, "values": values}]}
    labels: dict[str, dict[str, str]] = {"a": {"k": "a"}, "b": {"k": "b"}, "none": {}}
    assert {name for name, held in labels.items() if belongs.matches(selector, held)} == chosen


def test_every_kind_is_either_ruled_or_said_to_be_left() -> None:
    assert belongs.has_rule(kind("Anything.example.com", namespaced=False))
    assert belongs.has_rule(kind("Namespace", namespaced=False))
    assert belongs.has_rule(kind(f"ClusterRole.{RBAC}", namespaced=False))
    assert not belongs.has_rule(kind("Novelty.resource.k8s.io", namespaced=False))
