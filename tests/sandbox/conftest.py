"""A seeded world inside the test's own process, for what needs no port."""

import asyncio
from collections.abc import Iterator

import pytest
from moto.core.base_backend import BackendDict

from profiles.loader import BUILTIN, load
from relab.sandbox.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Seed a world that listens nowhere."""
    made = World(load(str(BUILTIN / "sandbox.yaml")), tmp_path_factory.mktemp("world"))

    async def fill() -> None:
        async for _ in made.seed():
            pass

    asyncio.run(fill())
    yield made
    BackendDict.reset()
