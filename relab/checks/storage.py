"""Section 3: the tenant's bucket and image repositories."""

from collections.abc import Iterator, Mapping
from typing import Any

from relab.checks import ask, find, prep
from relab.checks.case import Case, moment
from relab.checks.question import AwsQuestion, Unanswered
from relab.clouds.outcome import Outcome
from relab.events import Finding

MLFLOW_FOLDER = "mlflow-artifacts"
PIPELINE_FOLDER = "kubeflow-pipeline-artifacts"
_SHOWN = 4


def opened(case: Case) -> tuple[str, dict[str, Any]] | Finding:
    """Return name and content of the bucket, or the failure that it is missing or closed."""
    names = ", ".join(case.names.buckets)
    try:
        found = find.bucket(case)
    except Unanswered as error:
        if error.answer.outcome is not Outcome.DENIED:
            raise
        detail = error.answer.detail
        return case.failed(
            "storage.bucket.denied", "storage.bucket.allow", names=names, detail=detail
        )
    return found or case.failed("storage.bucket.missing", "storage.bucket.make", names=names)


def credentials(case: Case) -> Iterator[Finding]:
    """Check that the credentials work, and belong to the profile's account."""
    yield from prep.credentials(case)


def bucket(case: Case) -> Iterator[Finding]:
    """Check that the bucket exists and lets the tenant in."""
    found = opened(case)
    if isinstance(found, Finding):
        yield found
        return
    name, content = found
    created = _allowed(case, ask.bucket_created(name))
    region = _allowed(case, ask.bucket_region(name))
    yield case.passed(
        "storage.bucket.exists",
        bucket=name,
        created=moment(created["created"]) if created else "-",
        region=str(region["region"]) if region else "-",
        count=f"{content['count']}{'' if content['complete'] else '+'}",
        folders=", ".join(f"{folder}/" for folder in content["folders"]) or "-",
    )


def _allowed(case: Case, question: AwsQuestion) -> Mapping[str, Any] | None:
    """Return the answer, None when the tenant may not ask: a detail, beside the bucket itself."""
    answer = case.ask(question)
    return None if answer.outcome is Outcome.DENIED else case.told(answer)


def ecr(case: Case) -> Iterator[Finding]:
    """Check that image repositories exist under one of the naming rules."""
    rows = find.repositories(case)
    if not rows:
        patterns = ", ".join(case.names.repositories)
        yield case.failed("storage.ecr.none", "storage.ecr.create", patterns=patterns)
    for number, row in enumerate(rows):
        images = case.read(ask.images(row["name"])) or {"count": 0, "tags": []}
        yield case.passed(
            "storage.ecr.repository",
            at=f"repository-{number}",
            name=str(row["name"]),
            uri=str(row["uri"]),
            created=moment(row["created"]),
            count=str(images["count"]),
            tags=", ".join(images["tags"]) or "-",
        )


def mlflow_artifacts(case: Case) -> Iterator[Finding]:
    """Check that MLflow has written experiments."""
    found = _folder(case, MLFLOW_FOLDER)
    if found is None:
        yield case.warned(
            "storage.folder.missing", "storage.folder.run-mlflow", folder=MLFLOW_FOLDER
        )
    else:
        yield case.passed("storage.folder.experiments", folder=MLFLOW_FOLDER, count=found)


def pipeline_artifacts(case: Case) -> Iterator[Finding]:
    """Check that pipelines have written their outputs."""
    found = _folder(case, PIPELINE_FOLDER)
    if found is None:
        yield case.warned(
            "storage.folder.missing", "storage.folder.run-pipeline", folder=PIPELINE_FOLDER
        )
    else:
        yield case.passed("storage.folder.runs", folder=PIPELINE_FOLDER, count=found)


def _folder(case: Case, name: str) -> str | None:
    """Return how many folders stand in folder `name` of the bucket, None when it is not there."""
    found = find.bucket(case)
    if found is None:
        return None
    bucket, content = found
    row = content["folders"].get(name)
    if not content["complete"]:
        row = case.read(ask.folder(bucket, name))
    there = row is not None and row["objects"] + row["folders"] > 0
    return str(row["folders"]) if there else None


def architecture(case: Case) -> Iterator[Finding]:
    """Show where everything is kept."""
    yield case.passed("storage.architecture.read", **_places(case))


def data_flow(case: Case) -> Iterator[Finding]:
    """Show what training, serving and pipelines move."""
    yield case.passed("storage.data-flow.read", **_places(case))


def _places(case: Case) -> dict[str, str]:
    called = case.names
    return {
        "bucket": called.buckets[0],
        "repositories": ", ".join(called.repositories[:_SHOWN]),
        "region": case.profile.aws.region,
    }
