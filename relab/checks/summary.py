"""What is kept of an answer: small, bounded, and without secrets.

Each function takes a parsed answer and returns JSON; lists are cut to `MOST` entries beside a
total, so that evidence stays small however large the world is.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

MOST = 50
TAGS = 3
_GONE = ("Succeeded",)
_WAITING = ("ContainerCreating", "PodInitializing")


def items(raw: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a Kubernetes list; TypeError when `raw` is none."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("items"), list):
        raise TypeError("not a Kubernetes list")
    return list(raw["items"])


def name_of(item: Mapping[str, Any]) -> str:
    """Return the name of a Kubernetes object."""
    return str(item["metadata"]["name"])


def total(raw: Any) -> int:
    """Return how many objects a Kubernetes list holds, those on later pages included."""
    rest = raw.get("metadata", {}).get("remainingItemCount") if isinstance(raw, Mapping) else 0
    return len(items(raw)) + int(rest or 0)


def count(raw: Any) -> dict[str, int]:
    """Keep only how many objects there are."""
    return {"count": total(raw)}


def listed(raw: Any) -> dict[str, Any]:
    """Keep the names of the objects."""
    return {"count": total(raw), "names": [name_of(item) for item in items(raw)[:MOST]]}


def namespace(raw: Any) -> dict[str, Any]:
    """Keep a namespace's age, phase and labels."""
    meta = raw["metadata"]
    return {
        "name": meta["name"],
        "created": meta.get("creationTimestamp"),
        "phase": raw.get("status", {}).get("phase"),
        "labels": dict(list((meta.get("labels") or {}).items())[:MOST]),
    }


def kubeflow_profile(raw: Any) -> dict[str, Any]:
    """Keep a Kubeflow Profile's owner and whether it is ready (None: it has no status yet)."""
    conditions = (raw.get("status") or {}).get("conditions") or []
    return {
        "name": raw["metadata"]["name"],
        "owner": raw.get("spec", {}).get("owner", {}).get("name"),
        "ready": _ready(conditions) if conditions else None,
        "condition": conditions[-1] if conditions else None,
    }


