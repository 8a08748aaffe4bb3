"""The contract suite on a real control plane: the server, and the tests it has no part in."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.kube.differences import OTHERWISE, REAL
from tests.kube.emulator import TOKENS
from tests.kube.world import World
from tests.real.kube_server import Login, NoServer, running

_SUITE = Path(__file__).parent
PATIENCE_SECONDS = 60.0


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    """Run a control plane that knows the suite's users; skips where there is none."""
    logins = [Login(token, user.name, user.groups) for token, user in TOKENS.items()]
    tokens = {user.name: token for token, user in TOKENS.items()}
    try:
        with running(folder, logins) as server:
            yield World(server.url, server.ca, tokens, folder, REAL, patience=PATIENCE_SECONDS)
    except NoServer as error:
        pytest.skip(str(error))


def chosen(config: pytest.Config, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return `items` without those of the suite that look inside the emulator: they ask no server.

    Those of which a real server does otherwise are marked.
    """
    left = [item for item in items if _is_ours(item) and not _asks(item)]
    config.hook.pytest_deselected(items=left)
    for item in items:
        for end, reason in OTHERWISE.items():
            if item.nodeid.endswith(end):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    return [item for item in items if item not in left]


def _is_ours(item: pytest.Item) -> bool:
    return item.path.is_relative_to(_SUITE)


def _asks(item: pytest.Item) -> bool:
    return "world" in getattr(item, "fixturenames", ())
