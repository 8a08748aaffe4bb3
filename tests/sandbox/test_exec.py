"""Commands in the sandbox's pods: the students' files, the database, and who may."""

import re
import subprocess
import time

import pytest

from relab.sandbox.postgres import binaries
from relab.sandbox.session import Session
from tests.kube.world import have_kubectl

pytestmark = [
    pytest.mark.kubectl,
    pytest.mark.skipif(not have_kubectl(), reason="kubectl is not on PATH"),
]
needs_postgres = pytest.mark.skipif(
    binaries.find() is None, reason=f"no PostgreSQL: {binaries.HINT}"
)
SERVER = ("exec", "deploy/mlflow-server", "--")
POSTGRES = ("exec", "-i", "-n", "mlflow-system", "postgres-0", "--")


def kubectl(
    sandbox: Session, *words: str, tenant: str | None = None, stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["kubectl", *words],
        env=sandbox.env(tenant), input=stdin, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def said(sandbox: Session, *words: str, tenant: str | None = None, stdin: str = "") -> str:
    done = kubectl(sandbox, *words, tenant=tenant, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_student_sees_the_own_files(sandbox: Session) -> None:
    space = ("-n", "kubeflow-user07")
    listed = said(sandbox, *space, *SERVER, "find", "/home/jovyan", "-type", "f", tenant="07")
    assert "/home/jovyan/notebooks/실습 노트.md" in listed
    assert listed.count("\n") == 4
    text = said(sandbox, *space, *SERVER, "cat", "/home/jovyan/README.md", tenant="07")
    assert "# user07" in text
    assert said(sandbox, *space, *SERVER, "mlflow", "--version", tenant="07").endswith("2.16.2\n")


def test_others_and_the_platform_are_out_of_reach(sandbox: Session) -> None:
    for space, pod in (
        ("kubeflow-user08", "deploy/mlflow-server"),
        ("mlflow-system", "postgres-0"),
    ):
        done = kubectl(sandbox, "exec", "-n", space, pod, "--", "ls", tenant="07")
        assert (done.returncode, "Forbidden" in done.stderr) == (1, True)


def test_a_crashed_container_takes_no_commands(sandbox: Session) -> None:
    sandbox.break_("mlflow-down", "07")
    done = kubectl(sandbox, "-n", "kubeflow-user07", *SERVER, "ls", tenant="07")
    assert done.returncode == 1
    assert "container not found" in done.stderr


def test_files_outlive_a_fault_and_a_new_pod(changeable: Session) -> None:
    space = ("-n", "kubeflow-user07")
    said(changeable, *space, *SERVER, "sh", "-c", "echo mine > /home/jovyan/mine", tenant="07")
    changeable.break_("no-namespace", "07")
    changeable.mend("no-namespace", "07")
    assert said(changeable, *space, *SERVER, "cat", "/home/jovyan/mine", tenant="07") == "mine\n"
    pod = said(changeable, *space, "get", "pods", "-o", "name", tenant="07").strip()
    said(changeable, *space, "delete", pod, tenant="07")
    overrides = (
        '{"spec": {"containers": [{"name": "nb", "image": "nb",'
        ' "resources": {"requests": {"cpu": "1", "memory": "1Gi"}},'
        ' "volumeMounts": [{"name": "w", "mountPath": "/w"}]}],'
        ' "volumes": [{"name": "w", "persistentVolumeClaim": {"claimName": "workspace-user07"}}]}}'
    )
    said(changeable, *space, "run", "nb", "--image=nb", f"--overrides={overrides}", tenant="07")
    said(changeable, *space, "wait", "--for=condition=Ready", "pod/nb", tenant="07")
    assert said(changeable, *space, "exec", "nb", "--", "cat", "/w/mine", tenant="07") == "mine\n"
    changeable.reset()
    assert kubectl(changeable, *space, *SERVER, "ls", "/home/jovyan/mine").returncode == 2


@needs_postgres
def test_the_database_holds_what_mlflow_recorded(sandbox: Session) -> None:
    query = (
        "SELECT e.name, r.run_uuid, r.artifact_uri FROM experiments e JOIN runs r USING"
        " (experiment_id) ORDER BY experiment_id"
    )
    psql = ("psql", "-U", "mlflow", "-d", "mlflow_user07", "-At", "-c")
    rows = [row.split("|") for row in said(sandbox, *POSTGRES, *psql, query).splitlines()]
    assert [row[0] for row in rows][:2] == ["iris-baseline", "iris-tuning"]
    listed = subprocess.run(
        ["aws", "s3", "ls", "--recursive", "s3://mlops-training-user07/mlflow-artifacts/"],
        env=sandbox.env("07"), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    folders = set(re.findall(r"mlflow-artifacts/\S+/artifacts", listed))
    assert {f"s3://mlops-training-user07/{folder}" for folder in folders} == {r[2] for r in rows}
    assert said(sandbox, *POSTGRES, *psql, "SELECT count(*) FROM metrics").strip() != "0"


@needs_postgres
def test_dump_and_load(changeable: Session) -> None:
    dump = ("pg_dump", "-U", "mlflow", "--clean", "--if-exists", "--no-owner", "mlflow_user07")
    first = said(changeable, *POSTGRES, *dump)
    said(changeable, *POSTGRES, "createdb", "-U", "mlflow", "other")
    load = ("psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-U", "mlflow", "-d", "other")
    said(changeable, *POSTGRES, *load, stdin=first)
    second = said(changeable, *POSTGRES, *dump[:-1], "other")
    assert _without_keys(second) == _without_keys(first)
    changeable.reset(empty=True)
    assert kubectl(changeable, *POSTGRES, *dump).returncode == 1


def _without_keys(dump: str) -> str:
    return re.sub(r"^\\(un)?restrict .*$", "", dump, flags=re.MULTILINE)


@needs_postgres
@pytest.mark.parametrize(
    "words",
    [
        ("psql", "-U", "mlflow", "-c", r"\! touch {}"),
        ("psql", "-U", "mlflow", "-c", r"\o {}"),
        ("psql", "-U", "mlflow", "-c", "COPY experiments TO PROGRAM 'touch {}'"),
        ("psql", "-U", "mlflow", "-c", "COPY experiments TO '{}'"),
        ("psql", "-U", "mlflow", "-c", "SELECT lo_export(0, '{}')"),
        ("psql", "-U", "mlflow", "-o", "{}", "-c", "SELECT 1"),
        ("psql", "-U", "relab_admin", "-d", "postgres", "-c", "SELECT 1"),
        ("psql", "-d", "host=/tmp dbname=postgres", "-c", "SELECT 1"),
        ("psql", "-d", "postgresql://127.0.0.1/postgres", "-c", "SELECT 1"),
        ("pg_dump", "-U", "mlflow", "-f", "{}", "mlflow"),
        ("pg_dump", "-U", "mlflow", "-Fd", "mlflow"),
        ("pg_restore", "-U", "mlflow", "-f", "{}"),
    ],
)
def test_the_database_is_no_way_out(sandbox: Session, words: tuple[str, ...]) -> None:
    target = sandbox.root / "evil"
    done = kubectl(sandbox, *POSTGRES, *(word.format(target) for word in words))
    assert done.returncode != 0
    assert not target.exists()


@needs_postgres
def test_a_script_knows_sql_only(sandbox: Session) -> None:
    target = sandbox.root / "evil"
    script = f"\\! touch {target}\n\\o {target}\nSELECT 'done';\n\\copy t to '{target}'\n"
    done = kubectl(sandbox, *POSTGRES, "psql", "-U", "mlflow", stdin=script)
    assert "done" in done.stdout
    assert "not known in the sandbox" in done.stderr
    assert not target.exists()


@needs_postgres
def test_a_client_that_is_killed_ends_its_query(sandbox: Session) -> None:
    psql = ("psql", "-U", "mlflow", "-At", "-c")
    count = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    words = ["kubectl", *POSTGRES, *psql, "SELECT pg_sleep(1000)"]
    with subprocess.Popen(words, env=sandbox.env(), stdin=subprocess.DEVNULL) as process:
        _until(sandbox, (*psql, count), "1\n")
        process.kill()
    _until(sandbox, (*psql, count), "0\n")


def _until(sandbox: Session, words: tuple[str, ...], wanted: str) -> None:
    for _ in range(100):
        if said(sandbox, *POSTGRES, *words) == wanted:
            return
        time.sleep(0.1)
    pytest.fail(f"never {wanted!r}")