def _ready(conditions: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the newest condition is good.

    The Kubeflow controller writes `type: Successful` without a status; others write Ready=True.
    """
    newest = list(conditions)[-1]
    good = newest.get("type") in ("Ready", "Successful")
    return good and str(newest.get("status", "True")) == "True"


def quotas(raw: Any) -> dict[str, Any]:
    """Keep each quota's limits and use."""
    return {
        "count": total(raw),
        "quotas": [
            {
                "name": name_of(item),
                "hard": dict(item.get("spec", {}).get("hard") or {}),
                "used": dict((item.get("status") or {}).get("used") or {}),
            }
            for item in items(raw)[:MOST]
        ],
    }


def pods(raw: Any) -> dict[str, Any]:
    """Keep how many pods there are and run, and the first that do not."""
    alive = [item for item in items(raw) if _phase(item) not in _GONE]
    idle = [item for item in alive if not _runs(item)]
    return {
        "count": total(raw),
        "running": len(alive) - len(idle),
        "names": [name_of(item) for item in alive[:MOST]],
        "not_running": [{"name": name_of(item), "state": _state(item)} for item in idle[:MOST]],
    }


def _phase(item: Mapping[str, Any]) -> str:
    return str((item.get("status") or {}).get("phase", "Unknown"))


def _containers(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((item.get("status") or {}).get("containerStatuses") or [])


def _runs(item: Mapping[str, Any]) -> bool:
    return _phase(item) == "Running" and all(one.get("ready", True) for one in _containers(item))


def _state(item: Mapping[str, Any]) -> str:
    """Return the pod's state as `kubectl get pods` words it."""
    if item["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for one in _containers(item):
        state = one.get("state") or {}
        stopped = state.get("waiting") or state.get("terminated") or {}
        if stopped.get("reason"):
            return str(stopped["reason"])
    return "NotReady" if _phase(item) == "Running" else _phase(item)


def pod_defaults(raw: Any) -> dict[str, Any]:
    """Keep each PodDefault's environment variables."""
    kept = {name_of(item): _environment(item) for item in items(raw)[:MOST]}
    return {"count": total(raw), "environment": kept}


def _environment(item: Mapping[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in item.get("spec", {}).get("env") or []}


def deployments(raw: Any) -> dict[str, Any]:
    """Keep each deployment's wanted and ready replicas."""
    kept = {
        name_of(item): {
            "wanted": item.get("spec", {}).get("replicas", 1),
            "ready": (item.get("status") or {}).get("readyReplicas", 0),
        }
        for item in items(raw)
    }
    return {"count": total(raw), "deployments": dict(list(kept.items())[: 4 * MOST])}


def version(raw: Any) -> dict[str, Any]:
    """Keep the API server's version."""
    return {"version": raw["gitVersion"]}


def who_am_i(raw: Any) -> dict[str, Any]:
    """Keep the caller's Kubernetes user name."""
    return {"user": raw["status"]["userInfo"]["username"]}


def text(raw: Any) -> dict[str, Any]:
    """Keep the first line of a page."""
    return {"text": str(raw).strip().partition("\n")[0][:MOST]}


def caller(pages: Any) -> dict[str, Any]:
    """Keep the account and the ARN of the caller."""
    return {"account": pages[0]["Account"], "arn": pages[0]["Arn"]}


@lru_cache(maxsize=256)
def bucket_created(bucket: str) -> Any:
    """Return the summary of a list of buckets: when `bucket` was made, and where it is."""

    def keep(pages: Any) -> dict[str, Any] | None:
        found = [one for page in pages for one in page.get("Buckets", []) if one["Name"] == bucket]
        if not found:
            return None
        return {"created": found[0]["CreationDate"].isoformat(), "name": bucket}

    return keep


def objects(pages: Any) -> dict[str, Any]:
    """Keep the number of objects, and for each top folder its objects and its own folders.

    `complete` is False when there were more pages than are read. S3 lists keys in order, so the
    keys of one folder stand together.
    """
    keys = [row["Key"] for page in pages for row in page.get("Contents", [])]
    folders: dict[str, dict[str, Any]] = {}
    for key in keys:
        top, slash, rest = key.partition("/")
        if slash and (top in folders or len(folders) < MOST):
            _count_in(folders.setdefault(top, _empty()), rest)
    complete = not (pages and pages[-1].get("IsTruncated"))
    return {"count": len(keys), "complete": complete, "folders": folders}


def _empty() -> dict[str, Any]:
    return {"objects": 0, "folders": 0, "last": ""}


def _count_in(folder: dict[str, Any], rest: str) -> None:
    sub, slash, _ = rest.partition("/")
    folder["objects"] += bool(rest)
    if slash and sub != folder["last"]:
        folder |= {"folders": folder["folders"] + 1, "last": sub}


def folder(pages: Any) -> dict[str, Any]:
    """Keep what stands directly under one prefix, in the form of a folder of `objects`."""
    found = [row["Prefix"] for page in pages for row in page.get("CommonPrefixes", [])]
    loose = sum(len(page.get("Contents", [])) for page in pages)
    last = found[-1].split("/")[-2] if found else ""
    return {"objects": loose + len(found), "folders": len(found), "last": last}


def region(pages: Any) -> dict[str, Any]:
    """Keep a bucket's region; S3 leaves it out for us-east-1."""
    return {"region": pages[0].get("LocationConstraint") or "us-east-1"}


@lru_cache(maxsize=256)
def repositories(owns: Any) -> Any:
    """Return the summary of all repositories: those whose name `owns` accepts."""

    def keep(pages: Any) -> dict[str, Any]:
        rows = [row for page in pages for row in page.get("repositories", [])]
        mine = [row for row in rows if owns(row["repositoryName"])]
        return {"count": len(mine), "repositories": [_repository(row) for row in mine[:MOST]]}

    return keep


def _repository(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": row["repositoryName"],
        "uri": row["repositoryUri"],
        "created": row["createdAt"].isoformat(),
        "scan_on_push": bool(row.get("imageScanningConfiguration", {}).get("scanOnPush")),
    }


def images(pages: Any) -> dict[str, Any]:
    """Keep how many images a repository holds and the newest three tags."""
    rows = [row for page in pages for row in page.get("imageDetails", [])]
    newest = sorted(rows, key=lambda row: row["imagePushedAt"], reverse=True)
    tags = [tag for row in newest for tag in row.get("imageTags", [])]
    return {"count": len(rows), "tags": tags[:TAGS]}


def encryption(pages: Any) -> dict[str, Any]:
    """Keep a bucket's encryption algorithms."""
    rules = pages[0]["ServerSideEncryptionConfiguration"]["Rules"]
    kept = [
        rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules
    ]
    return {"algorithms": [name for name in kept if name]}


def versioning(pages: Any) -> dict[str, Any]:
    """Keep a bucket's versioning status; None when it was never set."""
    return {"status": pages[0].get("Status")}


def public_access(pages: Any) -> dict[str, Any]:
    """Keep the four switches of a bucket's public access block."""
    return dict(pages[0]["PublicAccessBlockConfiguration"])


def lifecycle(pages: Any) -> dict[str, Any]:
    """Keep only that a repository has a lifecycle policy."""
    return {"policy": bool(pages[0].get("lifecyclePolicyText"))}
