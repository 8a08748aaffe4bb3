"""Databases' dumps: a real PostgreSQL saved through the sandbox's pods."""

import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from profiles.loader import BUILTIN, load
from profiles.model import Dump, Profile
from relab.clouds.exec import Container, Running
from relab.clouds.kube import Kube
from relab.errors import RelabError
from relab.sandbox.postgres import binaries
from relab.sandbox.session import Session
from snapshot.collect.scope import SHARED, Scope
from snapshot.collect.world import Brief, World
from snapshot.data.dumps import DUMP, TakeDump, declared
from snapshot.data.restrict import key_for, steady
from snapshot.vault.model import Covered, Entry, State
from snapshot.vault.vault import Vault
from tests.snapshot.saving import Saved, saved

needs_postgres = pytest.mark.skipif(
    binaries.find() is None, reason=f"no PostgreSQL: {binaries.HINT}"
)
POSTGRES = Container("mlflow-system", "postgres-0", "postgres")


def save(vault: Vault, profile: Profile, name: str = "one") -> Saved:
    return saved(vault, profile, Scope(("07", SHARED), only=(DUMP,)), name)


def entries(vault: Vault, name: str = "one") -> dict[str, Entry]:
    reader = vault.reader()
    snapshot = reader.snapshot(name)
    return {entry.item.key: entry for entry in reader.entries(snapshot)}


def text(vault: Vault, entry: Entry) -> str:
    return b"".join(vault.blob(entry.blobs["dump"].digest)).decode()


def other(profile: Profile, **changed: object) -> Profile:
    """Return `profile` with its first dump changed, and no other."""
    first: Dump = replace(profile.dumps[0], **changed)  # type: ignore[arg-type]
    return replace(profile, dumps=(first,))


def test_what_the_course_declares() -> None:
    profile = load(str(BUILTIN / "ha-mlops.yaml"))
    found = {task.key: task for task in declared(profile)}
    assert len(found) == 17
    one = found["mlflow-system/mlflow-user07"]
    assert (one.tenant, one.dump[-1]) == ("07", "mlflow_user07")
    assert "-d mlflow_user07" in one.load[-1]
    assert found["mlflow-system/mlflow"].tenant == SHARED


@needs_postgres
def test_dumps_are_saved_alike_and_load_again(changeable: Session, vault: Vault) -> None:
    found = save(vault, changeable.profile)
    assert found.snapshot.state is State.COMPLETE
    assert {(line.type, line.tenant, line.state, line.count) for line in found.ledger} == {
        (DUMP, tenant, Covered.CAPTURED, 1) for tenant in ("07", SHARED)
    }
    first = entries(vault)["mlflow-system/mlflow-user07"]
    assert "COPY public.experiments" in text(vault, first)
    assert save(vault, changeable.profile, "two").snapshot.content == found.snapshot.content
    _query(changeable, "DROP TABLE experiments CASCADE")
    assert save(vault, changeable.profile, "three").snapshot.content != found.snapshot.content
    document = first.item.document
    target = World(_brief(changeable, vault)).kube_target
    blob = vault.blob(first.blobs["dump"].digest)
    running = Running(Kube(), target, POSTGRES, document["load"], blob)
    list(running.chunks())
    assert running.reply.ok, running.reply
    assert save(vault, changeable.profile, "four").snapshot.content == found.snapshot.content


def _query(sandbox: Session, sql: str) -> None:
    words = ["kubectl", "exec", "-n", "mlflow-system", "postgres-0", "--", "psql"]
    words += ["-U", "mlflow", "-d", "mlflow_user07", "-c", sql]
    subprocess.run(words, env=sandbox.env(), check=True, capture_output=True)


def _brief(sandbox: Session, vault: Vault) -> Brief:
    scope = Scope(("07",))
    return Brief(sandbox.profile, scope, sandbox.profile.aws.account, vault.where, vault.sealer)


@needs_postgres
@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"dump": ("pg_dump", "-U", "mlflow", "nowhere")}, 'database "nowhere" does not exist'),
        ({"dump": ("sh", "-c", "echo half; exit 3")}, "exit 3"),
        ({"dump": ("cobol",)}, "executable file not found"),
        ({"selector": "app=none"}, "no pod with app=none runs container postgres"),
        ({"container": "none"}, "runs container none"),
        ({"namespace": "nowhere"}, "no pod with"),
    ],
)
def test_what_is_not_whole_is_no_item(
    sandbox: Session, vault: Vault, changed: dict[str, object], detail: str
) -> None:
    found = save(vault, other(sandbox.profile, **changed))
    lines = {line.state: line for line in found.ledger if line.tenant == SHARED}
    assert found.snapshot.state is State.PARTIAL
    assert detail in lines[Covered.FAILED].detail
    assert entries(vault) == {}


def test_a_crashed_database_is_no_item(sandbox: Session, vault: Vault) -> None:
    sandbox.break_("postgres-down")
    found = save(vault, other(sandbox.profile))
    assert "no pod with app=postgres runs" in found.ledger[0].detail
    assert found.snapshot.state is State.PARTIAL


def test_without_the_right_it_is_denied(sandbox: Session, vault: Vault) -> None:
    brief = _brief(sandbox, vault)
    world = World(brief)
    world.kube_target = replace(world.kube_target, context="user07")
    where = ("mlflow-system", "mlflow", "app=postgres", "postgres")
    found = TakeDump(*where, ("pg_dump",), ("psql",)).run(world)
    assert [line.state for line in found.coverage] == [Covered.DENIED]
    assert "pods/exec" in found.coverage[0].detail


DUMPED = (
    b"--\n-- PostgreSQL database dump\n--\n\n\\restrict %b\n\n"
    b"COPY t FROM stdin;\n%b\\.\n\n\\unrestrict %b\n\n"
)


def _cut(data: bytes, number: int) -> Iterator[bytes]:
    """Yield `data` in pieces of random sizes."""
    dice = random.Random(number)
    while data:
        size = dice.choice([1, 7, 100, 5000])
        yield data[:size]
        data = data[size:]


@pytest.mark.parametrize("number", range(20))
def test_random_keys_become_steady(number: int) -> None:
    dice = random.Random(number)
    rows = b"".join(b"%d\t\\\\restrict abc\n" % dice.randrange(10**9) for _ in range(500))
    made = [
        b"".join(steady(_cut(DUMPED % (key, rows, key), number), "k")) for key in (b"A1", b"B234")
    ]
    assert made[0] == made[1] == DUMPED % (b"k", rows, b"k")


@pytest.mark.parametrize("data", [b"", b"a", b"PGDMP\0\1", b"x" * 10_000, b"\\restrict no key\n"])
def test_other_bytes_stay_as_they_are(data: bytes) -> None:
    assert b"".join(steady(_cut(data, 1), "k")) == data


def test_the_key_is_psqls_to_read_and_nobodys_to_guess() -> None:
    assert re.fullmatch("[0-9a-f]{64}", key_for(b"1", "a/b"))
    assert len({key_for(secret, name) for secret in (b"1", b"2") for name in "ab"}) == 4


def test_a_fault_of_the_vault_is_not_hidden(sandbox: Session, vault: Vault) -> None:
    class Full:
        def put(self, chunks: Iterator[bytes]) -> None:
            next(iter(chunks), b"")
            raise RelabError("the disk is full")

    world = World(_brief(sandbox, vault), Full())  # type: ignore[arg-type]
    where = ("mlflow-system", "x", "app=postgres", "postgres")
    with pytest.raises(RelabError, match="full"):
        TakeDump(*where, ("echo", "a"), ("cat",)).run(world)
