"""How long `relab sandbox up` takes, beside a bare loop of the same seeding calls.

    python -m bench sandbox_up [--quick]

The loop makes every call that seeding stands for, one after the other, by boto3 and HTTPS, on an
empty sandbox of the same kind, and throws the answers away. The files in the tenants' volumes have
no call in Kubernetes: the loop writes the same files into a folder. Starting the loop's sandbox is
not counted, while `up` is timed from the command to its end. Exit 1 when `up` takes over 1.5 times
the loop.
"""

import http.client
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import boto3
import yaml
from botocore import xform_name

from relab.sandbox.kube import Cluster
from relab.sandbox.kube.exec.disks import Disks
from relab.sandbox.seed import account as account_seed
from relab.sandbox.seed import aws as aws_seed
from relab.sandbox.seed import kube as kube_seed
from relab.sandbox.seed.template import fill, read
from relab.sandbox.session import Session, running

AT_MOST = 1.5
Doc = dict[str, Any]


@dataclass
class Recorder:
    """Stands in for a cluster and keeps what is created; the files of volumes go to `disks`."""

    disks: Disks
    documents: list[Doc] = field(default_factory=list)

    def create(self, doc: Doc) -> Doc:
        self.documents.append(doc)
        return doc

    def get(self, version: str, kind: str, name: str, namespace: str = "") -> Doc:
        return {"metadata": {"uid": f"{namespace}-{name}"}}


@dataclass(frozen=True)
class Api:
    """One kept-open connection to the Kubernetes API, as the admin."""

    connection: http.client.HTTPSConnection
    headers: dict[str, str]

    def call(self, method: str, path: str, body: Doc | None = None, media: str = "") -> Doc:
        headers = self.headers | {"Content-Type": media or "application/json"}
        text = json.dumps(body) if body else None
        self.connection.request(method, path, text, headers)
        answer = self.connection.getresponse()
        found: Doc = json.loads(answer.read())
        # What a wipe leaves, or a controller was quicker with, is there: that only helps the loop.
        if answer.status >= 300 and answer.status != 409:
            raise RuntimeError(f"{method} {path}: {answer.status} {found.get('message')}")
        return found


def main(quick: bool) -> int:
    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory() as folder:
        ups, loops, calls = [], [], 0
        with running(Path(folder) / "loop") as session:
            for number in range(rounds):
                ups.append(_up(Path(folder) / f"up{number}"))
                session.reset(empty=True)
                begun = time.perf_counter()
                calls = sum(1 for _ in _loop(session))
                loops.append(time.perf_counter() - begun)
    return _report(statistics.median(ups), statistics.median(loops), calls, rounds)


def _report(up: float, loop: float, calls: int, rounds: int) -> int:
    ratio = up / loop
    print(f"sandbox up, 16 tenants, median of {rounds}")
    print(f"  {'relab sandbox up':<40}{up:>8.2f} s")
    print(f"  {f'bare loop of the same {calls} calls':<40}{loop:>8.2f} s")
    print(f"  {'ratio':<40}{ratio:>8.2f}   (at most {AT_MOST})")
    return 0 if ratio <= AT_MOST else 1


def _up(state: Path) -> float:
    environ = os.environ | {"XDG_STATE_HOME": str(state)}
    command = [sys.executable, "-m", "relab", "sandbox"]
    begun = time.perf_counter()
    subprocess.run([*command, "up"], env=environ, check=True, capture_output=True)
    taken = time.perf_counter() - begun
    subprocess.run([*command, "down"], env=environ, check=True, capture_output=True)
    return taken


def _loop(session: Session) -> Iterator[None]:
    yield from _aws(session)
    yield from _kubernetes(session)


def _aws(session: Session) -> Iterator[None]:
    account = _session(session.env())
    endpoint = session.profile.aws.endpoint
    s3, ecr = (
        account.client("s3", endpoint_url=endpoint),
        account.client("ecr", endpoint_url=endpoint),
    )
    for repository in read("aws")["platform_repositories"]:
        yield from _repository(ecr, {**repository, "images": []})
    caller = Caller(account, str(endpoint))
    yield from (None for _ in account_seed.plant_shared(caller, session.profile))
    for tenant in session.profile.tenants:
        yield from (None for _ in account_seed.plant_tenant(caller, session.profile, tenant))
        words = aws_seed.tenant_words(session.profile, tenant)
        yield from _bucket(s3, words)
        for repository in fill(read("aws")["repositories"], words):
            yield from _repository(ecr, repository)


