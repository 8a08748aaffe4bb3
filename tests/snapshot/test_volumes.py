"""Files in volumes: taken from pods that mount them, or from a pod of a save's own."""

import io
import json
import subprocess
import tarfile
from dataclasses import replace
from typing import Any

import pytest

from profiles.model import Volumes
from relab.clouds.exec import Running
from relab.clouds.kube import Kube
from relab.sandbox.session import Session
from snapshot.collect.scope import SHARED, Scope
from snapshot.collect.world import Brief, World
from snapshot.data import helper
from snapshot.data.helper import LABEL, PATH, mounting
from snapshot.data.volumes import VOLUME, TakeVolume
from snapshot.vault.model import Covered, Entry, State
from snapshot.vault.vault import Vault
from tests.kube.world import have_kubectl
from tests.snapshot.saving import Saved, saved

pytestmark = pytest.mark.skipif(not have_kubectl(), reason="kubectl is not on PATH")
SPACE = "kubeflow-user07"
KEY = f"{SPACE}/workspace-user07"
MINE = ("exec", "-i", "deploy/mlflow-server", "--")


def save(vault: Vault, sandbox: Session, name: str = "one", **changed: Any) -> Saved:
    profile = replace(sandbox.profile, **changed)
    return saved(vault, profile, Scope(("07", SHARED), only=(VOLUME,)), name)


def entries(vault: Vault, name: str = "one") -> dict[str, Entry]:
    reader = vault.reader()
    return {entry.item.key: entry for entry in reader.entries(reader.snapshot(name))}


def kubectl(sandbox: Session, *words: str, stdin: str = "") -> str:
    done = subprocess.run(
        ["kubectl", "-n", SPACE, *words],
        env=sandbox.env(), input=stdin, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def world(sandbox: Session, vault: Vault) -> World:
    account = sandbox.profile.aws.account
    return World(Brief(sandbox.profile, Scope(("07",)), account, vault.where, vault.sealer))


def files(vault: Vault, entry: Entry) -> dict[str, str]:
    raw = io.BytesIO(b"".join(vault.blob(entry.blobs["tar"].digest)))
    with tarfile.open(fileobj=raw) as tar:
        inner = {info.name: tar.extractfile(info) for info in tar if info.isreg()}
        return {name: body.read().decode() for name, body in inner.items() if body}


def test_a_students_files_are_saved_and_come_back(changeable: Session, vault: Vault) -> None:
    found = save(vault, changeable)
    assert found.snapshot.state is State.COMPLETE
    entry = entries(vault)[KEY]
    assert "# 실습 노트 (user07)" in files(vault, entry)["./notebooks/실습 노트.md"]
    assert entry.item.tenant == "07"
    assert save(vault, changeable, "two").snapshot.content == found.snapshot.content
    kubectl(changeable, *MINE, "rm", "-rf", "/home/jovyan/notebooks")
    assert save(vault, changeable, "three").snapshot.content != found.snapshot.content
    whole = b"".join(vault.blob(entry.blobs["tar"].digest))
    with mounting(world(changeable, vault), SPACE, "workspace-user07", read_only=False) as where:
        argv = ["tar", "-x", "-f", "-", "-C", PATH]
        running = Running(Kube(), world(changeable, vault).kube_target, where, argv, iter([whole]))
        list(running.chunks())
        assert running.reply.ok, running.reply
    assert save(vault, changeable, "four").snapshot.content == found.snapshot.content


def test_a_claim_that_no_pod_mounts(changeable: Session, vault: Vault) -> None:
    first = save(vault, changeable).snapshot.content
    changeable.break_("mlflow-down", "07")
    assert save(vault, changeable, "crashed").snapshot.content == first
    changeable.mend()
    kubectl(changeable, "delete", "deployments,pods", "--all", "--now")
    assert save(vault, changeable, "gone").snapshot.content == first
    assert kubectl(changeable, "get", "pods", "-o", "name") == ""


def _claim(name: str) -> str:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    head = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}}
    return json.dumps(head | {"spec": spec})


