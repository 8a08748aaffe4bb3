"""Secrets in objects are pointed at wherever they stand, and nothing else is."""

import json
from base64 import b64encode
from typing import Any

import pytest

from relab.resources.kubernetes.moves import LAST_APPLIED
from relab.resources.kubernetes.secrets import pointers
from tests.resources.kubernetes.objects import item, obj

CANARY = "canary-of-the-vault"
APPLIED = LAST_APPLIED.replace("/", "~1")


def found(name: str, raw: dict[str, Any]) -> set[str]:
    return set(pointers(item(name, raw)))


def env(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


SECRET_ENV = env(("DB_PASSWORD", CANARY))
CONTAINERS = [{"name": "c", "env": SECRET_ENV}]
POD = {"spec": {"containers": CONTAINERS}}


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("Pod", obj(spec={"initContainers": CONTAINERS}), "/spec/initContainers/0/env/0/value"),
        (
            "Pod",
            obj(spec={"ephemeralContainers": CONTAINERS}),
            "/spec/ephemeralContainers/0/env/0/value",
        ),
        (
            "Deployment.apps",
            obj(spec={"template": POD}),
            "/spec/template/spec/containers/0/env/0/value",
        ),
        (
            "CronJob.batch",
            obj(spec={"jobTemplate": {"spec": {"template": POD}}}),
            "/spec/jobTemplate/spec/template/spec/containers/0/env/0/value",
        ),
        ("PodDefault.kubeflow.org", obj(spec={"env": SECRET_ENV}), "/spec/env/0/value"),
        (
            "Notebook.kubeflow.org",
            obj(spec={"template": POD}),
            "/spec/template/spec/containers/0/env/0/value",
        ),
        (
            "ControllerRevision.apps",
            obj(data={"spec": {"template": POD}}),
            "/data/spec/template/spec/containers/0/env/0/value",
        ),
        (
            "Workflow.argoproj.io",
            obj(spec={"arguments": {"parameters": env(("api-token", CANARY))}}),
            "/spec/arguments/parameters/0/value",
        ),
        (
            "Pod",
            obj(spec={"containers": [{"args": ["-v", f"--password={CANARY}"]}]}),
            "/spec/containers/0/args/1",
        ),
        (
            "Pod",
            obj(spec={"containers": [{"command": ["x", "--token", CANARY]}]}),
            "/spec/containers/0/command/2",
        ),
        (
            "Pod",
            obj(spec={"containers": [{"command": ["sh", "-c", f"PGPASSWORD={CANARY} psql"]}]}),
            "/spec/containers/0/command/2",
        ),
        ("ConfigMap", obj(data={"DB_PASSWORD": CANARY}), "/data/DB_PASSWORD"),
        ("ConfigMap", obj(data={"app.yaml": f"db:\n  password: {CANARY}\n"}), "/data/app.yaml"),
        ("ConfigMap", obj(data={"url": f"postgresql://m:{CANARY}@db/m"}), "/data/url"),
        (
            "ConfigMap",
            obj(binaryData={"a.env": b64encode(f"TOKEN={CANARY}".encode()).decode()}),
            "/binaryData/a.env",
        ),
        (
            "Pod",
            obj({"annotations": {"team/api-token": CANARY}}),
            "/metadata/annotations/team~1api-token",
        ),
        (
            "Pod",
            obj({"annotations": {"x": json.dumps({"env": SECRET_ENV})}}),
            "/metadata/annotations/x",
        ),
        ("Database.example.com", obj(spec={"admin": {"password": CANARY}}), "/spec/admin/password"),
    ],
)
def test_a_secret_is_found(name: str, raw: dict[str, Any], expected: str) -> None:
    assert found(name, raw) == {f"/document{expected}"}


def test_every_value_of_a_secret_is_one() -> None:
    raw = obj(
        {"annotations": {LAST_APPLIED: '{"data": {}}', "plain": "text"}},
        data={"user": b64encode(b"me").decode(), "a/b~c": ""},
        stringData={"x": "y"},
    )
    assert found("Secret", raw) == {
        "/document/data/user",
        "/document/data/a~1b~0c",
        "/document/stringData/x",
        f"/document/metadata/annotations/{APPLIED}",
    }


def test_a_token_that_is_observed_is_found_there() -> None:
    raw = obj(type="kubernetes.io/service-account-token", data={"token": "c2VjcmV0"})
    assert found("Secret", raw) == {"/observed/data/token"}


def test_what_was_applied_is_sealed_beside_any_secret_only() -> None:
    applied = {LAST_APPLIED: json.dumps({"kind": "Pod", "spec": {"containers": CONTAINERS}})}
    assert found("Pod", obj({"annotations": applied})) == {
        f"/document/metadata/annotations/{APPLIED}"
    }
    beside = obj({"annotations": {LAST_APPLIED: "{}"}}, spec={"containers": CONTAINERS})
    assert f"/document/metadata/annotations/{APPLIED}" in found("Pod", beside)
    assert found("ConfigMap", obj({"annotations": {LAST_APPLIED: "{}"}}, data={"a": "b"})) == set()


