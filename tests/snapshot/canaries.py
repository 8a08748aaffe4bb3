"""Secrets planted in every place of a sandbox that may bear one, and a search for them in bytes.

Each is `MARK` with the name of its place, so that a find says what has leaked. Nothing about `MARK`
looks like a secret: it is the place that must give it away.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3

from relab.sandbox.session import Session
from tests.snapshot.sdk import Api

MARK = "hushthisisnobodysbusiness"
SPACE = "kubeflow-user07"
BUCKET = "mlops-training-user07"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def canary(place: str, odd: str = "") -> str:
    """Return the secret of `place`, which ends with `odd`."""
    return f"{MARK}-{place}{odd}"


def in_cluster(cluster: Api) -> set[str]:
    """Plant one in each place of the cluster, and return the places."""
    docs = list(_documents())
    for doc in docs:
        cluster.create(doc, SPACE)
    return set(_places([*docs]))


def in_account(sandbox: Session) -> set[str]:
    """Plant one in each place of the account, and return the places."""
    calls = list(_calls(sandbox))
    clients: dict[str, Any] = {}
    for service, operation, params in calls:
        client = clients.setdefault(service, _client(sandbox, service))
        getattr(client, operation)(**params)
    return set(_places([params for _, _, params in calls]))


def _documents() -> Iterator[dict[str, Any]]:
    def coded(place: str) -> str:
        return base64.b64encode(canary(place).encode()).decode()

    head = {"apiVersion": "v1"}
    env = [
        {"name": "DB_PASSWORD", "value": canary("pod-env", '"\\\n한글')},
        {"name": "DSN", "value": f"postgres://mlflow:{canary('pod-dsn')}@db/mlflow"},
    ]
    container = {
        "name": "c",
        "image": "i",
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
        "env": env,
        "args": [f"--token={canary('pod-arg')}", "--api-key", canary("pod-next-arg")],
        "command": ["sh", "-c", f"export DB_PASSWORD={canary('pod-command')}; exec serve"],
    }
    spec = {"containers": [container]}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": spec}
    applied = json.dumps({**head, "kind": "Secret", "data": {"a": coded("applied")}})
    login = {"auths": {"r.invalid": {"auth": coded("registry-login")}}}
    yield {
        **head,
        "kind": "Secret",
        "metadata": {"name": "canary", "annotations": {APPLIED: applied}},
        "data": {"a": coded("secret"), "b": base64.b64encode(coded("nested").encode()).decode()},
    }
    yield {
        **head,
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": "canary-login"},
        "data": {".dockerconfigjson": base64.b64encode(json.dumps(login).encode()).decode()},
    }
    yield {
        **head,
        "kind": "ConfigMap",
        "metadata": {"name": "canary", "annotations": {"team/api-token": canary("annotation")}},
        "data": {
            "DB_PASSWORD": canary("setting"),
            "app.ini": f"user = me\npassword = {canary('setting-file')}\n",
            "app.json": json.dumps({"db": {"password": canary("setting-json")}}),
        },
        "binaryData": {"api-token": coded("setting-binary")},
    }
    yield {**head, "kind": "Pod", "metadata": {"name": "canary"}, "spec": spec}
    yield {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "canary", "annotations": {APPLIED: json.dumps({"env": env})}},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    yield {
        "apiVersion": "kubeflow.org/v1alpha1",
        "kind": "PodDefault",
        "metadata": {"name": "canary"},
        "spec": {
            "selector": {},
            "env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": canary("pod-default")}],
        },
    }


Call = tuple[str, str, dict[str, Any]]


def _calls(sandbox: Session) -> Iterator[Call]:
    yield from _values()
    yield from _settings(sandbox)


def _values() -> Iterator[Call]:
    yield (
        "ssm",
        "put_parameter",
        {
            "Name": "/mlops/user07/canary",
            "Type": "SecureString",
            "Value": canary("secure-string"),
        },
    )
    yield (
        "ssm",
        "put_parameter",
        {
            "Name": "/mlops/user07/db/password",
            "Type": "String",
            "Value": canary("plain-parameter-of-a-telling-name"),
        },
    )
    yield (
        "secretsmanager",
        "create_secret",
        {
            "Name": "mlops/user07/canary",
            "SecretString": json.dumps({"password": canary("secret-string")}),
            "Tags": [{"Key": "api-token", "Value": canary("tag")}],
        },
    )
    yield (
        "secretsmanager",
        "create_secret",
        {
            "Name": "mlops/user07/canary-bytes",
            "SecretBinary": canary("secret-bytes").encode(),
        },
    )
    yield (
        "s3",
        "put_object",
        {
            "Bucket": BUCKET,
            "Key": "canary.bin",
            "Body": b"a body is not sealed",
            "Metadata": {"api-key": canary("object-metadata")},
            "Tagging": f"access-token={canary('object-tag')}",
        },
    )


def _settings(sandbox: Session) -> Iterator[Call]:
    region, account = sandbox.profile.aws.region, sandbox.profile.aws.account
    yield (
        "sns",
        "subscribe",
        {
            "TopicArn": f"arn:aws:sns:{region}:{account}:mlops-training-alerts",
            "Protocol": "https",
            "Endpoint": f"https://me:{canary('subscription')}@hooks.invalid/x",
        },
    )
    yield (
        "events",
        "put_targets",
        {
            "Rule": "mlops-training-nightly",
            "Targets": [
                {
                    "Id": "canary",
                    "Arn": f"arn:aws:events:{region}:{account}:api-destination/hook/1",
                    "Input": json.dumps({"auth": {"password": canary("target-input")}}),
                    "HttpParameters": {
                        "HeaderParameters": {"Authorization": f"Basic {canary('target-header')}"},
                        "QueryStringParameters": {"api-key": canary("target-query")},
                    },
                }
            ],
        },
    )
    yield (
        "lambda",
        "update_function_configuration",
        {
            "FunctionName": "mlops-training-notify",
            "Environment": {"Variables": {"SLACK_TOKEN": canary("function-env")}},
        },
    )
    yield (
        "eks",
        "create_addon",
        {
            "clusterName": sandbox.profile.kubernetes.cluster,
            "addonName": "canary",
            "configurationValues": json.dumps({"webhook": {"password": canary("addon")}}),
        },
    )


def _client(sandbox: Session, service: Any) -> Any:
    env = sandbox.env()
    return boto3.client(
        service,
        region_name=env["AWS_REGION"],
        endpoint_url=env["AWS_ENDPOINT_URL"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )


def _places(node: Any) -> Iterator[str]:
    return places(json.dumps(node, default=lambda raw: raw.decode()).encode())


def places(data: bytes) -> Iterator[str]:
    """Yield the places whose secrets stand in `data`, decoding base64 inside of it."""
    import re

    for found in re.finditer(MARK.encode() + rb"-([a-z-]*[a-z])", data):
        yield found[1].decode()
    for word in re.findall(rb"[A-Za-z0-9+/]{24,}={0,2}", data):
        try:
            inner = base64.b64decode(word, validate=True)
        except ValueError:
            continue
        yield from places(inner)


def needles(secret: str) -> set[bytes]:
    """Return the forms in which the bytes of `secret` could stand, base64 of base64 among them."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), raw[::-1]}
    found |= {secret.encode("utf-16-le"), json.dumps(secret)[1:-1].encode()}
    once = set(_coded(raw))
    return found | once | {twice for one in once for twice in _coded(one)}


def _coded(raw: bytes) -> Iterator[bytes]:
    """Yield the middle of what base64 makes of `raw`, at each of its three places."""
    for lead in range(3):
        whole = base64.b64encode(b"\0" * lead + raw)
        middle = whole[4 if lead else 0 : len(whole) // 4 * 4 - 4]
        yield middle
        yield middle.translate(bytes.maketrans(b"+/", b"-_"))


def leaks(forms: Iterable[bytes], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return where one of `forms` stands, and what is around it; packed bytes are unpacked."""
    found: dict[str, bytes] = {}
    known = tuple(forms)
    for name, data in files.items():
        for text in (data, _unpacked(data)):
            for form in known:
                at = text.find(form)
                if at >= 0:
                    found[name] = text[max(0, at - 80) : at + 120]
    return found


def _unpacked(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return b""


def files(*folders: Path) -> dict[str, bytes]:
    """Return every file below `folders`, by name; what goes while it is read is left out."""
    found: dict[str, bytes] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            try:
                found[str(path)] = path.read_bytes()
            except (IsADirectoryError, FileNotFoundError):
                continue
    return found
