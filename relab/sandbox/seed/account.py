"""Fill the embedded AWS with all else that a course's account holds: `account.yaml`."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jmespath
import yaml

from profiles.model import Profile
from profiles.naming import names
from relab.sandbox.aws.direct import Caller
from relab.sandbox.aws.outside import DESTINATION, LOGGING_ACCOUNT
from relab.sandbox.seed.template import fill

_FILE = Path(__file__).with_suffix(".yaml")
_CANARY = re.compile(r"canary[-\w]*")
_Loader: Any = type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
Words = dict[str, str]


def _text(loader: Any, node: Any) -> str:
    """Return what stands behind `!json`: a mapping that an API wants as text."""
    return json.dumps(loader.construct_mapping(node, deep=True))


_Loader.add_constructor("!json", _text)


def plant_shared(caller: Caller, profile: Profile) -> Iterator[str]:
    """Make what belongs to nobody; yield each operation once it is made."""
    yield from _plant(caller, "shared", shared_words(profile))


def plant_tenant(caller: Caller, profile: Profile, tenant: str) -> Iterator[str]:
    """Make what is the learner's own; yield each operation once it is made."""
    yield from _plant(caller, "tenant", tenant_words(profile, tenant))


def shared_words(profile: Profile) -> Words:
    """Return the words that every call may use."""
    return {
        "account": profile.aws.account,
        "region": profile.aws.region,
        "cluster": profile.kubernetes.cluster,
        "logging_account": LOGGING_ACCOUNT,
        "destination": DESTINATION,
    }


def tenant_words(profile: Profile, tenant: str) -> Words:
    """Return the words that the calls for `tenant` may use."""
    called = names(profile, tenant)
    return {
        **shared_words(profile),
        "number": tenant,
        "user": called.user,
        "owner": called.owner,
        "bucket": called.buckets[0],
        "namespace": called.namespaces[0],
    }


def canaries(profile: Profile) -> frozenset[str]:
    """Return every secret text that the account is seeded with, as it must never be seen."""
    found = set(_canaries(_calls()["shared"], shared_words(profile)))
    for tenant in profile.tenants:
        found.update(_canaries(_calls()["tenant"], tenant_words(profile, tenant)))
    return frozenset(found)


def _canaries(node: Any, words: Mapping[str, str]) -> Iterator[str]:
    if isinstance(node, Mapping):
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from _canaries(inner, words)
    text = node.decode("latin-1") if isinstance(node, bytes) else node
    if isinstance(text, str) and "canary" in text:
        yield from _CANARY.findall(fill(text, words))


@cache
def _calls() -> dict[str, list[Any]]:
    loaded: dict[str, list[Any]] = yaml.load(_FILE.read_bytes(), _Loader)  # noqa: S506 - it is safe
    return loaded


def _plant(caller: Caller, part: str, words: Words) -> Iterator[str]:
    known = dict(words)
    for entry in _calls()[part]:
        service, operation = entry["call"].split()
        answer = caller.call(service, operation, fill(entry["params"], known))
        for name, path in entry.get("keep", {}).items():
            known[name] = jmespath.search(fill(path, known), answer)
        yield f"{service}:{operation}"
