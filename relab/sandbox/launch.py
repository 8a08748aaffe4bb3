"""Start, find and end the sandbox's background process. Loads neither moto nor aiohttp."""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import IO

from relab.errors import Locked, RelabError
from relab.events import Event, Progress, from_json
from relab.sandbox import client
from relab.sandbox.place import Place, private
from relab.text import safe

_NEEDED = ("moto", "flask", "aiohttp", "trustme", "jsonpatch")
# A person's AWS settings must not reach the SDK inside moto.
_PRIVATE = ("AWS_", "MOTO_", "BOTO_", "KUBECONFIG")
_PATIENCE_SECONDS = 120.0
_STEP_SECONDS = 0.1
_STOP_SECONDS = 5.0
_READY = "ready"


def up(place: Place, while_pid: int | None = None) -> Iterator[Progress]:
    """Start the sandbox unless it runs, and yield its progress until all is ready.

    RelabError says in one line why it could not start; Locked, that another start hangs.
    """
    _require_extra()
    place.make()
    with _alone(place):
        if not _joined(place, while_pid):
            place.clear()
            yield from _start(place, while_pid)


def down(place: Place) -> bool:
    """End the sandbox and remove its files; False when none was running."""
    if not place.folder.exists():
        return False
    with _alone(place):
        daemon = place.daemon()
        if daemon is not None:
            daemon.process.end(_STOP_SECONDS)
        place.clear()
        return daemon is not None


def _require_extra() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise RelabError(
            f"the sandbox's parts are not installed ({', '.join(missing)})",
            fix="pip install 'relab[sandbox]'",
        )


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    with private(place.lock, os.O_RDWR | os.O_CREAT) as file:
        _wait_for(file)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _wait_for(file: IO[str]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise Locked(
                    f"another sandbox command is at work (pid {safe(file.read())})",
                    where=safe(file.name),
                    fix="wait for it, or end it",
                ) from error
            time.sleep(_STEP_SECONDS)
        else:
            return


def _joined(place: Place, while_pid: int | None) -> bool:
    """Share a running sandbox, once it is ready; False when there is none."""
    daemon = place.daemon()
    if daemon is None:
        return False
    try:
        client.keep(place, while_pid)
        while not client.status(place)["ready"]:
            time.sleep(_STEP_SECONDS)
    except RelabError:
        # It is about to end with the last process that wanted it, or it hangs.
        daemon.process.end(_STOP_SECONDS)
        return False
    return True


def _start(place: Place, while_pid: int | None) -> Iterator[Progress]:
    reading, writing = os.pipe()
    command = [sys.executable, "-P", "-m", "relab.sandbox.daemon", "--state", str(place.state)]
    command += ["--reports", str(writing)]
    command += ["--while-pid", str(while_pid)] if while_pid else []
    environ = {key: value for key, value in os.environ.items() if not key.startswith(_PRIVATE)}
    with private(place.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as log:
        started = subprocess.Popen(
            command,
            cwd=place.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(writing,),
            start_new_session=True,
        )
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as lines:
        yield from _progress(place, started, lines)


def _progress(
    place: Place, started: subprocess.Popen[bytes], lines: Iterator[str]
) -> Iterator[Progress]:
    for line in lines:
        if line.strip() == _READY:
            return
        event: Event = from_json(json.loads(line))
        if isinstance(event, Progress):
            yield event
    started.wait()
    raise RelabError(
        f"the sandbox did not start: {_last_line(place)}",
        where=safe(place.log),
        fix="read the log, then run 'relab sandbox up' again",
    )


def _last_line(place: Place) -> str:
    text = place.log.read_text(encoding="utf-8", errors="replace").strip()
    return safe(text.splitlines()[-1]) if text else "it ended without a word"
