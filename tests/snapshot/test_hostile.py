"""Hostile names and values, from the world into a vault and an export and back, by the program."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from relab.errors import Exit
from relab.sandbox.session import Session
from snapshot.data.objects_names import read as object_name
from snapshot.vault.model import State
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault
from tests.cli.snapshots import Answer, environ, is_clean, relab
from tests.cli.test_snapshot_reading import on_a_terminal
from tests.snapshot.sdk import Api, api

pytestmark = pytest.mark.timeout(600)
BUCKET, SPACE = "mlops-training-user07", "kubeflow-user07"
# moto takes no newline in a key; they are in tests/snapshot/test_tree_names.py.
KEYS = (
    *("../../../escaped", "/escaped", "a/../../escaped", "..", ".", "a//b", "C:\\escaped", "CON"),
    *("..\\..\\escaped", "nul.txt", "trailing.", "trailing ", "-rf", "~", "$(touch escaped)"),
    *("nul\0here", "tab\treturn\r", "\x1b]0;title\x07\x1b[2J", "\x9b31mred", "\x7f\x01"),
    *("\u202eevil", "\u2028line", "e\u0301", "\u00e9", "Twin", "twin", "TWIN", "\ufb01", "fi"),
    *("k" * 1024, "\uac00" * 341, "d/" * 500, "per%2Fcent%00", "a?versionId=1", "a?encoding=url"),
)
# Not `s3.bucket`: moto answers some questions about a bucket with its objects, and fails on these.
TAKEN = [word for kind in ("s3.object", "ssm.*", "sqs.*", "v1/*") for word in ("--only", kind)]
EVIL = "\x1b[31mred\x1b]0;title\x07\n\r\x9b2J\u202egnp.\u2028\x7f"


@pytest.fixture
def hostile(changeable: Session) -> Session:
    """Fill the sandbox with names and values that are meant to do harm."""
    _objects(changeable)
    _account(changeable)
    with api(changeable) as cluster:
        _cluster(cluster)
    return changeable


def _client(sandbox: Session, service: Any) -> Any:
    env = sandbox.env()
    return boto3.client(
        service,
        region_name=env["AWS_REGION"],
        endpoint_url=env["AWS_ENDPOINT_URL"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )


def _objects(sandbox: Session) -> None:
    client = _client(sandbox, "s3")
    for number, key in enumerate(KEYS):
        client.put_object(Bucket=BUCKET, Key=key, Body=f"body {number}".encode())


def _account(sandbox: Session) -> None:
    ssm = _client(sandbox, "ssm")
    tags = [{"Key": f"tag{EVIL}", "Value": EVIL}]
    for name in ("/mlops/user07/../../escaped", "/mlops/user07/Twin", "/mlops/user07/twin"):
        ssm.put_parameter(Name=name, Type="String", Value=EVIL, Description=EVIL, Tags=tags)
    queue = {"QueueName": "mlops-user07-hostile", "tags": {"evil": EVIL}}
    _client(sandbox, "sqs").create_queue(**queue)


def _cluster(cluster: Api) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "hostile",
            "labels": {"Twin": "a.._b", "twin": ""},
            "annotations": {"evil": EVIL, "up": "../../escaped"},
        },
        "data": {".escaped": EVIL, "-rf": "$(id)", "e": "e\u0301", "yaml": "!!python/x {}"},
    }
    cluster.create(body, SPACE)


def test_they_survive_and_stay_where_they_belong(
    hostile: Session, vault: Vault, means: Means, key_path: Path, home: Path, tmp_path: Path
) -> None:
    env = environ(vault, key_path, home) | {"RELAB_PROFILE": str(hostile.place.profile)}
    tree = tmp_path / "deep" / "er" / "tree"
    tree.parent.mkdir(parents=True)
    before = _outside(tmp_path, tree, Path(vault.where))
    said = [
        relab(env, "save", "--yes", "--name", "one", *TAKEN),
        relab(env, "show", "one"),
        relab(env, "show", "one", "--type", "s3.object", "--tenant", "07"),
        relab(env, "show", "one", "--coverage"),
        relab(env, "verify", "one", "--deep"),
        relab(env, "export", "one", str(tree)),
        relab(env, "save", "--dry-run", *TAKEN),
        relab(env, "list"),
    ]
    assert [answer.returncode for answer in said] == [Exit.OK] * len(said), said
    snapshot = vault.reader().snapshot("one")
    assert snapshot.state is State.COMPLETE
    _all_there(vault)
    other = make_vault(str(tmp_path / "other"), means, [means.key().recipient])
    there = env | {"RELAB_VAULT": other.where}
    said += [relab(there, "import", str(tree), "--name", "back")]
    assert other.reader().snapshot("back").content == snapshot.content
    _all_there(other, "back")
    for item in (
        f"{SPACE}/hostile",
        "/mlops/user07/../../escaped",
        f"{BUCKET}/\x1b]0;title\x07\x1b[2J",
    ):
        assert is_clean(on_a_terminal(env, "show", "one", "--item", item)), item
        piped = relab(env, "show", "one", "--item", item)
        assert (piped.returncode, "\x1b" in piped.stdout) == (Exit.OK, False)
    said += _differences(hostile, env)
    for answer in said:
        _is_harmless(answer)
    assert _outside(tmp_path, tree, Path(vault.where), Path(other.where)) == before
    assert not list(Path.cwd().glob("*escaped*"))


def _all_there(vault: Vault, name: str = "one") -> None:
    reader = vault.reader()
    found = {
        entry.item.key: entry for entry in reader.entries(reader.snapshot(name)) if entry.blobs
    }
    bodies = {
        object_name(key).key: b"".join(vault.blob(entry.blobs["body"].digest))
        for key, entry in found.items()
        if key.startswith(f"{BUCKET}/")
    }
    for number, key in enumerate(KEYS):
        assert bodies[key] == f"body {number}".encode(), key


def _differences(sandbox: Session, env: dict[str, str]) -> list[Answer]:
    """Change what is hostile, so that a comparison shows it."""
    client = _client(sandbox, "s3")
    client.put_object(Bucket=BUCKET, Key=KEYS[17], Body=b"another body")
    client.delete_object(Bucket=BUCKET, Key="\u202eevil")
    _client(sandbox, "ssm").put_parameter(
        Name="/mlops/user07/twin", Type="String", Value=f"new {EVIL}", Overwrite=True
    )
    found = [relab(env, "diff", "one", "live"), relab(env, "diff", "one", "live", "--full")]
    assert [answer.returncode for answer in found] == [Exit.FAILED, Exit.FAILED], found
    assert all("\\x1b" in answer.stdout for answer in found)
    machine = relab(env, "diff", "one", "live", "--json")
    assert "\x1b" not in machine.stdout
    rows = {object_name(row["key"]).key for row in json.loads(machine.stdout)}
    assert {KEYS[17], "\u202eevil"} <= rows
    return found


def _is_harmless(answer: Answer) -> None:
    assert is_clean(answer.stdout), answer.stdout
    assert is_clean(answer.stderr), answer.stderr
    assert "Traceback" not in answer.stderr


def _outside(folder: Path, *inside: Path) -> set[Path]:
    """Return all that lies below `folder` and outside of `inside`."""
    return {
        path
        for path in folder.rglob("*")
        if not any(path.is_relative_to(place) for place in inside)
    }
