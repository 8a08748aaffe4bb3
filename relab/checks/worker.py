"""A child process that checks on order, so that a screen never waits for a cloud SDK.

    python -m relab.checks.worker --profile sandbox

Orders come as JSON lines on stdin: `{"do": "run", "run": "r1", "tenants": ["07"], "checks": []}`,
`{"do": "cancel"}`, `{"do": "quit"}`. Events leave as JSON lines on stdout (`relab.events.to_json`),
and nothing else does. A new run takes the place of the one before. The profile, the kubeconfig and
the credentials are read again when their files change. It ends with stdin or with its parent.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from relab.clouds import expect_many_objects
from relab.errors import Exit, RelabError, UsageError
from relab.events import Event, Trouble, to_json

if TYPE_CHECKING:
    from relab.checks.connection import Connection

_PARENT_SECONDS = 1.0


class Out:
    """Writes events as lines, whole ones, from any thread."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def tell(self, event: Event) -> None:
        """Write `event`; end the process when nobody listens any more."""
        line = json.dumps(to_json(event))
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (BrokenPipeError, ValueError):
                os._exit(Exit.OK)


@dataclass(slots=True)
class Worker:
    """Carries out orders, one run at a time."""

    out: Out
    connection: "Connection"
    cancelled: threading.Event = field(default_factory=threading.Event)

    def obey(self, line: str) -> bool:
        """Carry out the order in `line`; False when it is to quit."""
        try:
            order = _order(line)
        except UsageError as error:
            self.out.tell(_trouble(error))
            return True
        if order["do"] == "quit":
            return False
        self.cancelled.set()
        if order["do"] == "run":
            self.cancelled = threading.Event()
            work = threading.Thread(target=self._run, args=(order, self.cancelled), daemon=True)
            work.start()
        return True

    def _run(self, order: Mapping[str, Any], cancelled: threading.Event) -> None:
        try:
            for event in self.connection.run(order, cancelled):
                self.out.tell(event)
        except RelabError as error:
            self.out.tell(_trouble(error))
        except Exception as error:  # noqa: BLE001 - the screen must hear of it, whatever it is
            what = f"the checks stopped: {type(error).__name__}: {error}"
            self.out.tell(_trouble(RelabError(what, fix="relab check --json --evidence")))


def _order(line: str) -> Mapping[str, Any]:
    try:
        order = json.loads(line)
        good = order["do"] in ("run", "cancel", "quit")
        good &= order["do"] != "run" or isinstance(order["tenants"], list)
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise UsageError("not an order", where="stdin", fix='write {"do": "run", "tenants": [...]}')
    return dict(order)


def _trouble(error: RelabError) -> Trouble:
    return Trouble(error.what, error.where, error.fix, int(error.exit_code))


def _own_stdout() -> IO[str]:
    """Return stdout for events alone: whatever else prints goes to stderr."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    os._exit(Exit.OK)


def main(words: list[str]) -> int:
    """Obey orders until stdin ends; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m relab.checks.worker")
    parser.add_argument("--profile", help="a profile's name or file")
    profile = parser.parse_args(words).profile
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    expect_many_objects()
    out = Out(_own_stdout())
    from relab.checks.connection import Connection

    worker = Worker(out, Connection(profile, os.environ))
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    threading.Thread(target=worker.connection.warm, daemon=True).start()
    for line in sys.stdin:
        if line.strip() and not worker.obey(line):
            break
    return Exit.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
