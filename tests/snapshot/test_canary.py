"""A secret in every place that bears one: no command and no file of a save tells it in clear."""

import base64
import configparser
import gzip
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from relab.clouds import AwsTarget
from relab.clouds.aws import Aws
from relab.clouds.outcome import Reply
from relab.errors import Exit
from relab.events import UnitSaved
from relab.sandbox.session import Session
from snapshot.collect.save import Order, save
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault
from tests.cli.snapshots import Answer, environ, relab
from tests.snapshot.canaries import (
    BUCKET,
    MARK,
    SPACE,
    files,
    in_account,
    in_cluster,
    leaks,
    needles,
    places,
)
from tests.snapshot.saving import everything
from tests.snapshot.sdk import api

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def planted(changeable: Session) -> Iterator[set[str]]:
    """Plant a secret in each place of the sandbox; give the places."""
    with api(changeable) as cluster:
        yield in_cluster(cluster) | in_account(changeable)


@pytest.fixture
def logins(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Collect the logins of the image registry that the save is given."""
    given: set[str] = set()
    call = Aws.call

    def told(
        self: Aws, target: AwsTarget, service: str, operation: str, params: Mapping[str, Any]
    ) -> Reply:
        reply = call(self, target, service, operation, params)
        if operation == "GetAuthorizationToken" and reply.ok:
            given.update(row["authorizationToken"] for row in reply.body["authorizationData"])
        return reply

    monkeypatch.setattr(Aws, "call", told)
    return given


def credentials(sandbox: Session) -> set[str]:
    """Return every token and secret key with which somebody comes into the sandbox."""
    config = configparser.ConfigParser()
    config.read(sandbox.place.credentials)
    found = {config[name]["aws_secret_access_key"] for name in config.sections()}
    for path in sandbox.place.kubeconfig("admin").parent.glob("*.yaml"):
        users = yaml.safe_load(path.read_text(encoding="utf-8"))["users"]
        found |= {row["user"]["token"] for row in users if "token" in row["user"]}
    return found


def test_no_command_and_no_file_tells_a_secret(
    planted: set[str],
    changeable: Session,
    vault: Vault,
    environment: dict[str, str],
    logins: set[str],
    tmp_path: Path,
) -> None:
    answers = [*_commands(environment, changeable, tmp_path)]
    forms = {form for secret in _secrets(changeable, vault, logins) for form in needles(secret)}
    said = {f"{n} {part}": text for n, a in enumerate(answers) for part, text in _parts(a)}
    assert leaks(forms, said) == {}
    assert leaks(forms, _files(environment, tmp_path)) == {}
    assert _opened(vault) >= planted, "each is there for who has the key"
    assert len(planted) > 25


@pytest.fixture
def environment(sandbox: Session, vault: Vault, key_path: Path, home: Path) -> dict[str, str]:
    return environ(vault, key_path, home) | {"RELAB_PROFILE": str(sandbox.place.profile)}


def _commands(env: dict[str, str], sandbox: Session, folder: Path) -> Iterator[Answer]:
    """Run every command that touches a snapshot."""
    whole, tree = ("--yes", "--name"), str(folder / "tree")
    for words in (
        ("save", *whole, "plain"),
        ("save", *whole, "json", "--json"),
        ("save", "--dry-run"),
        ("save", "--dry-run", "--json"),
        ("list", "--json"),
        ("show", "plain"),
        ("show", "plain", "--json"),
        ("show", "plain", "--coverage"),
        ("verify", "plain", "--deep", "--json"),
        ("export", "plain", tree),
        ("import", tree, "--name", "back", "--json"),
    ):
        answer = relab(env, *words)
        assert answer.returncode == Exit.OK, (words, answer.stderr)
        yield answer
    for item in _ITEMS:
        answer = relab(env, "show", "plain", "--item", item)
        assert "$sealed" in answer.stdout, (item, answer.stderr)
        yield answer
    yield from _differences(env, sandbox)


_ITEMS = (
    f"kubernetes:v1/Secret:mlops-training-cluster:{SPACE}/canary",
    f"kubernetes:v1/Pod:mlops-training-cluster:{SPACE}/canary",
    "/mlops/user07/canary",
    f"{BUCKET}/canary.bin",
    "mlops-training-notify",
    "default/mlops-training-nightly",
)


def _differences(env: dict[str, str], sandbox: Session) -> Iterator[Answer]:
    """Change some of them, and compare the snapshot with the world and with another."""
    with api(sandbox) as cluster:
        change = {"data": {"DB_PASSWORD": f"{MARK}-another"}, "stringData": None}
        cluster.patch("v1", "ConfigMap", "canary", change, SPACE)
        new = {"stringData": {"a": f"{MARK}-another"}}
        cluster.patch("v1", "Secret", "canary", new, SPACE)
    only = ("--only", "v1/*", "--no-data")
    assert relab(env, "save", "--yes", "--name", "later", *only).returncode == Exit.OK
    for words in (("plain", "live"), ("plain", "later"), ("plain", "later", "--full", "--json")):
        answer = relab(env, "diff", *words)
        assert answer.returncode == Exit.FAILED, answer.stderr
        assert "sealed" in answer.stdout
        yield answer


def _parts(answer: Answer) -> Iterator[tuple[str, bytes]]:
    yield "stdout", answer.stdout.encode("utf-8", "surrogatepass")
    yield "stderr", answer.stderr.encode("utf-8", "surrogatepass")


def _files(env: Mapping[str, str], folder: Path) -> dict[str, bytes]:
    """Return all that was written: vault, export, state and settings, but for the key itself."""
    found = files(folder, Path(env["HOME"]))
    del found[env["RELAB_VAULT_KEY"]]
    assert any(name.endswith("catalogue.sqlite") for name in found)
    return found


def _secrets(sandbox: Session, vault: Vault, logins: set[str]) -> set[str]:
    assert logins
    known = {MARK, *credentials(sandbox), *logins}
    return known | {vault.key.identity, vault.key.fingerprints.hex()}


def _opened(vault: Vault) -> set[str]:
    reader = vault.reader()
    items = [vault.unsealed(entry) for entry in reader.entries(reader.snapshot("plain"))]
    whole = json.dumps([[dict(item.document), dict(item.observed)] for item in items])
    return set(places(whole.encode()))


@pytest.mark.usefixtures("planted")
def test_no_half_written_file_tells_a_secret(
    changeable: Session, vault: Vault, folder: Path
) -> None:
    """Look at what lies on the disk while a save goes on: journals, temporary files."""
    forms = needles(MARK)
    order = Order(changeable.profile, "one", everything(changeable.profile))
    looked = 0
    for number, event in enumerate(save(vault, order, os.environ)):
        if isinstance(event, UnitSaved) and number % 100 == 0:
            there = files(folder)
            looked += any(name.endswith("-wal") for name in there)
            assert leaks(forms, there) == {}
    assert looked > 2


@pytest.mark.usefixtures("planted")
def test_a_vault_in_a_bucket_tells_no_secret(
    changeable: Session, bucket: str, s3: "S3Client", means: Means, home: Path
) -> None:
    vault = make_vault(f"s3://{bucket}/v", means, [means.key().recipient])
    order = Order(changeable.profile, "one", everything(changeable.profile, data=False))
    for _ in save(vault, order, os.environ):
        pass
    rows = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    held = {
        row["Key"]: s3.get_object(Bucket=bucket, Key=row["Key"])["Body"].read()
        for page in rows
        for row in page["Contents"]
    }
    assert any(data.startswith(b"\x1f\x8b") for data in held.values()), "the catalogue is packed"
    assert leaks(needles(MARK), {**held, **files(home)}) == {}


def test_the_search_finds_what_it_looks_for() -> None:
    raw = f"x{MARK}y".encode()
    twice = base64.b64encode(b"z" + base64.b64encode(b"ab" + raw))
    for number, text in enumerate((raw, raw.hex().encode(), base64.b64encode(raw), twice)):
        for name, data in (("plain", text), ("packed", gzip.compress(text))):
            assert leaks(needles(MARK), {name: data}), (number, name)
    assert leaks(needles(MARK), {"other": base64.b64encode(b"nothing" * 99)}) == {}
