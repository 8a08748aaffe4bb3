"""One PostgreSQL server of the sandbox's own, started when it is first needed.

It cannot outlive the sandbox, however that ends: a small shell holds it, which waits for the end of
a pipe whose other end only the sandbox has.
"""

import os
import pwd
import secrets
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from relab.sandbox.postgres import binaries
from relab.sandbox.postgres.wire import Connection, Login, SqlError

ADMIN = "relab_admin"
_PORT = 5432
_PATIENCE_SECONDS = 60.0
_END_SECONDS = 2.0
_STEP_SECONDS = 0.05
_STARTING = "starting up"
_UNPRIVILEGED = ("postgres", "nobody")
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_connections": "30",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_HBA = f"local all {ADMIN} password\nlocal all all trust\n"
# Makes and runs the server until stdin ends, then ends it, whatever it is at, and its folder.
_HOLDER = """
home=$1; programs=$2; shift 2
(
  "$programs/initdb" -D "$home/data" -U "$1" --pwfile="$home/password" --auth=password \\
    --no-sync -E UTF8 --locale=C && rm -f "$home/password" \\
    && cp "$home/hba" "$home/data/pg_hba.conf" && shift && exec "$programs/postgres" "$@"
  : >"$home/failed"
) >"$home/log" 2>&1 </dev/null &
cat >/dev/null
kill -TERM $!; kill -QUIT $!; wait $!
rm -rf -- "$home" || { sleep 1; rm -rf -- "$home"; }
"""


class NoDatabase(Exception):
    """There is no PostgreSQL here, or it does not start; the message says which."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers: its programs, its private folder, and as whom programs run."""

    programs: Path
    home: Path
    user: str | None
    password: str

    @property
    def socket(self) -> Path:
        """Return the server's socket."""
        return self.home / f".s.PGSQL.{_PORT}"

    def login(self, user: str, database: str) -> Login:
        """Return a login for one of the server's users."""
        return Login(self.socket, user, database, self.password if user == ADMIN else "")


Seed = Callable[[Running], None]


class Database:
    """Starts the server once, by whichever thread needs it first; `seed` fills it."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._running: Running | None = None
        self._holder: subprocess.Popen[bytes] | None = None

    def running(self) -> Running:
        """Return the server, started and filled; NoDatabase when there can be none."""
        with self._lock:
            if self._running is None:
                self._running = self._start()
            return self._running

    def stop(self) -> None:
        """End the server, if it runs, and remove its files."""
        with self._lock:
            holder, self._holder, self._running = self._holder, None, None
        _let_go(holder)

    def _start(self) -> Running:
        programs = binaries.find()
        if programs is None:
            raise NoDatabase(f"this machine has no PostgreSQL: {binaries.HINT}")
        made = Running(programs, _home(), _user(), secrets.token_urlsafe(16))
        try:
            _prepare(made)
            self._holder = _hold(made)
            _wait_for(made, self._holder)
            self._seed(made)
        except (OSError, SqlError) as error:
            why = _why(made, error)
            _let_go(self._holder)
            raise NoDatabase(f"PostgreSQL did not start: {why}") from error
        return made


def _let_go(holder: "subprocess.Popen[bytes] | None") -> None:
    if holder is None or holder.stdin is None:
        return
    holder.stdin.close()
    # It goes on by itself; the sandbox shall not wait for a slow disk.
    with suppress(subprocess.TimeoutExpired):
        holder.wait(_END_SECONDS)


def _home() -> Path:
    """Make a private folder with a short path, as sockets need it."""
    home = Path(tempfile.mkdtemp(prefix="relab-postgres-"))
    user = _user()
    if user is not None:
        found = pwd.getpwnam(user)
        os.chown(home, found.pw_uid, found.pw_gid)
    return home


def _user() -> str | None:
    """Return as whom the server runs: nobody special when this process is root's."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in _UNPRIVILEGED if name in known), None)


def environ(running: Running) -> dict[str, str]:
    """Return the environment of the server's programs; nothing of this process's own."""
    return {
        "PATH": f"{running.programs}:/usr/bin:/bin",
        "HOME": str(running.home),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PGHOST": str(running.home),
        "PGPORT": str(_PORT),
    }


def identity(running: Running) -> dict[str, object]:
    """Return the arguments of Popen that make a program run as the server's user."""
    if running.user is None:
        return {}
    found = pwd.getpwnam(running.user)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


def _prepare(running: Running) -> None:
    """Write what the holder needs; others may read it, but not enter the folder."""
    for name, text in (("password", running.password), ("hba", _HBA)):
        path = running.home / name
        path.write_text(text)
        path.chmod(0o644)


def _hold(running: Running) -> subprocess.Popen[bytes]:
    server = [ADMIN, "-D", str(running.home / "data")]
    server += ["-k", str(running.home), "-p", str(_PORT)]
    server += [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
    command = ["/bin/sh", "-c", _HOLDER, "sh", str(running.home), str(running.programs), *server]
    holder: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
        command,
        cwd="/",
        env=environ(running),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **identity(running),
    )
    return holder


def _wait_for(running: Running, holder: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            Connection(running.login(ADMIN, "postgres")).close()
        except (OSError, SqlError) as error:
            if holder.poll() is not None or _failed(running, deadline):
                raise SqlError("it does not answer") from error
            time.sleep(_STEP_SECONDS)
        else:
            return


def _failed(running: Running, deadline: float) -> bool:
    if (running.home / "failed").exists() or time.monotonic() > deadline:
        return True
    return any("FATAL:" in line and _STARTING not in line for line in _log(running))


def _log(running: Running) -> list[str]:
    log = running.home / "log"
    return log.read_text(errors="replace").strip().splitlines() if log.exists() else []


def _why(running: Running, error: Exception) -> str:
    """Return the last word of the server's log."""
    lines = _log(running)
    return f"{error}; its last words: {lines[-1]}" if lines else str(error)