@dataclass
class Caller:
    """Makes the account's calls by boto3, over HTTP."""

    account: Any
    endpoint: str
    clients: dict[str, Any] = field(default_factory=dict)

    def call(self, service: str, operation: str, params: Mapping[str, Any]) -> Doc:
        if service not in self.clients:
            self.clients[service] = self.account.client(service, endpoint_url=self.endpoint)
        answer: Doc = getattr(self.clients[service], xform_name(operation))(**params)
        return answer


def _session(env: Mapping[str, str]) -> boto3.Session:
    return boto3.Session(
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )


def _bucket(s3: Any, words: dict[str, str]) -> Iterator[None]:
    data, name = read("aws"), words["bucket"]
    rules = {"Rules": [data["encryption"]["Rule"]]}
    yield s3.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": words["region"]}
    )
    yield s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)
    yield s3.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration=data["public_access"]
    )
    for key, body in aws_seed.objects(words):
        yield s3.put_object(Bucket=name, Key=key, Body=body.encode())


def _repository(ecr: Any, wanted: Doc) -> Iterator[None]:
    data, name = read("aws"), wanted["name"]
    yield ecr.create_repository(
        repositoryName=name, imageScanningConfiguration={"scanOnPush": True}
    )
    yield ecr.put_lifecycle_policy(
        repositoryName=name, lifecyclePolicyText=json.dumps(data["lifecycle"])
    )
    for image in wanted["images"]:
        made = aws_seed.pushed(name, image)
        yield ecr.put_image(
            repositoryName=name,
            imageManifest=made.text,
            imageManifestMediaType=made.media_type,
            imageTag=image["tag"],
            imageDigest=made.digest,
        )


def _kubernetes(session: Session) -> Iterator[None]:
    recorder = Recorder(Disks())
    cluster = cast("Cluster", recorder)
    kube_seed.plant_platform(cluster, session.profile)
    for tenant in session.profile.tenants:
        kube_seed.plant_tenant(cluster, session.profile, tenant)
    recorder.disks.wipe()
    api = _api(session)
    plurals = _plurals(api)
    for doc in recorder.documents:
        yield from _create(api, plurals, doc)


def _create(api: Api, plurals: dict[tuple[str, str], str], doc: Doc) -> Iterator[None]:
    meta = doc["metadata"]
    path = _path(plurals, doc["apiVersion"], doc["kind"], meta.get("namespace"))
    api.call("POST", path, doc)
    yield None
    if "status" in doc:
        merge = "application/merge-patch+json"
        api.call("PATCH", f"{path}/{meta['name']}/status", {"status": doc["status"]}, merge)
        yield None


def _path(
    plurals: dict[tuple[str, str], str], version: str, kind: str, namespace: str | None
) -> str:
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    space = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{space}/{plurals[version, kind]}"


def _plurals(api: Api) -> dict[tuple[str, str], str]:
    groups = api.call("GET", "/apis")["groups"]
    versions = [version["groupVersion"] for group in groups for version in group["versions"]]
    roots = {"v1": "/api/v1"} | {version: f"/apis/{version}" for version in versions}
    return {
        (version, row["kind"]): row["name"]
        for version, root in roots.items()
        for row in api.call("GET", root)["resources"]
        if "/" not in row["name"]
    }


def _api(session: Session) -> Api:
    path = session.place.kubeconfig("admin")
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    cluster = config["clusters"][0]["cluster"]
    token = next(row["user"]["token"] for row in config["users"] if row["name"] == "admin")
    authority = b64decode(cluster["certificate-authority-data"]).decode()
    address = urlsplit(cluster["server"])
    connection = http.client.HTTPSConnection(
        str(address.hostname), address.port, context=ssl.create_default_context(cadata=authority)
    )
    return Api(connection, {"Authorization": f"Bearer {token}"})


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
