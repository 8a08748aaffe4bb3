"""Who may do what: tokens, stored RBAC objects, impersonation and reviews."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from tests.kube.world import World

RBAC = "/apis/rbac.authorization.k8s.io/v1"
AUTHZ = "/apis/authorization.k8s.io/v1"
GROUP = "rbac.authorization.k8s.io"


def subject(kind: str, name: str, namespace: str = "") -> dict[str, str]:
    if kind == "ServiceAccount":
        return {"kind": kind, "name": name, "namespace": namespace}
    return {"kind": kind, "apiGroup": GROUP, "name": name}


def rule(resources: list[str], verbs: list[str], **more: Any) -> dict[str, Any]:
    return {"apiGroups": [""], "resources": resources, "verbs": verbs, **more}


class Grants:
    """Makes roles and bindings, and removes the cluster-wide ones at the end."""

    def __init__(self, world: World, namespace: str) -> None:
        self.world, self.namespace = world, namespace
        self.made: list[str] = []

    def role(self, name: str, rules: list[dict[str, Any]], who: dict[str, str]) -> None:
        base = f"{RBAC}/namespaces/{self.namespace}"
        self.post(f"{base}/roles", {"metadata": {"name": name}, "rules": rules})
        reference = {"apiGroup": GROUP, "kind": "Role", "name": name}
        body = {"metadata": {"name": name}, "roleRef": reference, "subjects": [who]}
        self.post(f"{base}/rolebindings", body)

    def cluster_role(self, name: str, rules: list[dict[str, Any]] | None, **more: Any) -> None:
        labels = more.pop("labels", {})
        body = {"metadata": {"name": name, "labels": labels}, "rules": rules} | more
        self.post(f"{RBAC}/clusterroles", body)
        self.made.append(f"{RBAC}/clusterroles/{name}")

    def bind(self, name: str, who: dict[str, str], *, everywhere: bool) -> None:
        base = RBAC if everywhere else f"{RBAC}/namespaces/{self.namespace}"
        plural = "clusterrolebindings" if everywhere else "rolebindings"
        reference = {"apiGroup": GROUP, "kind": "ClusterRole", "name": name}
        body = {"metadata": {"name": name}, "roleRef": reference, "subjects": [who]}
        self.post(f"{base}/{plural}", body)
        if everywhere:
            self.made.append(f"{base}/{plural}/{name}")

    def post(self, path: str, body: dict[str, Any]) -> None:
        code, answer, _ = self.world.raw("POST", path, body)
        assert code == 201, answer

    def clean(self) -> None:
        for path in self.made:
            self.world.raw("DELETE", path)


@pytest.fixture
def grants(world: World, namespace: str) -> Iterator[Grants]:
    made = Grants(world, namespace)
    yield made
    made.clean()


@pytest.mark.parametrize("user", [None, "no-such-token"])
@pytest.mark.parametrize("path", ["/api/v1/namespaces", "/apis/apps/v1/deployments"])
def test_unknown_callers_are_unauthorized(world: World, user: str | None, path: str) -> None:
    if user is None:
        world.needs("tokens")
    code, status, _ = world.raw("GET", path, user=user)
    assert code == 401
    wanted = {"kind": "Status", "status": "Failure", "reason": "Unauthorized", "code": 401}
    assert wanted.items() <= status.items()
    assert status["message"] == "Unauthorized"


@pytest.mark.parametrize("path", ["/version", "/healthz", "/livez", "/readyz"])
def test_open_paths_need_no_token(world: World, path: str) -> None:
    assert world.raw("GET", path, user=None)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        (
            "GET",
            "/api/v1/namespaces/{ns}/pods",
            'pods is forbidden: User "bob" cannot list resource "pods" in API group ""'
            ' in the namespace "{ns}"',
        ),
        (
            "GET",
            "/api/v1/namespaces/{ns}/pods/p",
            'pods "p" is forbidden: User "bob" cannot get resource "pods" in API group ""'
            ' in the namespace "{ns}"',
        ),
        (
            "GET",
            "/api/v1/namespaces/{ns}/pods/p/log",
            'pods "p" is forbidden: User "bob" cannot get resource "pods/log" in API group ""'
            ' in the namespace "{ns}"',
        ),
        (
            "GET",
            "/api/v1/nodes",
            'nodes is forbidden: User "bob" cannot list resource "nodes" in API group ""'
            " at the cluster scope",
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/{ns}/deployments/d",
            'deployments.apps "d" is forbidden: User "bob" cannot delete resource "deployments"'
            ' in API group "apps" in the namespace "{ns}"',
        ),
        ("GET", "/metrics", 'forbidden: User "bob" cannot get path "/metrics"'),
    ],
)
def test_refusals_are_worded(
    world: World, namespace: str, method: str, path: str, words: str
) -> None:
    code, status, _ = world.raw(method, path.format(ns=namespace), user="bob")
    assert (code, status["reason"]) == (403, "Forbidden")
    assert status["message"] == words.format(ns=namespace)


def may(
    world: World, path: str, user: str = "alice", method: str = "GET", *, wanted: bool = True
) -> None:
    def agrees() -> None:
        assert (world.raw(method, path, user=user)[0] != 403) is wanted

    world.eventually(agrees)


@pytest.mark.parametrize(
    ("rules", "path", "method", "expected"),
    [
        ([rule(["configmaps"], ["get", "list"])], "configmaps", "GET", True),
        ([rule(["configmaps"], ["get"])], "configmaps", "GET", False),
        ([rule(["configmaps"], ["get"])], "configmaps/x", "GET", True),
        ([rule(["configmaps"], ["get"])], "configmaps/x", "DELETE", False),
        ([rule(["configmaps"], ["*"])], "configmaps/x", "DELETE", True),
        ([rule(["*"], ["get"])], "secrets/x", "GET", True),
        ([rule(["pods"], ["get"])], "pods/x/log", "GET", False),
        ([rule(["pods/log"], ["get"])], "pods/x/log", "GET", True),
        ([rule(["*/log"], ["get"])], "pods/x/log", "GET", True),
        ([rule(["configmaps"], ["get"], resourceNames=["x"])], "configmaps/x", "GET", True),
        ([rule(["configmaps"], ["get"], resourceNames=["x"])], "configmaps/y", "GET", False),
        (
            [rule(["configmaps"], ["list"], resourceNames=["x"])],
            "configmaps?fieldSelector=metadata.name=x",
            "GET",
            True,
        ),
        ([rule(["configmaps"], ["get"]) | {"apiGroups": ["apps"]}], "configmaps/x", "GET", False),
        ([rule(["configmaps"], ["get"]) | {"apiGroups": ["*"]}], "configmaps/x", "GET", True),
    ],
)
def test_rules_decide(
    world: World,
    grants: Grants,
    rules: list[dict[str, Any]],
    path: str,
    method: str,
    *,
    expected: bool,
) -> None:
    grants.role("r", rules, subject("User", "alice"))
    full = f"/api/v1/namespaces/{grants.namespace}/{path}"
    may(world, full, method=method, wanted=expected)
    may(world, full, "bob", method, wanted=False)


@pytest.mark.parametrize(("kind", "name"), [("User", "alice"), ("Group", "team")])
def test_subjects_are_users_and_groups(world: World, grants: Grants, kind: str, name: str) -> None:
    grants.role("r", [rule(["secrets"], ["list"])], subject(kind, name))
    path = f"/api/v1/namespaces/{grants.namespace}/secrets"
    may(world, path, "alice")
    may(world, path, "carol", wanted=kind == "Group")


def test_service_accounts_are_users(world: World, grants: Grants, core: Any) -> None:
    core.create_namespaced_service_account(grants.namespace, {"metadata": {"name": "robot"}})
    grants.role(
        "r", [rule(["secrets"], ["list"])], subject("ServiceAccount", "robot", grants.namespace)
    )
    path = f"/api/v1/namespaces/{grants.namespace}"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    code, made, _ = world.raw("POST", f"{path}/serviceaccounts/robot/token", request)
    assert code == 201
    token = made["status"]["token"]
    assert world.raw("GET", f"{path}/secrets", user=token)[0] == 200
    assert world.raw("GET", f"{path}/configmaps", user=token)[0] == 403


def test_cluster_roles_bound_in_a_namespace_stay_there(
    world: World, grants: Grants, unique: str
) -> None:
    grants.cluster_role(unique, [rule(["secrets"], ["list"])])
    grants.bind(unique, subject("User", "alice"), everywhere=False)
    may(world, f"/api/v1/namespaces/{grants.namespace}/secrets")
    may(world, "/api/v1/namespaces/default/secrets", wanted=False)
    may(world, "/api/v1/secrets", wanted=False)


def test_cluster_bindings_hold_everywhere(world: World, grants: Grants, unique: str) -> None:
    grants.cluster_role(unique, [rule(["endpoints"], ["list"])])
    grants.bind(unique, subject("User", "carol"), everywhere=True)
    may(world, "/api/v1/namespaces/default/endpoints", "carol")
    may(world, "/api/v1/endpoints", "carol")


def test_urls_can_be_granted(world: World, grants: Grants, unique: str) -> None:
    grants.cluster_role(unique, [{"nonResourceURLs": ["/special/*"], "verbs": ["get"]}])
    grants.bind(unique, subject("User", "alice"), everywhere=True)
    assert world.raw("GET", "/special/thing", user="alice")[0] == 404
    assert world.raw("GET", "/other/thing", user="alice")[0] == 403


def test_roles_aggregate(world: World, grants: Grants, unique: str) -> None:
    world.needs("controllers")
    label = {f"example.org/{unique}": "true"}
    selectors = {"clusterRoleSelectors": [{"matchLabels": label}]}
    grants.cluster_role(unique, [], aggregationRule=selectors)
    grants.bind(unique, subject("User", "alice"), everywhere=False)
    path = f"/api/v1/namespaces/{grants.namespace}/secrets"
    may(world, path, wanted=False)
    grants.cluster_role(f"{unique}-part", [rule(["secrets"], ["list"])], labels=label)
    may(world, path)
    rules = world.raw("GET", f"{RBAC}/clusterroles/{unique}")[1]["rules"]
    assert rules == [rule(["secrets"], ["list"])]


def test_removed_bindings_end_rights(world: World, grants: Grants) -> None:
    grants.role("r", [rule(["secrets"], ["list"])], subject("User", "alice"))
    path = f"/api/v1/namespaces/{grants.namespace}/secrets"
    may(world, path)
    world.raw("DELETE", f"{RBAC}/namespaces/{grants.namespace}/rolebindings/r")
    may(world, path, wanted=False)


def test_a_binding_keeps_its_role(world: World, grants: Grants) -> None:
    grants.role("r", [rule(["secrets"], ["list"])], subject("User", "alice"))
    path = f"{RBAC}/namespaces/{grants.namespace}/rolebindings/r"
    live = world.raw("GET", path)[1]
    other = live | {"roleRef": live["roleRef"] | {"name": "other"}}
    code, status, _ = world.raw("PUT", path, other)
    assert (code, status["reason"]) == (422, "Invalid")


def test_nobody_grants_more_than_they_have(world: World, grants: Grants) -> None:
    everything = {"apiGroups": [GROUP], "resources": ["roles", "rolebindings"], "verbs": ["*"]}
    verbs = ["get", "list", "create", "update", "patch", "delete"]
    limited = everything | {"verbs": verbs}
    grants.role("r", [limited, rule(["configmaps"], ["get"])], subject("User", "alice"))
    base = f"{RBAC}/namespaces/{grants.namespace}/roles"
    held = {"metadata": {"name": "small"}, "rules": [rule(["configmaps"], ["get"])]}
    more = {"metadata": {"name": "big"}, "rules": [rule(["secrets"], ["get"])]}
    assert world.raw("POST", base, held, user="alice")[0] == 201
    code, status, _ = world.raw("POST", base, more, user="alice")
    assert code == 403
    assert "attempting to grant RBAC permissions not currently held" in status["message"]


def test_impersonation_acts_as_the_other(world: World, grants: Grants) -> None:
    grants.role("r", [rule(["secrets"], ["list"])], subject("User", "alice"))
    path = f"/api/v1/namespaces/{grants.namespace}"
    headers = {"Impersonate-User": "alice"}
    assert world.raw("GET", f"{path}/secrets", headers=headers)[0] == 200
    code, status, _ = world.raw("GET", f"{path}/pods", headers=headers)
    assert code == 403
    assert 'User "alice" cannot list' in status["message"]


def test_impersonation_is_a_right(world: World) -> None:
    headers = {"Impersonate-User": "alice"}
    code, status, _ = world.raw("GET", "/api/v1/pods", user="bob", headers=headers)
    assert code == 403
    assert status["message"] == (
        'users "alice" is forbidden: User "bob" cannot impersonate resource "users"'
        ' in API group "" at the cluster scope'
    )


def test_typed_client_reports_401_and_403(world: World, namespace: str) -> None:
    for user, token, code in (("bob", None, 403), ("bob", "wrong", 401)):
        with pytest.raises(ApiException) as caught:
            client.CoreV1Api(world.api(user, token)).list_namespaced_pod(namespace)
        assert caught.value.status == code


def test_self_reviews_answer(world: World, grants: Grants) -> None:
    grants.role("r", [rule(["secrets"], ["list"])], subject("User", "alice"))
    for resource, expected in (("secrets", True), ("pods", False)):
        attributes = {"namespace": grants.namespace, "verb": "list", "resource": resource}
        body = {"spec": {"resourceAttributes": attributes}}
        code, doc, _ = world.raw("POST", f"{AUTHZ}/selfsubjectaccessreviews", body, user="alice")
        assert (code, doc["status"]["allowed"]) == (201, expected)


def test_rules_review_lists_rights(world: World, grants: Grants) -> None:
    grants.role("r", [rule(["secrets"], ["list"])], subject("User", "alice"))
    body = {"spec": {"namespace": grants.namespace}}
    _, doc, _ = world.raw("POST", f"{AUTHZ}/selfsubjectrulesreviews", body, user="alice")
    assert rule(["secrets"], ["list"]) in doc["status"]["resourceRules"]
    assert any("/healthz" in one["nonResourceURLs"] for one in doc["status"]["nonResourceRules"])


def test_reviews_of_others_need_a_right(world: World, grants: Grants) -> None:
    grants.role("r", [rule(["secrets"], ["list"])], subject("Group", "team"))
    attributes = {"namespace": grants.namespace, "verb": "list", "resource": "secrets"}
    body = {"spec": {"user": "x", "groups": ["team"], "resourceAttributes": attributes}}
    path = f"{AUTHZ}/subjectaccessreviews"
    assert world.raw("POST", path, body)[1]["status"]["allowed"] is True
    assert world.raw("POST", path, body, user="bob")[0] == 403


def test_identity_reviews_answer(world: World) -> None:
    path = "/apis/authentication.k8s.io/v1"
    _, doc, _ = world.raw("POST", f"{path}/selfsubjectreviews", {}, user="alice")
    assert doc["status"]["userInfo"]["username"] == "alice"
    assert set(doc["status"]["userInfo"]["groups"]) >= {"team", "system:authenticated"}
    body = {"spec": {"token": world.tokens["carol"]}}
    _, doc, _ = world.raw("POST", f"{path}/tokenreviews", body)
    assert doc["status"]["authenticated"] is True
    assert doc["status"]["user"]["username"] == "carol"
    _, doc, _ = world.raw("POST", f"{path}/tokenreviews", {"spec": {"token": "none"}})
    assert doc["status"].get("authenticated", False) is False
