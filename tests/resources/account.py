"""A throw-away AWS account: moto in a process of its own, so that it shares no state."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from relab.clouds import AwsTarget
from relab.clouds.aws import Aws
from relab.resources.item import Item
from relab.resources.model import ResourceType
from relab.resources.reading import Place, read
from relab.resources.record import Gap, Skipped
from relab.resources.writing import Request, looked_up, lookup_params

ACCOUNT = "123456789012"
REGION = "ap-northeast-2"
_SERVE = """
import sys
from moto.server import ThreadedMotoServer
if "taught" in sys.argv:
    from relab.sandbox.aws import stand_ins
    stand_ins.install()
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@dataclass
class Account:
    """The account `ACCOUNT` at `endpoint`."""

    endpoint: str
    credentials: str
    aws: Aws = field(default_factory=Aws)

    @property
    def target(self) -> AwsTarget:
        return AwsTarget(REGION, self.endpoint, self.credentials)

    @property
    def place(self) -> Place:
        return Place(self.aws, self.target, ACCOUNT)

    def do(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Call `operation` and return its answer; it must succeed."""
        reply = self.aws.call(self.target, service, operation, params)
        assert reply.ok, f"{service} {operation}: {reply}"
        return dict(reply.body)

    def send(self, request: Request) -> dict[str, Any]:
        """Answer the lookups of `request`, make its call and return the answer."""
        params = dict(request.params)
        for lookup in request.lookups:
            told = self.do(request.service, lookup.operation, **lookup_params(lookup, request))
            params[lookup.member] = looked_up(lookup, request, told)
        return self.do(request.service, request.operation, **params)

    def read(
        self, kind: ResourceType, wanted: Callable[[str], bool] = lambda _: True
    ) -> list[Item | Gap | Skipped]:
        """Return all records of `kind`, of items only those whose key is `wanted`."""
        return list(read(kind, self.place, wanted))

    def reset(self) -> None:
        url = f"{self.endpoint}/moto-api/reset"
        with urllib.request.urlopen(urllib.request.Request(url, method="POST")) as answer:
            assert json.load(answer)["status"] == "ok"


@contextmanager
def running(folder: Path, *, taught: bool = False) -> Iterator[Account]:
    """Start an empty account, keeping its credentials in `folder`; it ends with the block.

    A `taught` one knows the calls, too, that the sandbox teaches moto.
    """
    credentials = folder / "credentials"
    credentials.write_text("[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n")
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, *(["taught"] if taught else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        try:
            port = process.stdout.readline().strip()
            yield Account(f"http://127.0.0.1:{port}", str(credentials))
        finally:
            process.kill()
