"""What the server says about itself: version, groups, resources, OpenAPI."""

from typing import Any

import pytest
from kubernetes import client

from tests.kube.world import World

AGGREGATED = {
    "Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json"
}
EXPECTED = {
    "v1": "namespaces pods services endpoints configmaps secrets serviceaccounts persistentvolumes"
    " persistentvolumeclaims resourcequotas limitranges events nodes podtemplates"
    " replicationcontrollers",
    "apps/v1": "deployments replicasets statefulsets daemonsets controllerrevisions",
    "batch/v1": "jobs cronjobs",
    "rbac.authorization.k8s.io/v1": "roles rolebindings clusterroles clusterrolebindings",
    "networking.k8s.io/v1": "ingresses ingressclasses networkpolicies",
    "storage.k8s.io/v1": "storageclasses volumeattachments csidrivers csinodes",
    "policy/v1": "poddisruptionbudgets",
    "autoscaling/v2": "horizontalpodautoscalers",
    "coordination.k8s.io/v1": "leases",
    "apiextensions.k8s.io/v1": "customresourcedefinitions",
    "admissionregistration.k8s.io/v1": "mutatingwebhookconfigurations"
    " validatingwebhookconfigurations",
    "apiregistration.k8s.io/v1": "apiservices",
    "events.k8s.io/v1": "events",
    "discovery.k8s.io/v1": "endpointslices",
    "authorization.k8s.io/v1": "selfsubjectaccessreviews selfsubjectrulesreviews"
    " subjectaccessreviews localsubjectaccessreviews",
    "authentication.k8s.io/v1": "selfsubjectreviews tokenreviews",
}


def root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


@pytest.mark.parametrize("version", EXPECTED)
def test_resources_are_listed(world: World, version: str) -> None:
    doc = world.raw("GET", root(version))[1]
    assert (doc["kind"], doc["groupVersion"]) == ("APIResourceList", version)
    assert {row["name"] for row in doc["resources"]} >= set(EXPECTED[version].split())


@pytest.mark.parametrize("version", EXPECTED)
def test_aggregated_discovery_says_the_same(world: World, version: str) -> None:
    doc = world.raw("GET", "/apis" if "/" in version else "/api", headers=AGGREGATED)[1]
    assert (doc["kind"], doc["apiVersion"]) == ("APIGroupDiscoveryList", "apidiscovery.k8s.io/v2")
    group, _, number = version.rpartition("/")
    item = next(one for one in doc["items"] if one["metadata"].get("name", "") == group)
    listed = next(one for one in item["versions"] if one["version"] == number)["resources"]
    assert {row["resource"] for row in listed} >= set(EXPECTED[version].split())


@pytest.mark.parametrize("version", EXPECTED)
def test_listed_resources_answer(world: World, version: str) -> None:
    for row in world.raw("GET", root(version))[1]["resources"]:
        if "list" not in row["verbs"] or "/" in row["name"]:
            continue
        code, doc, _ = world.raw("GET", f"{root(version)}/{row['name']}?limit=1")
        assert (code, doc["kind"]) == (200, f"{row['kind']}List"), row["name"]


def test_groups_are_listed(world: World) -> None:
    assert world.raw("GET", "/api")[1]["versions"] == ["v1"]
    groups = {one["name"] for one in world.raw("GET", "/apis")[1]["groups"]}
    assert groups >= {name.partition("/")[0] for name in EXPECTED if "/" in name}
    one = world.raw("GET", "/apis/apps")[1]
    assert (one["kind"], one["preferredVersion"]["version"]) == ("APIGroup", "v1")


def test_version_is_recent(world: World) -> None:
    info = client.VersionApi(world.api(token="")).get_code()
    assert (info.major, int(info.minor.rstrip("+")) >= 30) == ("1", True)


def test_dynamic_client_discovers(world: World) -> None:
    resources = world.dynamic().resources
    assert resources.get(api_version="apps/v1", kind="Deployment").namespaced
    assert resources.get(api_version="v1", kind="Namespace").namespaced is False


def operations(world: World, prefix: str) -> list[dict[str, Any]]:
    links = world.raw("GET", "/openapi/v3")[1]["paths"]
    doc = world.raw("GET", links[prefix]["serverRelativeURL"])[1]
    assert doc["openapi"].startswith("3.")
    return [path["patch"] for path in doc["paths"].values() if "patch" in path]


@pytest.mark.parametrize(
    ("prefix", "kind"), [("api/v1", "ConfigMap"), ("apis/apps/v1", "Deployment")]
)
def test_openapi_tells_what_patches_take(world: World, prefix: str, kind: str) -> None:
    found = [
        one
        for one in operations(world, prefix)
        if one["x-kubernetes-group-version-kind"]["kind"] == kind
    ]
    assert found
    names = {parameter["name"] for parameter in found[0]["parameters"]}
    assert names >= {"dryRun", "fieldManager", "fieldValidation", "force"}
