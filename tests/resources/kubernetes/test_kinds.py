"""Which kinds are read, in which version, and which never are."""

from typing import Any

import pytest

from relab.resources.kubernetes import kinds, left
from relab.resources.kubernetes.kinds import Served
from tests.resources.kubernetes.objects import kind, obj


def group(name: str, *versions: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": name} if name else {}, "versions": list(versions)}


def version(name: str, *rows: tuple[str, str], fresh: str = "Current") -> dict[str, Any]:
    resources = [
        {
            "resource": plural,
            "responseKind": {"group": "", "version": "", "kind": called},
            "scope": "Namespaced",
            "verbs": ["get", "list"],
            "subresources": [{"subresource": "status"}],
        }
        for plural, called in rows
    ]
    return {"version": name, "resources": resources, "freshness": fresh}


def test_the_preferred_version_that_serves_a_kind_is_taken() -> None:
    body = {
        "items": [
            group(
                "autoscaling",
                version("v2", ("horizontalpodautoscalers", "HorizontalPodAutoscaler")),
                version(
                    "v1", ("horizontalpodautoscalers", "HorizontalPodAutoscaler"), ("o", "Old")
                ),
            )
        ]
    }
    chosen = kinds.chosen(kinds.aggregated(body)).scheme
    assert [one.type for one in chosen.kinds] == [
        "autoscaling/v2/HorizontalPodAutoscaler",
        "autoscaling/v1/Old",
    ]
    assert chosen.find("Old.autoscaling") == chosen.kinds[1]
    assert chosen.find("New.autoscaling") is None


def test_both_forms_of_discovery_tell_the_same() -> None:
    body = {"items": [group("apps", version("v1", ("deployments", "Deployment")))]}
    listed = {
        "resources": [
            {
                "name": "deployments",
                "kind": "Deployment",
                "namespaced": True,
                "verbs": ["get", "list"],
            },
            {
                "name": "deployments/status",
                "kind": "Deployment",
                "namespaced": True,
                "verbs": ["get"],
            },
        ]
    }
    assert [*kinds.aggregated(body)] == [*kinds.plain("apps", "v1", listed)]


def test_the_preferred_version_of_a_plain_list_comes_first() -> None:
    row = {
        "name": "g",
        "versions": [{"version": "v1"}, {"version": "v2"}],
        "preferredVersion": {"version": "v2"},
    }
    assert [*kinds.versions({"groups": [row]})] == [("g", "v2"), ("g", "v1")]


def test_objects_under_two_groups_are_read_once() -> None:
    served = [
        kind("Ingress.extensions"),
        kind("Ingress.networking.k8s.io"),
        kind("Event.events.k8s.io"),
    ]
    chosen = kinds.chosen(served)
    assert [one.name for one in chosen.scheme.kinds] == [
        "Ingress.networking.k8s.io",
        "Event.events.k8s.io",
    ]
    assert chosen.twins == ((served[0], "Ingress.networking.k8s.io"),)


def test_a_group_that_does_not_answer_is_told() -> None:
    body = {"items": [group("metrics.k8s.io", version("v1beta1", fresh="Stale"))]}
    assert [*kinds.stale(body)] == [("metrics.k8s.io", "v1beta1")]


def test_paths_and_names() -> None:
    deployment, config = kind("Deployment.apps"), kind("ConfigMap")
    assert deployment.path("ns") == "/apis/apps/v1/namespaces/ns/deployments"
    assert config.path() == "/api/v1/configmaps"
    assert (deployment.type, config.type) == ("apps/v1/Deployment", "v1/ConfigMap")
    assert (deployment.service, config.service) == ("apps", "core")
    assert kind("GatewayClass.gateway.networking.k8s.io").custom
    assert not deployment.custom


@pytest.mark.parametrize(
    "name",
    ["Event", "Node", "Lease.coordination.k8s.io", "PodMetrics.metrics.k8s.io", "ComponentStatus"],
)
def test_kinds_that_are_never_captured_have_a_reason(name: str) -> None:
    assert left.reason(kind(name))


def test_a_kind_that_can_not_be_listed_has_a_reason() -> None:
    review = Served(
        "authentication.k8s.io", "v1", "TokenReview", "tokenreviews", False, ("create",)
    )
    assert left.reason(review) == left.NOT_LISTABLE
    assert not left.reason(kind("ConfigMap"))


POD = {"kind": "Pod", "name": "p"}
SLICE = "EndpointSlice.discovery.k8s.io"
MANAGED = {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}
BY_HAND = [{"addresses": ["10.1.2.3"]}]


@pytest.mark.parametrize(
    ("name", "raw", "captured"),
    [
        ("Endpoints", obj(subsets=[{"addresses": [{"ip": "10.0.0.1", "targetRef": POD}]}]), False),
        ("Endpoints", obj(subsets=[{"notReadyAddresses": [{"ip": "1", "targetRef": POD}]}]), False),
        ("Endpoints", obj(subsets=None), False),
        ("Endpoints", obj(), False),
        ("Endpoints", obj(subsets=[{"addresses": [{"ip": "10.1.2.3"}]}]), True),
        ("Endpoints", obj(subsets=[{"notReadyAddresses": [{"ip": "10.1.2.3"}]}]), True),
        (SLICE, obj({"labels": MANAGED}, endpoints=BY_HAND), False),
        (SLICE, obj({"ownerReferences": [{"kind": "Service"}]}, endpoints=BY_HAND), False),
        (SLICE, obj(endpoints=[{"addresses": ["1"], "targetRef": POD}]), False),
        (SLICE, obj(endpoints=BY_HAND), True),
        ("ConfigMap", obj(), True),
    ],
)
def test_what_a_service_makes_is_left_and_what_a_person_wrote_is_not(
    name: str, raw: dict[str, Any], captured: bool
) -> None:
    assert (left.reason_of(kind(name), raw) == "") is captured


def test_a_twin_is_no_twin_of_a_twin() -> None:
    assert not set(kinds.TWINS) & set(kinds.TWINS.values())
