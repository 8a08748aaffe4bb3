"""Advice of the storage part: a bucket and repositories that are safe to leave alone."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from relab.checks import ask, find
from relab.checks.case import Case
from relab.checks.question import AwsQuestion
from relab.events import Finding

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def encryption(case: Case) -> Iterator[Finding]:
    """Check that objects are encrypted at rest."""
    name, found = _of_bucket(case, ask.encryption)
    if found and found["algorithms"]:
        kinds = ", ".join(found["algorithms"])
        yield case.passed("hardening.encryption.on", bucket=name, algorithms=kinds)
    else:
        yield case.warned("hardening.encryption.off", "hardening.encryption.turn-on", bucket=name)


def versioning(case: Case) -> Iterator[Finding]:
    """Check that overwritten and deleted objects can be had back."""
    name, found = _of_bucket(case, ask.versioning)
    if found and found["status"] == "Enabled":
        yield case.passed("hardening.versioning.on", bucket=name)
    else:
        yield case.warned("hardening.versioning.off", "hardening.versioning.turn-on", bucket=name)


def public_access(case: Case) -> Iterator[Finding]:
    """Check that nobody outside can be let in by mistake."""
    name, found = _of_bucket(case, ask.public_access)
    open_ways = [block for block in BLOCKS if not (found or {}).get(block)]
    if open_ways:
        yield case.warned(
            "hardening.public-access.open",
            "hardening.public-access.block",
            bucket=name,
            missing=", ".join(open_ways),
        )
    else:
        yield case.passed("hardening.public-access.blocked", bucket=name)


def _of_bucket(
    case: Case, question: Callable[[str], AwsQuestion]
) -> tuple[str, Mapping[str, Any] | None]:
    found = find.bucket(case)
    name = found[0] if found else case.names.buckets[0]
    return name, case.read(question(name))


def scan_on_push(case: Case) -> Iterator[Finding]:
    """Check that images are scanned when they are pushed."""
    for number, row in enumerate(find.repositories(case)):
        args = {"name": str(row["name"])}
        at = f"repository-{number}"
        if row["scan_on_push"]:
            yield case.passed("hardening.scan-on-push.on", at=at, **args)
        else:
            yield case.warned(
                "hardening.scan-on-push.off", "hardening.scan-on-push.turn-on", at=at, **args
            )


def lifecycle(case: Case) -> Iterator[Finding]:
    """Check that old images are removed by a rule."""
    for number, row in enumerate(find.repositories(case)):
        args = {"name": str(row["name"])}
        at = f"repository-{number}"
        if case.read(ask.lifecycle(str(row["name"]))):
            yield case.passed("hardening.lifecycle.on", at=at, **args)
        else:
            yield case.warned("hardening.lifecycle.off", "hardening.lifecycle.set", at=at, **args)