def test_an_empty_claim_and_one_mounted_in_part(changeable: Session, vault: Vault) -> None:
    kubectl(changeable, "apply", "-f", "-", stdin=_claim("part"))
    mounts = [{"name": "v", "mountPath": "/v", "subPath": "inner"}]
    container = {
        "name": "c",
        "image": "i",
        "volumeMounts": mounts,
        "resources": {"requests": {"cpu": "1", "memory": "1Gi"}},
    }
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "part"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    pod["spec"] = {"containers": [container], "volumes": [volume]}
    kubectl(changeable, "apply", "-f", "-", stdin=json.dumps(pod))
    kubectl(changeable, "exec", "p", "--", "touch", "/v/file")
    assert save(vault, changeable).snapshot.state is State.COMPLETE
    assert set(files(vault, entries(vault)[f"{SPACE}/part"])) == {"./inner/file"}


def test_the_profiles_rules(sandbox: Session, vault: Vault) -> None:
    rules = Volumes(tenants=("data-*",))
    found = save(vault, sandbox, volumes=rules)
    assert found.snapshot.state is State.COMPLETE
    assert entries(vault) == {}
    left = [line for line in found.ledger if line.tenant == "07"]
    assert [(line.state, KEY in line.detail) for line in left] == [(Covered.UNSUPPORTED, True)]


def test_a_helper_that_is_refused_or_never_starts(
    changeable: Session, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl(changeable, "delete", "deployments,pods", "--all", "--now")
    asked = world(changeable, vault)
    asked.kube_target = replace(asked.kube_target, context="user08")
    with pytest.raises(Exception, match="forbidden") as refused, mounting(asked, SPACE, "x"):
        pass
    assert getattr(refused.value, "state", None) is Covered.DENIED
    monkeypatch.setattr(helper, "_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(helper, "_STEP_SECONDS", 0.05)
    found = TakeVolume(SPACE, "no-such-claim", "07").run(world(changeable, vault))
    assert "does not start: Pending" in found.coverage[0].detail
    assert kubectl(changeable, "get", "pods", "-o", "name") == ""


def test_a_helper_that_was_left_is_replaced(changeable: Session, vault: Vault) -> None:
    first = mounting(world(changeable, vault), SPACE, "workspace-user07")
    left = first.__enter__()
    with mounting(world(changeable, vault), SPACE, "workspace-user07") as where:
        assert where == left
        said = Running(Kube(), world(changeable, vault).kube_target, where, ["ls", PATH])
        assert b"notebooks" in b"".join(said.chunks())
    assert kubectl(changeable, "get", "pods", "-l", f"{LABEL}=relab", "-o", "name") == ""


def test_denied_is_not_empty(sandbox: Session, vault: Vault) -> None:
    asked = world(sandbox, vault)
    asked.kube_target = replace(asked.kube_target, context="user08")
    found = TakeVolume(SPACE, "workspace-user07", "07").run(asked)
    assert [line.state for line in found.coverage] == [Covered.DENIED]
    assert found.entries == ()


def test_a_tar_that_stops_half_way_is_no_item(
    sandbox: Session, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = ("sh", "-c", "echo half of an archive; exit 2")
    monkeypatch.setattr("snapshot.data.volumes.command", lambda _: broken)
    found = save(vault, sandbox)
    assert found.snapshot.state is State.PARTIAL
    assert [line.state for line in found.ledger if line.tenant == "07"] == [Covered.FAILED]
    moving = ("sh", "-c", "echo half; echo 'tar: ./x: file changed as we read it' >&2; exit 1")
    monkeypatch.setattr("snapshot.data.volumes.command", lambda _: moving)
    taken = TakeVolume(SPACE, "workspace-user07", "07").run(world(sandbox, vault))
    assert ([line.state for line in taken.coverage], taken.entries) == ([Covered.CHANGED], ())
