"""The data plane of the embedded ECR, by plain HTTP, by `skopeo` and beside the control plane."""

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from relab.sandbox.registry.tokens import Tokens
from relab.sandbox.session import Session
from tests.sandbox.eyes import Eyes

REPOSITORY = "mlops-user07-training"
PLATFORM = "mlops-platform/python"
EMPTY = "mlops-training/user07"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="no skopeo on PATH")


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass(frozen=True)
class Caller:
    """Speaks to the registry as a tenant, or as the admin (None)."""

    sandbox: Session
    tenant: str | None
    login: str

    @classmethod
    def of(cls, sandbox: Session, tenant: str | None) -> "Caller":
        found = Eyes(sandbox, tenant).aws("ecr").get_authorization_token()
        return cls(sandbox, tenant, found["authorizationData"][0]["authorizationToken"])

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        address = f"{self.sandbox.profile.aws.registry}/v2/{path}"
        sent = {"Authorization": f"Basic {self.login}"} | {
            key.replace("_", "-"): value for key, value in headers.items()
        }
        return urllib3.request(method, address, body=body, headers=sent, retries=False)

    def code(self, method: str, path: str, body: bytes | None = None, **headers: str) -> str:
        """Return the status, and the error code when there is one."""
        answer = self.ask(method, path, body, **headers)
        errors = answer.json()["errors"] if answer.status >= 400 and answer.data else []
        return " ".join([str(answer.status), *(error["code"] for error in errors)])

    def push_blob(self, repository: str, data: bytes) -> None:
        path = f"{repository}/blobs/uploads/?digest={digest_of(data)}"
        assert self.code("POST", path, data) == "201"

    def push(self, repository: str, reference: str, manifest: bytes) -> str:
        path = f"{repository}/manifests/{reference}"
        return self.code("PUT", path, manifest, Content_Type=DOCKER)


@pytest.fixture
def student(sandbox: Session) -> Caller:
    return Caller.of(sandbox, "07")


@pytest.fixture
def pusher(changeable: Session) -> Iterator[Caller]:
    yield Caller.of(changeable, None)


def manifest(config: bytes, layer: bytes, **more: object) -> bytes:
    parts = {
        "config": {"mediaType": "c", "size": len(config), "digest": digest_of(config)},
        "layers": [{"mediaType": "l", "size": len(layer), "digest": digest_of(layer)}],
    }
    return json.dumps({"schemaVersion": 2, "mediaType": DOCKER, **parts, **more}).encode()


def pushed(caller: Caller, repository: str, tag: str, text: str = "") -> bytes:
    """Push a small image and return its manifest."""
    config, layer = b"{}" + text.encode(), b"layer" + text.encode()
    caller.push_blob(repository, config)
    caller.push_blob(repository, layer)
    made = manifest(config, layer)
    assert caller.push(repository, tag, made) == "201"
    return made


def listed(caller: Caller, repository: str) -> dict[str, list[str]]:
    ecr = Eyes(caller.sandbox, caller.tenant).aws("ecr")
    rows = ecr.describe_images(repositoryName=repository)["imageDetails"]
    return {row["imageDigest"]: row.get("imageTags", []) for row in rows}


def everything(caller: Caller, repository: str, reference: str) -> Iterator[tuple[str, bytes]]:
    """Yield digest and bytes of a manifest and all that it names."""
    found = caller.ask("GET", f"{repository}/manifests/{reference}")
    assert found.status == 200
    yield found.headers["Docker-Content-Digest"], found.data
    document = found.json()
    for child in document.get("manifests", []):
        yield from everything(caller, repository, child["digest"])
    for part in [document.get("config"), *document.get("layers", [])]:
        if part:
            data = caller.ask("GET", f"{repository}/blobs/{part['digest']}").data
            assert len(data) == part["size"]
            yield part["digest"], data


def test_every_seeded_image_is_there_to_the_last_byte(sandbox: Session) -> None:
    admin = Caller.of(sandbox, None)
    ecr = Eyes(sandbox, None).aws("ecr")
    shapes = set()
    for row in ecr.describe_repositories()["repositories"]:
        for digest, tags in listed(admin, row["repositoryName"]).items():
            for named, data in everything(admin, row["repositoryName"], digest):
                assert digest_of(data) == named
            shapes.add(min(len(tags), 2))
    assert shapes == {0, 1, 2}


def test_a_manifest_has_its_type_and_an_index_its_images(student: Caller) -> None:
    found = student.ask("GET", f"{PLATFORM}/manifests/multi")
    assert found.headers["Content-Type"] == "application/vnd.oci.image.index.v1+json"
    platforms = {child["platform"]["architecture"] for child in found.json()["manifests"]}
    assert platforms == {"amd64", "arm64"}
    head = student.ask("HEAD", f"{PLATFORM}/manifests/multi")
    assert (head.status, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(found.data))


