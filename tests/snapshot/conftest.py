"""A real S3 server for tests, built once on this machine."""

from collections.abc import Iterator

import pytest

from bench._servers import NoTool, Server, running


@pytest.fixture(scope="session")
def real_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a folder over S3; skipped where the server can neither be found nor built."""
    try:
        with running(tmp_path_factory.mktemp("s3") / "root") as server:
            yield server
    except NoTool as why:
        pytest.skip(str(why))
