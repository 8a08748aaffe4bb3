"""The contract suite on a real control plane: the server, and the tests it has no part in."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.kube.emulator import TOKENS
from tests.kube.world import World
from tests.real.kube_server import Login, NoServer, running

PATIENCE_SECONDS = 60.0


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    """Run a control plane that knows the suite's users; skips where there is none."""
    logins = [Login(token, user.name, user.groups) for token, user in TOKENS.items()]
    tokens = {user.name: token for token, user in TOKENS.items()}
    try:
        with running(folder, logins) as server:
            offers = frozenset({"controllers"})
            yield World(server.url, server.ca, tokens, folder, offers, patience=PATIENCE_SECONDS)
    except NoServer as error:
        pytest.skip(str(error))


def chosen(config: pytest.Config, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the items that ask a server; those that look inside the emulator are deselected."""
    asking = [item for item in items if "world" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in asking])
    return asking
