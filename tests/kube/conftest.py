"""Fixtures of the contract suite: one server a worker, one namespace a test.

`--server real` runs the same suite against a real control plane (see tests/real/kube_server.py).
With RELAB_KUBE_WORLD set to a JSON file with `url`, `ca` and `tokens` (admin, alice, bob, carol;
alice and carol in group `team`) it runs against that server.
"""

import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from relab.sandbox.kube import Cluster
from tests.kube import real
from tests.kube.emulator import TOKENS, namespace_of, running, world_of
from tests.kube.world import Kubectl, World, have_kubectl

_GIVEN = os.environ.get("RELAB_KUBE_WORLD")
_NUMBERS = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    kinds = ("emulator", "real")
    parser.addoption("--server", choices=kinds, default=kinds[0], help="who answers tests/kube")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _is_real(config):
        items[:] = real.chosen(config, items)


def _is_real(config: pytest.Config) -> bool:
    return bool(config.getoption("--server", "emulator") == "real")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("kube")
    if _GIVEN:
        given = json.loads(Path(_GIVEN).read_text())
        yield World(given["url"], Path(given["ca"]), given["tokens"], folder)
    elif _is_real(pytestconfig):
        with real.world(folder) as found:
            yield found
    else:
        with running(Cluster(tokens=TOKENS, namespace_of=namespace_of)) as server:
            yield world_of(server, folder)


@pytest.fixture(scope="session")
def worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


# The models make every field optional, so the typed client is used without its types.
@pytest.fixture(scope="session")
def core(world: World) -> Any:
    return client.CoreV1Api(world.api())


@pytest.fixture
def unique(worker: str) -> str:
    return f"t{next(_NUMBERS)}-{worker}"


@pytest.fixture
def namespace(world: World, core: Any, unique: str) -> Iterator[str]:
    core.create_namespace({"metadata": {"name": unique}})
    if "controllers" in world.offers:
        world.eventually(lambda: _is_furnished(world, unique))
    yield unique
    core.delete_namespace(unique)


def _is_furnished(world: World, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
    assert world.raw("GET", path)[0] == 200


@pytest.fixture
def kubectl(world: World, namespace: str) -> Kubectl:
    if not have_kubectl():
        pytest.skip("kubectl is not on PATH")
    return Kubectl(world, namespace)