def test_ecr_tells_how_large_images_are(student: Caller) -> None:
    told = {}
    ecr = Eyes(student.sandbox, "07").aws("ecr")
    for row in ecr.describe_images(repositoryName=PLATFORM)["imageDetails"]:
        told[row["imageDigest"]] = row["imageSizeInBytes"]
    index = student.ask("GET", f"{PLATFORM}/manifests/multi")
    children = [child["digest"] for child in index.json()["manifests"]]
    for child in children:
        layers = student.ask("GET", f"{PLATFORM}/manifests/{child}").json()["layers"]
        assert told[child] == sum(layer["size"] for layer in layers)
    assert told[digest_of(index.data)] == max(told[child] for child in children)


def test_a_part_of_a_blob_can_be_asked_for(student: Caller) -> None:
    layer = student.ask("GET", f"{REPOSITORY}/manifests/latest").json()["layers"][0]
    path = f"{REPOSITORY}/blobs/{layer['digest']}"
    whole = student.ask("GET", path).data
    part = student.ask("GET", path, Range="bytes=10-19")
    assert (part.status, part.data) == (206, whole[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert student.ask("GET", path, Range="bytes=20-").data == whole[20:]
    assert student.ask("GET", path, Range="bytes=-5").data == whole[-5:]
    assert student.code("GET", path, Range=f"bytes={len(whole)}-").startswith("416")


def test_tags_come_in_pages(student: Caller) -> None:
    assert student.ask("GET", f"{PLATFORM}/tags/list").json() == {
        "name": PLATFORM,
        "tags": ["3.11", "3.11.9", "multi", "stable"],
    }
    page = student.ask("GET", f"{PLATFORM}/tags/list?n=2&last=3.11").json()
    assert page["tags"] == ["3.11.9", "multi"]


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", f"{REPOSITORY}/manifests/none", "404 MANIFEST_UNKNOWN"),
        ("GET", "no-such/manifests/latest", "404 NAME_UNKNOWN"),
        ("GET", f"{REPOSITORY}/blobs/sha256:{'0' * 64}", "404 BLOB_UNKNOWN"),
        ("POST", "no-such/blobs/uploads/", "404 NAME_UNKNOWN"),
        ("PATCH", f"{REPOSITORY}/blobs/uploads/0", "404 BLOB_UPLOAD_UNKNOWN"),
        ("DELETE", f"{REPOSITORY}/manifests/latest", "405 UNSUPPORTED"),
        ("GET", "nonsense", "404 NAME_UNKNOWN"),
    ],
)
def test_errors_are_the_registrys_own(student: Caller, method: str, path: str, said: str) -> None:
    assert student.code(method, path) == said


def test_a_repository_serves_only_its_own_blobs(student: Caller) -> None:
    layer = student.ask("GET", f"{PLATFORM}/manifests/stable").json()["layers"][-1]
    assert student.code("GET", f"{PLATFORM}/blobs/{layer['digest']}") == "200"
    assert student.code("GET", f"{REPOSITORY}/blobs/{layer['digest']}") == "404 BLOB_UNKNOWN"


def test_only_a_login_of_this_sandbox_enters(student: Caller, sandbox: Session) -> None:
    foreign = Tokens().issue("AKIAEXAMPLEEXAMPLE00", 2**40)
    user, _, password = base64.b64decode(student.login).decode().partition(":")
    assert user == "AWS"
    for login in (
        "AWS:",
        f"AWS:{foreign}",
        f"AWS:x{password}",
        f"docker:{password}",
        ":",
        "nobody",
    ):
        wrong = Caller(sandbox, "07", base64.b64encode(login.encode()).decode())
        assert wrong.code("GET", "") == "401 UNAUTHORIZED"
    refused = Caller(sandbox, "07", "!").ask("GET", "")
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert student.code("GET", "") == "200"


def test_a_login_ends_after_its_time() -> None:
    tokens = Tokens()
    assert tokens.access_key(tokens.issue("AKIA", 2**40)) == "AKIA"
    assert tokens.access_key(tokens.issue("AKIA", 1)) is None


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("access-denied", "403 DENIED"),
        ("expired-credentials", "401 UNAUTHORIZED"),
        ("throttled", "429 TOOMANYREQUESTS"),
    ],
)
def test_a_fault_holds_its_tenant_alone(sandbox: Session, fault: str, said: str) -> None:
    held, other = Caller.of(sandbox, "07"), Caller.of(sandbox, "08")
    sandbox.break_(fault, "07")
    path = f"{REPOSITORY}/manifests/latest"
    assert held.code("GET", path) == said
    assert other.code("GET", path) == "200"
    sandbox.mend(fault, "07")
    assert held.code("GET", path) == "200"


