"""Fill each tenant's volume with a few files, as a student leaves them."""

import os
from collections.abc import Mapping
from pathlib import Path

from relab.sandbox.kube import Cluster
from relab.sandbox.kube.exec.disks import make_private
from relab.sandbox.seed.template import fill, read

Words = Mapping[str, str]


def plant_files(cluster: Cluster, words: Words) -> None:
    """Write the files of a tenant's volume; nothing when the claim is not there."""
    data = fill(read("volumes"), words)
    claim = cluster.get("v1", "PersistentVolumeClaim", data["claim"], words["namespace"])
    if claim is None:
        return
    root = cluster.disks.claim(str(claim["metadata"]["uid"]))
    for name, text in data["files"].items():
        _write(root / name, text)
    folders = {path.parent for path in root.rglob("*")} | {root}
    for path in [*root.rglob("*"), *folders]:
        os.utime(path, (data["modified"], data["modified"]))


def _write(path: Path, text: str) -> None:
    make_private(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
