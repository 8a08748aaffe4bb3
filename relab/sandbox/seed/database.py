"""Fill the platform's PostgreSQL: MLflow's tables, and each tenant's experiments and runs."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from profiles.model import Profile
from relab.sandbox.postgres.server import ADMIN, Running
from relab.sandbox.postgres.wire import Connection
from relab.sandbox.seed.aws import Words, experiments, objects, tenant_words

USER = "mlflow"
_TABLES = Path(__file__).parent / "database.sql"
_FIRST = 1765333904105  # milliseconds: the time that the seeded models say
_DAY = 86_400_000
_DEFAULT = {"experiment_id": "0", "name": "Default"}


def plant_user(running: Running) -> None:
    """Create the user `mlflow` with an empty database, as a new server's settings ask for it."""
    admin = Connection(running.login(ADMIN, "postgres"))
    try:
        _run(admin, f"CREATE ROLE {USER} LOGIN CREATEDB")
        _run(admin, f"CREATE DATABASE {USER} OWNER {USER}")
    finally:
        admin.close()


def plant_database(running: Running, profile: Profile) -> None:
    """Create the user `mlflow`, its own database, and one for each tenant."""
    plant_user(running)
    admin = Connection(running.login(ADMIN, "postgres"))
    try:
        _fill(running, USER, [_TABLES.read_text(encoding="utf-8")])
        for tenant in profile.tenants:
            words = tenant_words(profile, tenant)
            name = f"{USER}_{words['user']}"
            _run(admin, f'CREATE DATABASE "{name}" OWNER {USER} TEMPLATE {USER}')
            _fill(running, name, statements(words))
        _fill(
            running,
            USER,
            [_experiment({"experiment_id": "0", "name": "Default"}, "mlflow-artifacts:/0", 0)],
        )
    finally:
        admin.close()


def _run(connection: Connection, sql: str) -> None:
    for _ in connection.run(sql):
        pass


def _fill(running: Running, database: str, sql: list[str]) -> None:
    connection = Connection(running.login(USER, database))
    try:
        _run(connection, "\n".join(sql))
    finally:
        connection.close()


def statements(words: Words) -> list[str]:
    """Return what a tenant's MLflow has recorded, true to the objects in the tenant's bucket."""
    found = experiments(words)
    made = [
        statement
        for number, item in enumerate(found)
        for statement in (
            _experiment(item, item["artifact_location"], number),
            *_run_of(words, item, number),
        )
    ]
    last = max(int(item["experiment_id"]) for item in found)
    counter = f"SELECT setval('experiments_experiment_id_seq', {max(last, 1)});"
    return [*made, *_models(words), counter]


def _experiment(item: Mapping[str, str], location: str, number: int) -> str:
    when = _FIRST + number * _DAY
    values = (int(item["experiment_id"]), item["name"], location, "active", when, when)
    return _insert("experiments", values)


def _run_of(words: Words, item: Mapping[str, str], number: int) -> Iterator[str]:
    run = run_id(words, number)
    start = _FIRST + number * _DAY
    uri = f"{item['artifact_location']}/{run}/artifacts"
    yield _insert(
        "runs",
        (
            *(run, f"{item['name']}-{number}", "NOTEBOOK", "train.ipynb", "", words["user"]),
            *("FINISHED", start, start + 61_000, None, "", "active", uri),
            int(item["experiment_id"]),
        ),
    )
    for key, value in (("max_depth", "4"), ("n_estimators", "120"), ("learning_rate", "0.1")):
        yield _insert("params", (key, value, run))
    for key, metric in _metrics(words, number).items():
        yield _insert("metrics", (key, metric, start + 60_000, run, 0, False))
        yield _insert("latest_metrics", (key, metric, start + 60_000, 0, False, run))
    yield _insert("tags", ("mlflow.user", words["user"], run))


def _metrics(words: Words, number: int) -> dict[str, float]:
    """Return the numbers in the run's `metrics.json` of the bucket."""
    ending = f"mlflow-artifacts/{number}/{run_id(words, number)}/artifacts/metrics.json"
    body = next(body for key, body in objects(words) if key == ending)
    return {key: value for key, value in json.loads(body).items() if isinstance(value, float)}


def _models(words: Words) -> Iterator[str]:
    found = [json.loads(body) for key, body in objects(words) if key.endswith("model_version.json")]
    for name in sorted({item["name"] for item in found}):
        yield _insert("registered_models", (name, _FIRST, _FIRST, None))
    for item in found:
        yield _insert(
            "model_versions",
            (
                *(item["name"], int(item["version"]), _FIRST, _FIRST, None, words["user"]),
                *("None", item["source"], item["run_id"], "READY", None, None, item["source"]),
            ),
        )


def run_id(words: Words, number: int) -> str:
    """Return the id of a tenant's run, as its artifacts' folder says it."""
    return hashlib.sha256(f"{words['user']} {number}".encode()).hexdigest()[:32]


def _insert(table: str, values: tuple[str | float | bool | None, ...]) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join(map(_literal, values))});"  # noqa: S608


def _literal(value: str | float | bool | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)
