"""Run aws-nuke: stream what it says, and end it when it does not end by itself.

It is handed no keyboard, no credentials but the caller's (by environment) and a private
configuration. How it ended is told by what it said, not by its exit code alone: it exits with 0
after it failed to list.
"""

import errno
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from urllib.parse import urlsplit

from relab.clouds.aws import Keys
from relab.clouds.outcome import shorten
from relab.errors import RelabError
from relab.nuke import guardian
from relab.nuke.lines import TO_GO, Line, Read, Round, Row, Said, State, Thing, Unknown, Wrong

_LONGEST = 1_000_000
_BEFORE_KILL = 5.0
_NOBODY = "http://127.0.0.1:9"  # the port of "discard", which nobody serves
_PASSED = (
    "PATH",
    "TMPDIR",
    "SYSTEMROOT",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a run may take, say nothing, and go round without getting on."""

    seconds: float
    silent: float = 600.0
    rounds: int = 100


@dataclass(slots=True)
class Heard:
    """All that a run has said, and how it ended. `ended` is empty when it ended by itself."""

    rows: dict[Thing, Row] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    told: int = 0
    scanned: int | None = None
    finished: bool = False
    code: int | None = None
    ended: str = ""

    def hear(self, line: Line) -> None:
        """Take note of `line`."""
        if isinstance(line, Row):
            self.rows[line.thing] = line
            self.told += self.scanned is None
        elif isinstance(line, Wrong):
            about = f"{line.type}: " if line.type else ""
            self.troubles.append(f"{about}{line.text}")
        elif isinstance(line, Unknown):
            self.troubles.append(f"a line that is not understood: {line.text}")
        elif isinstance(line, Round) and line.total is not None:
            self.scanned = line.total
        elif isinstance(line, Round):
            self.finished = not (line.waiting or line.failed)

    def problems(self) -> tuple[str, ...]:
        """Return everything that speaks against trusting what was said; empty for nothing."""
        found = list(dict.fromkeys(self.troubles))
        if self.ended:
            found.append(self.ended)
        elif self.code:
            found.append(f"it ended with exit code {self.code}")
        if self.scanned is None:
            found.append("it did not say that its scan was complete")
        elif self.scanned != self.told:
            found.append(f"it counted {self.scanned} things and named {self.told}")
        return tuple(found)

    def to_go(self) -> tuple[Row, ...]:
        """Return what a dry run would remove."""
        return tuple(row for row in self.rows.values() if row.state in TO_GO)

    def kept(self) -> tuple[Row, ...]:
        """Return what is filtered out."""
        return tuple(row for row in self.rows.values() if row.state is State.FILTERED)

    def unfinished(self) -> tuple[Row, ...]:
        """Return what was to go and was not seen to be gone."""
        done = (State.FINISHED, State.FILTERED)
        return tuple(row for row in self.rows.values() if row.state not in done)

    def overlooked(self) -> bool:
        """Tell whether it found nothing to remove, since all that may go depends on another type.

        aws-nuke 3 does not count as removable what is to wait for others, be they there or not.
        """
        rows = () if self.problems() else self.unfinished()
        return bool(rows) and all(row.state is State.NEW_DEPENDENCY for row in rows)


@dataclass(frozen=True, slots=True)
class Reading:
    """How lines are read, and what is asked when a scan is complete: a reason ends the run."""

    read: Read
    check: Callable[[Heard], str] | None = None


def environment(
    environ: Mapping[str, str], keys: Keys, region: str, endpoint: str | None = None
) -> dict[str, str]:
    """Return what aws-nuke sees of the environment: paths, proxies and the caller, no more.

    With an `endpoint`, nothing but its host can be reached: all else goes to a proxy that is none.
    """
    found = {name: environ[name] for name in _PASSED if name in environ}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    found |= nowhere | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": region}
    found |= {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
    found |= {"AWS_SESSION_TOKEN": keys.token} if keys.token else {}
    return found | (_shut_in(endpoint) if endpoint else {})


def _shut_in(endpoint: str) -> dict[str, str]:
    ways = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOBODY)
    host = str(urlsplit(endpoint).hostname)
    return {**ways, "NO_PROXY": host, "no_proxy": host}


@contextmanager
def private(text: str) -> Iterator[Path]:
    """Give a file with `text` that only this person can read, for the length of a block."""
    with TemporaryDirectory(prefix="relab-nuke-") as folder:
        path = Path(folder) / "config.yaml"
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(text, encoding="utf-8")
        yield path


def run(
    argv: Sequence[str], environ: Mapping[str, str], reading: Reading, limits: Limits
) -> Generator[Line, None, Heard]:
    """Run `argv`, yield its lines as they come, and return all that was heard.

    RelabError when it cannot be started. Ended with the generator, it takes the process along.
    """
    heard, watch = Heard(), _Watch(limits)
    process = _started(argv, environ)
    patience = 0.0
    try:
        for text in _lines(process, watch):
            line = reading.read(text)
            heard.hear(line)
            watch.hear(line)
            if reading.check and isinstance(line, Round) and line.total is not None:
                watch.why = reading.check(heard)
            if not (isinstance(line, Said) and not line.text):
                yield line
        patience = 0.0 if watch.why else _BEFORE_KILL
    finally:
        _end(process, patience)
        assert process.stdin  # noqa: S101 - for the type checker: it is a pipe
        process.stdin.close()
    heard.code, heard.ended = process.returncode, watch.why or _signal(process.returncode)
    return heard


def _started(argv: Sequence[str], environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start `argv` below a guardian, which ends it when this process is killed."""
    try:
        if not os.access(argv[0], os.X_OK):
            raise PermissionError(errno.EACCES, "it is no program")
        return subprocess.Popen(
            (sys.executable, "-I", "-S", guardian.__file__, *argv),
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        what = f"aws-nuke cannot be run: {shorten(error)}"
        raise RelabError(what, where=str(argv[0]), fix="relab nuke install") from error


class _Watch:
    """Tells when a run has gone on for too long, in one of three ways."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._until = time.monotonic() + limits.seconds
        self._round: Round | None = None
        self._same = 0
        self.why = ""

    def patience(self) -> float:
        """Return how many seconds to wait for the next line; 0 for no longer."""
        return max(0.0, min(self._limits.silent, self._until - time.monotonic()))

    def hear(self, line: Line) -> None:
        """Count rounds that are like the last."""
        if isinstance(line, Round) and line.total is None:
            self._same = self._same + 1 if line == self._round else 0
            self._round = line
            if self._same >= self._limits.rounds:
                self.why = f"it went round {self._same} times without getting on, and was ended"

    def give_up(self) -> None:
        """Say why nobody waits any longer."""
        late = time.monotonic() >= self._until
        self.why = (
            f"it ran for more than {self._limits.seconds:.0f} s, and was ended"
            if late
            else f"it said nothing for {self._limits.silent:.0f} s, and was ended"
        )


def _lines(process: "subprocess.Popen[bytes]", watch: _Watch) -> Iterator[str]:
    """Yield lines until the process closes its output or `watch` gives up."""
    found: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    assert process.stdout  # noqa: S101 - for the type checker: it is a pipe
    threading.Thread(target=_pump, args=(process.stdout, found), daemon=True).start()
    while not watch.why:
        try:
            raw = found.get(timeout=watch.patience())
        except queue.Empty:
            watch.give_up()
            return
        if not raw:
            return
        yield raw.decode("utf-8", "replace").rstrip("\r\n")


def _pump(out: IO[bytes], found: "queue.SimpleQueue[bytes]") -> None:
    with out:
        while raw := out.readline(_LONGEST):
            found.put(raw)
    found.put(b"")


def _end(process: "subprocess.Popen[bytes]", patience: float) -> None:
    """Wait for the process, and end it when it does not end; what it started ends with it."""
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        _kill(process, signal.SIGTERM)
    _kill(process, signal.SIGKILL)


def _kill(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_BEFORE_KILL)


def _signal(code: int) -> str:
    return f"it was killed by signal {-code}" if code < 0 else ""