def test_what_was_applied_of_a_secret_is_read_as_one() -> None:
    applied = json.dumps({"kind": "Secret", "stringData": {"user": "me"}})
    assert found("ConfigMap", obj(data={"secret.json": applied})) == {"/document/data/secret.json"}


@pytest.mark.parametrize("said", [CANARY, f'{CANARY}"\n'])
def test_what_repeats_a_secret_is_sealed_too(said: str) -> None:
    raw = obj(
        {"annotations": {"note": f"use {said}", "json": json.dumps([said]), "other": "text"}},
        spec={"containers": [{"env": env(("DB_PASSWORD", said), ("GREETING", f"hi {said}"))}]},
        status={"message": f"login with {said} failed"},
    )
    assert found("Pod", raw) == {
        "/document/spec/containers/0/env/0/value",
        "/document/spec/containers/0/env/1/value",
        "/document/metadata/annotations/note",
        "/document/metadata/annotations/json",
        "/observed/status/message",
    }


def test_what_a_secret_holds_is_sealed_in_clear_too() -> None:
    coded = b64encode(CANARY.encode()).decode()
    raw = obj({"annotations": {"note": f"it is {CANARY}"}}, data={"a": coded})
    assert found("Secret", raw) == {"/document/data/a", "/document/metadata/annotations/note"}


INNOCENT = [
    ("MLFLOW_TRACKING_URI", "http://mlflow-server.kubeflow-user07.svc.cluster.local:5000"),
    ("MLFLOW_S3_ENDPOINT_URL", "https://s3.ap-northeast-2.amazonaws.com"),
    ("AWS_DEFAULT_REGION", "ap-northeast-2"),
    ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/MlopsStack-UserRole1A2B3C4D-1X2Y3Z4W5V6U"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"),
    ("KF_PIPELINES_SA_TOKEN_PATH", "/var/run/secrets/kubeflow/pipelines/token"),
    ("BACKEND_STORE_URI", "postgresql://mlflow@postgres.mlflow-system:5432/mlflow_user07"),
    ("DB_PASSWORD", "$(FROM_ELSEWHERE)"),
    ("GOOGLE_APPLICATION_CREDENTIALS", "/secrets/key.json"),
    ("MLFLOW_RUN_ID", "0af7651916cd43dd8448eb211c80319c"),
    ("RUN_UUID", "a31b3453-5972-4e04-8f8c-30e38a65c0af"),
    ("IMAGE", "ghcr.io/mlflow/mlflow@sha256:" + "7d7ef4ec" * 8),
]


def test_what_is_no_secret_stays_readable() -> None:
    container = {
        "image": "602401143452.dkr.ecr.ap-northeast-2.amazonaws.com/eks/coredns:v1.11.4",
        "env": [
            *env(*INNOCENT),
            {
                "name": "DB_PASSWORD",
                "valueFrom": {"secretKeyRef": {"name": "s", "key": "password"}},
            },
        ],
        "args": [
            "--token-path=/var/run/token",
            "--password-file",
            "/etc/pw",
            "--backend-store-uri",
        ],
    }
    volumes = [
        {"projected": {"sources": [{"serviceAccountToken": {"path": "token", "audience": "a"}}]}},
        {"secret": {"secretName": "database-password"}},
    ]
    raw = obj(
        {"annotations": {LAST_APPLIED: json.dumps({"spec": {"containers": [container]}})}},
        spec={"containers": [container], "volumes": volumes},
    )
    assert found("Pod", raw) == set()


def test_public_certificates_stay_readable() -> None:
    text = "-----BEGIN CERTIFICATE-----\nMIIDBTCCAe2gAwIBAgIIQ7zX\n-----END CERTIFICATE-----\n"
    bundle = b64encode(text.encode()).decode()
    assert found("ConfigMap", obj(data={"ca.crt": text, "other.pem": text})) == set()
    webhook = {"clientConfig": {"caBundle": bundle}}
    assert found("MutatingWebhookConfiguration.a.k8s.io", obj(webhooks=[webhook])) == set()


def test_references_of_other_operators_stay_readable() -> None:
    spec = {
        "data": [{"secretKey": "password", "remoteRef": {"key": "prod/db"}}],
        "privateKeySecretRef": {"name": "issuer-key"},
        "existingSecret": "database",
        "secretName": "tls",
    }
    assert found("ExternalSecret.external-secrets.io", obj(spec=spec)) == set()


@pytest.mark.parametrize(
    "text", ["{", "[" * 5000, '{"a": ' * 5000, '"', "[]", "null", "\x00\ud800"]
)
def test_broken_json_in_a_string_breaks_nothing(text: str) -> None:
    assert found("ConfigMap", obj(data={"a": text})) == set()