def test_repositories_come_back_with_their_layers(sandbox: Session) -> None:
    student = Caller.of(sandbox, "07")
    before = dict(everything(student, REPOSITORY, "latest"))
    sandbox.break_("no-ecr", "07")
    assert student.code("GET", f"{REPOSITORY}/manifests/latest") == "404 NAME_UNKNOWN"
    sandbox.mend("no-ecr", "07")
    assert dict(everything(student, REPOSITORY, "latest")) == before


def test_a_pushed_manifest_is_an_image_of_ecr(pusher: Caller) -> None:
    made = pushed(pusher, EMPTY, "v1")
    digest = digest_of(made)
    assert listed(pusher, EMPTY) == {digest: ["v1"]}
    assert pusher.push(EMPTY, "v1", made) == "201"
    assert pusher.push(EMPTY, "v2", made) == "201"
    assert pusher.push(EMPTY, digest, made) == "201"
    assert listed(pusher, EMPTY) == {digest: ["v1", "v2"]}
    other = pushed(pusher, EMPTY, "v2", "other")
    assert listed(pusher, EMPTY) == {digest: ["v1"], digest_of(other): ["v2"]}
    third = pushed(pusher, EMPTY, "v1", "third")
    assert listed(pusher, EMPTY) == {digest: [], digest_of(other): ["v2"], digest_of(third): ["v1"]}
    assert pusher.ask("GET", f"{EMPTY}/manifests/{digest}").data == made


def test_an_image_put_by_the_control_plane_is_served(pusher: Caller) -> None:
    ecr = Eyes(pusher.sandbox, None).aws("ecr")
    text = manifest(b"c", b"l").decode()
    put = ecr.put_image(repositoryName=EMPTY, imageManifest=text, imageTag="put")["image"]
    assert put["imageId"]["imageDigest"] == digest_of(text.encode())
    assert pusher.ask("GET", f"{EMPTY}/manifests/put").data == text.encode()


def test_a_layer_uploaded_by_the_control_plane_is_served(pusher: Caller) -> None:
    ecr = Eyes(pusher.sandbox, None).aws("ecr")
    data = b"by the part" * 9
    upload = ecr.initiate_layer_upload(repositoryName=EMPTY)["uploadId"]
    named = {"repositoryName": EMPTY, "uploadId": upload}
    ecr.upload_layer_part(**named, partFirstByte=0, partLastByte=len(data) - 1, layerPartBlob=data)
    ecr.complete_layer_upload(**named, layerDigests=[digest_of(data)])
    assert pusher.ask("GET", f"{EMPTY}/blobs/{digest_of(data)}").data == data


def test_immutable_tags_stay(pusher: Caller) -> None:
    made = pushed(pusher, EMPTY, "v1")
    ecr = Eyes(pusher.sandbox, None).aws("ecr")
    ecr.put_image_tag_mutability(repositoryName=EMPTY, imageTagMutability="IMMUTABLE")
    other = manifest(b"{}", b"layer", annotations={"a": "b"})
    assert pusher.push(EMPTY, "v1", other) == "400 TAG_INVALID"
    assert pusher.push(EMPTY, "v2", other) == "201"
    assert listed(pusher, EMPTY) == {digest_of(made): ["v1"], digest_of(other): ["v2"]}


@pytest.mark.parametrize(
    ("reference", "body", "said"),
    [
        ("v1", b"{", "400 MANIFEST_INVALID"),
        ("v1", b"\xff", "400 MANIFEST_INVALID"),
        ("v1", b"[]", "400 MANIFEST_INVALID"),
        ("v1", b'{"schemaVersion": 1}', "400 MANIFEST_INVALID"),
        ("v1", manifest(b"never", b"sent"), "400 MANIFEST_BLOB_UNKNOWN"),
        ("v1", manifest(b"", b"", mediaType="other"), "400 MANIFEST_INVALID"),
        (f"sha256:{'0' * 64}", b'{"schemaVersion": 2}', "400 DIGEST_INVALID"),
        ("-", b'{"schemaVersion": 2}', "400 TAG_INVALID"),
        ("v1", b" " * (4 * 1024 * 1024 + 1), "413 SIZE_INVALID"),
    ],
)
def test_what_is_no_whole_image_is_refused(
    student: Caller, reference: str, body: bytes, said: str
) -> None:
    assert student.push(EMPTY, reference, body) == said
    assert listed(student, EMPTY) == {}


