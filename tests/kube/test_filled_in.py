"""What a server fills in of what people leave out; `filled_in.yaml` is what a real one does."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from relab.resources.kubernetes.kinds import Served, aggregated
from relab.resources.kubernetes.moves import divided
from relab.resources.pointers import find
from restore.equal import differences
from tests.kube.world import World

_HERE = Path(__file__).parent
SAMPLES: list[dict[str, Any]] = yaml.safe_load((_HERE / "samples.yaml").read_text())
FILLED: dict[str, Any] = yaml.safe_load((_HERE / "filled_in.yaml").read_text())
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def key(sample: dict[str, Any]) -> str:
    return f"{sample['kind']}/{sample['metadata']['name']}"


@pytest.fixture(scope="module")
def kinds(world: World) -> dict[str, Served]:
    accept = {"Accept": f"{_DISCOVERY},application/json"}
    bodies = [world.raw("GET", root, headers=accept)[1] for root in ("/api", "/apis")]
    return {kind.type: kind for body in bodies for kind in aggregated(body)}


@pytest.mark.parametrize("sample", SAMPLES, ids=key)
def test_what_is_left_out_is_filled_in(
    world: World, namespace: str, kinds: dict[str, Served], sample: dict[str, Any]
) -> None:
    kind = kinds[f"{sample['apiVersion']}/{sample['kind']}"]
    path = kind.path(namespace if kind.namespaced else "")
    code, made, _ = world.raw("POST", f"{path}?dryRun=All", sample)
    assert code == 201, made
    assert filled(kind, sample, made, namespace) == FILLED.get(key(sample), {})


def filled(
    kind: Served, sample: dict[str, Any], made: dict[str, Any], namespace: str
) -> dict[str, Any]:
    """Return by JSON pointer what is not as `sample` says it; None for what is not there."""
    document: dict[str, Any] = dict(divided(kind, made)[0])
    if document["metadata"].get("namespace") == namespace:
        del document["metadata"]["namespace"]
    if sample["kind"] == "Pod":
        document["spec"] = bare(document["spec"])
    return {where: said(document, where) for where in differences(sample, document)}


def said(document: dict[str, Any], where: str) -> Any:
    try:
        return find(document, where)
    except LookupError:
        return None


def bare(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a pod's spec without what admission adds for machines, of which the emulator has none.

    It is the volume with the service account's token, and how long a pod stays on a lost machine.
    """
    kept = {name: value for name, value in spec.items() if name != "tolerations"}
    kept["volumes"] = [row for row in spec["volumes"] if "kube-api-access" not in row["name"]]
    for part in ("containers", "initContainers"):
        kept[part] = [without_token(container) for container in spec[part]]
    return kept


def without_token(container: dict[str, Any]) -> dict[str, Any]:
    rows = container.get("volumeMounts", [])
    mounts = [row for row in rows if "kube-api-access" not in row["name"]]
    rest = {name: value for name, value in container.items() if name != "volumeMounts"}
    return rest | ({"volumeMounts": mounts} if mounts else {})
