"""A real S3 server of this machine for benchmarks and tests: versitygw on a folder."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).parents[1] / "scripts" / "s3-server"
REGION = "us-east-1"
# Not /tmp: where many files were just removed, ext4 makes each new one cost 20 times as much.
ROOM = os.environ.get("TMPDIR", "/var/tmp")
_START_SECONDS = 30.0
_ENVIRON = dict(os.environ)  # tests change it later, and what is built lies in the real home


@dataclass(frozen=True)
class Server:
    """A running server; `log` is a file with a line for each request."""

    endpoint: str
    access_key: str
    secret_key: str
    log: Path

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment in which any client of S3 finds its credentials."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def requests(self, kind: str) -> int:
        """Return how many requests of `kind`, such as `s3_GetObject`, there were."""
        return sum(f" {kind} " in line for line in self.log.read_text().splitlines())


class NoTool(Exception):
    """A tool that can neither be found nor built; the text says why."""


def tool(name: str) -> str:
    """Return the path of `name` (see `scripts/s3-server`), built when it was not; NoTool if not."""
    done = subprocess.run(
        [str(TOOLS), name], env=_ENVIRON, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason told"]
        raise NoTool(f"{name} cannot be built: {said[-1]}")
    return done.stdout.strip()


@contextmanager
def running(root: Path) -> Iterator[Server]:
    """Serve the folder `root` over S3, with versions, on a free loopback port; NoTool if not."""
    binary = tool("versitygw")
    data, versions = root / "data", root / "versions"
    for folder in (data, versions):
        folder.mkdir(parents=True)
    port = _free_port()
    server = Server(
        f"http://127.0.0.1:{port}", "bench", secrets.token_hex(16), root / "requests.log"
    )
    command = [binary, "--port", f"127.0.0.1:{port}", "--keep-alive", "--quiet"]
    command += ["--region", REGION, "--access-log", str(server.log)]
    command += ["posix", "--versioning-dir", str(versions), str(data)]
    env = {
        **os.environ,
        "ROOT_ACCESS_KEY": server.access_key,
        "ROOT_SECRET_KEY": server.secret_key,
    }
    with subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(process, port)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=_START_SECONDS)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise NoTool(f"the server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise NoTool("the server does not answer")
