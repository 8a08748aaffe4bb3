"""A real `docker-registry` on a free loopback port, with one user."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

USER, PASSWORD = "AWS", "made-up"
PATIENCE_SECONDS = 30.0
_CONFIG = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}", secret: made-up}}
auth: {{htpasswd: {{realm: here, path: {folder}/htpasswd}}}}
"""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run one with its files in `folder` and yield its address; skips where it cannot be had."""
    program = shutil.which("docker-registry")
    maker = shutil.which("htpasswd")
    if program is None or maker is None:
        pytest.skip("no docker-registry or no htpasswd on PATH")
    line = subprocess.run([maker, "-Bbn", USER, PASSWORD], capture_output=True, check=True)
    (folder / "htpasswd").write_bytes(line.stdout)
    port = _free_port()
    config = folder / "config.yml"
    config.write_text(_CONFIG.format(folder=folder, port=port))
    environ = {"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"}
    with (folder / "log").open("wb") as log:
        started = subprocess.Popen(
            [program, "serve", str(config)], stdout=log, stderr=log, env=environ
        )
    try:
        _wait(f"http://127.0.0.1:{port}", started, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        started.terminate()
        started.wait(PATIENCE_SECONDS)


def _wait(address: str, started: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and started.poll() is None:
        try:
            if urllib3.request("GET", f"{address}/v2/", retries=False).status == 401:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