def test_an_index_without_its_images_is_refused(student: Caller) -> None:
    child = {"mediaType": DOCKER, "size": 1, "digest": digest_of(b"child")}
    body = json.dumps({"schemaVersion": 2, "mediaType": DOCKER, "manifests": [child]}).encode()
    assert student.push(EMPTY, "v1", body) == "400 MANIFEST_BLOB_UNKNOWN"


def test_a_blob_comes_in_pieces(pusher: Caller) -> None:
    begun = pusher.ask("POST", f"{EMPTY}/blobs/uploads/")
    assert begun.status == 202
    path = begun.headers["Location"].removeprefix("/v2/")
    assert pusher.ask("PATCH", path, b"one", Content_Range="0-2").headers["Range"] == "0-2"
    wrong = pusher.code("PATCH", path, b"late", Content_Range="9-12")
    assert wrong == "416 BLOB_UPLOAD_INVALID"
    assert pusher.ask("PATCH", path, b"two").status == 202
    assert pusher.ask("GET", path).headers["Range"] == "0-5"
    done = pusher.ask("PUT", f"{path}?digest={digest_of(b'onetwothree')}", b"three")
    assert done.status == 201
    stored = pusher.ask("GET", done.headers["Location"].removeprefix("/v2/"))
    assert stored.data == b"onetwothree"


def test_a_wrong_digest_is_found(pusher: Caller) -> None:
    path = f"{EMPTY}/blobs/uploads/?digest={digest_of(b'this')}"
    assert pusher.code("POST", path, b"that") == "400 DIGEST_INVALID"
    assert pusher.code("HEAD", f"{EMPTY}/blobs/{digest_of(b'that')}") == "404"


def test_an_upload_can_be_given_up_and_is_nobody_elses(pusher: Caller) -> None:
    path = pusher.ask("POST", f"{EMPTY}/blobs/uploads/").headers["Location"].removeprefix("/v2/")
    other = path.replace(EMPTY, REPOSITORY)
    assert pusher.code("GET", other) == "404 BLOB_UPLOAD_UNKNOWN"
    assert pusher.code("DELETE", path) == "204"
    assert pusher.code("PUT", f"{path}?digest={digest_of(b'')}") == "404 BLOB_UPLOAD_UNKNOWN"


def test_a_blob_is_mounted_from_another_repository(pusher: Caller) -> None:
    layer = pusher.ask("GET", f"{REPOSITORY}/manifests/latest").json()["layers"][0]["digest"]
    origin = f"{EMPTY}/blobs/uploads/?mount={layer}&from="
    assert pusher.code("POST", f"{origin}{REPOSITORY}") == "201"
    assert pusher.code("HEAD", f"{EMPTY}/blobs/{layer}") == "200"
    assert pusher.code("POST", f"{origin}no-such") == "202"


@needs_skopeo
def test_skopeo_carries_an_index_away_and_back(pusher: Caller, tmp_path: Path) -> None:
    address = str(pusher.sandbox.profile.aws.registry).removeprefix("http://")
    login = base64.b64decode(pusher.login).decode()

    def skopeo(*words: str) -> bytes:
        done = subprocess.run(["skopeo", "--insecure-policy", *words], capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    there, back = f"docker://{address}/{PLATFORM}:multi", f"docker://{address}/{EMPTY}:back"
    folder = f"oci:{tmp_path}/layout:multi"
    secret = ["--src-tls-verify=false", "--src-creds", login]
    skopeo("copy", "--all", *secret, there, folder)
    skopeo("copy", "--all", "--dest-tls-verify=false", "--dest-creds", login, folder, back)
    raw = skopeo("inspect", "--raw", "--tls-verify=false", "--creds", login, back)
    assert raw == pusher.ask("GET", f"{PLATFORM}/manifests/multi").data
    assert sorted(listed(pusher, EMPTY).values()) == [[], [], ["back"]]


def test_a_reset_brings_the_seeded_bytes_again(pusher: Caller) -> None:
    before: Mapping[str, Any] = dict(everything(pusher, REPOSITORY, "latest"))
    pushed(pusher, EMPTY, "v1")
    pusher.sandbox.reset()
    assert dict(everything(pusher, REPOSITORY, "latest")) == before
    assert listed(pusher, EMPTY) == {}
    pusher.sandbox.reset(empty=True)
    assert pusher.code("GET", f"{REPOSITORY}/manifests/latest") == "404 NAME_UNKNOWN"
