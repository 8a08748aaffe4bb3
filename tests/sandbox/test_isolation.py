"""What a learner's token may do, and what not."""

import pytest

from relab.sandbox.session import Session
from tests.sandbox.eyes import Eyes

_OWN, _OTHER = "kubeflow-user07", "kubeflow-user08"
MAY = (
    ("get", "namespaces", ""),
    ("list", "profiles.kubeflow.org", ""),
    ("list", "customresourcedefinitions.apiextensions.k8s.io", ""),
    ("list", "nodes", ""),
    ("list", "pods", "kubeflow"),
    ("get", "deployments.apps", "kubeflow"),
    ("get", "pods/log", "mlflow-system"),
    ("list", "services", "kube-system"),
    ("get", "resourcequotas", _OWN),
    ("create", "pods", _OWN),
    ("create", "pods/portforward", _OWN),
    ("get", "secrets", _OWN),
    ("delete", "poddefaults.kubeflow.org", _OWN),
    ("create", "rolebindings.rbac.authorization.k8s.io", _OWN),
    ("create", "notebooks.kubeflow.org", _OWN),
)
MAY_NOT = (
    ("list", "pods", _OTHER),
    ("get", "secrets", _OTHER),
    ("get", "services/proxy", _OTHER),
    ("list", "rolebindings.rbac.authorization.k8s.io", _OTHER),
    ("get", "secrets", "mlflow-system"),
    ("delete", "pods", "kubeflow"),
    ("patch", "profiles.kubeflow.org", ""),
    ("delete", "namespaces", ""),
    ("update", "resourcequotas", _OWN),
    ("impersonate", "users", ""),
)


def can(sandbox: Session, verb: str, resource: str, namespace: str) -> bool:
    name, _, group = resource.partition(".")
    plural, _, subresource = name.partition("/")
    asked = {"verb": verb, "group": group, "resource": plural, "subresource": subresource}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked | {"namespace": namespace}},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    status, answer = Eyes(sandbox, "07").kube(path, review)
    assert status == 201
    return bool(answer["status"]["allowed"])


@pytest.mark.parametrize(("verb", "resource", "namespace"), MAY)
def test_a_learner_may(sandbox: Session, verb: str, resource: str, namespace: str) -> None:
    assert can(sandbox, verb, resource, namespace)


@pytest.mark.parametrize(("verb", "resource", "namespace"), MAY_NOT)
def test_a_learner_may_not(sandbox: Session, verb: str, resource: str, namespace: str) -> None:
    assert not can(sandbox, verb, resource, namespace)
