"""The sandbox's PostgreSQL ends with the sandbox, however that ends, and leaves nothing."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relab.sandbox.kube.exec.commands import TABLE
from relab.sandbox.kube.exec.process import Process, execute
from relab.sandbox.kube.exec.streams import Lines, Nothing
from relab.sandbox.kube.exec.tree import Tree
from relab.sandbox.postgres import binaries
from relab.sandbox.postgres.clients import programs
from relab.sandbox.postgres.server import Database, NoDatabase, Running

needs_postgres = pytest.mark.skipif(
    binaries.find() is None, reason=f"no PostgreSQL: {binaries.HINT}"
)
_CHILD = """
import sys, time
from relab.sandbox.postgres.server import Database
print(Database(lambda running: None).running().home, flush=True)
time.sleep(300)
"""


def until(true: Callable[[], bool]) -> None:
    for _ in range(400):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it did not come true")


def _users(home: Path) -> list[str]:
    """Return the command lines of processes that name `home`."""
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in found.stdout.splitlines() if str(home) in line]


@needs_postgres
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_does_not_outlive_its_owner(number: int) -> None:
    words = [sys.executable, "-c", _CHILD]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        home = Path(child.stdout.readline().strip())
        assert _users(home)
        os.kill(child.pid, number)
    until(lambda: not _users(home) and not home.exists())


@needs_postgres
def test_it_starts_once_for_all_and_again_after_a_stop() -> None:
    seeded: list[Running] = []
    database = Database(seeded.append)
    threads = [threading.Thread(target=database.running) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        home = database.running().home
        assert len(seeded) == 1
        database.stop()
        until(lambda: not home.exists())
        assert database.running().home != home
    finally:
        database.stop()
    until(lambda: not _users(seeded[-1].home))


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take this machine's PostgreSQL away."""
    monkeypatch.setattr(binaries, "find", lambda: None)
    yield


@pytest.mark.usefixtures("nothing")
def test_a_machine_without_it_says_what_to_install(tmp_path: Path) -> None:
    class Said:
        text = b""

        def write(self, data: bytes) -> None:
            self.text += data

    said = Said()
    table = {**TABLE, **programs(Database(lambda _: None))}
    streams = (Lines(Nothing()), Nothing(), said, threading.Event())
    assert execute(Process("pg_dump", ("mlflow",), Tree(tmp_path, []), table, *streams)) == 127
    assert b"this machine has no PostgreSQL: install PostgreSQL" in said.text


@needs_postgres
def test_a_server_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relab.sandbox.postgres.server._SETTINGS", {"no_such_setting": "1"})
    with pytest.raises(NoDatabase, match="no_such_setting"):
        Database(lambda _: None).running()


def test_binaries_are_found_on_the_path(tmp_path: Path) -> None:
    for name in ("initdb", "postgres", "psql", "pg_dump"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert binaries.find({"PATH": str(tmp_path)}) == tmp_path
    shutil.rmtree(tmp_path)
    assert binaries.find({"PATH": str(tmp_path)}) != tmp_path
