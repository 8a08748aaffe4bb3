"""A running sandbox for tests, one a worker, and a test's promise to leave it whole."""

from collections.abc import Iterator

import pytest

from relab.sandbox.session import Session, running
from tests.conftest import clean_environ


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Start a seeded sandbox; `.env(tenant)` is a whole environment for kubectl, aws and relab."""
    root = tmp_path_factory.mktemp("sandbox")
    home = root / "home"
    home.mkdir()
    with running(root / "state", clean_environ() | {"HOME": str(home)}) as session:
        yield session


@pytest.fixture(autouse=True)
def _mended(request: pytest.FixtureRequest) -> Iterator[None]:
    """Mend what a test has broken, also when it fails."""
    yield
    if "sandbox" in request.fixturenames:
        session: Session = request.getfixturevalue("sandbox")
        session.mend()


@pytest.fixture
def changeable(sandbox: Session) -> Iterator[Session]:
    """Give the sandbox to a test that changes what is in it, and fill it again after."""
    yield sandbox
    sandbox.reset()
