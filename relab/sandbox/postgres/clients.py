"""The programs of a PostgreSQL image: words checked against a table, then the real program runs.

What is not in the table is refused: above all options that name a file, and database names that are
connection strings, by which a program would reach another server.
"""

import re
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO

from relab.sandbox.kube.exec.process import NOT_FOUND, Command, Process, Usage, pieces
from relab.sandbox.kube.exec.streams import CHUNK, Gone, Lines, Nothing, Sink
from relab.sandbox.postgres.script import Script
from relab.sandbox.postgres.server import Database, NoDatabase, Running, environ, identity

_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 2.0
_PLAIN = re.compile(r"\w[\w.-]{0,62}")
_DESCRIBE = re.compile(r'\\(d[A-Za-z]*\+?|l\+?|conninfo)( +[\w.*"]+)?\s*')
_LOGIN = "username= dbname= host= port= no-password version"
# Where the server stands is not the caller's choice.
_DROPPED = frozenset({"h", "host", "p", "port", "w", "no-password", "X", "no-psqlrc"})
_NAMES = frozenset({"U", "username", "d", "dbname", "T", "template", "O", "owner"})


@dataclass(frozen=True, slots=True)
class Words:
    """What a program may be told: options for `getopt`, and how many bare words as `names`.

    `reads` tells whether it reads stdin; what does not leaves it to the next command of a script.
    """

    short: str
    more: str = ""
    names: int = 1
    reads: bool = False

    @property
    def long(self) -> tuple[str, ...]:
        """Return the long options."""
        return tuple(f"{_LOGIN} {self.more}".split())


_PSQL = Words(
    "U:d:h:p:c:f:v:qtAXxwWn1lF:be",
    "command= file= set= variable= quiet tuples-only no-align no-psqlrc expanded"
    " single-transaction list csv field-separator=",
    names=2,
)
_OTHERS: Mapping[str, Words] = {
    "pg_dump": Words(
        "U:d:h:p:F:xOacCst:n:N:T:bwZ:",
        "format= schema-only data-only clean create if-exists no-owner no-privileges no-acl"
        " inserts column-inserts table= schema= exclude-table= restrict-key= no-comments encoding=",
    ),
    "pg_restore": Words(
        "U:d:h:p:OlcaxC1ew",
        "no-owner clean if-exists no-privileges exit-on-error single-transaction list create",
        names=0,
        reads=True,
    ),
    "pg_isready": Words("U:d:h:p:q", "quiet", names=0),
    "createdb": Words("U:h:p:T:O:w", "template= owner="),
    "dropdb": Words("U:h:p:w", "if-exists"),
}


def programs(database: Database) -> Mapping[str, Command]:
    """Return the commands of a container in which `database` runs."""
    found: dict[str, Command] = {
        name: _served(database, _checked(words)) for name, words in _OTHERS.items()
    }
    return found | {"psql": _served(database, _psql)}


_On = Callable[[Process, Running], int]


def _served(database: Database, command: _On) -> Command:
    def run(process: Process) -> int:
        try:
            return command(process, database.running())
        except NoDatabase as error:
            process.say(str(error))
            return NOT_FOUND

    return run


def _checked(words: Words) -> _On:
    def run(process: Process, running: Running) -> int:
        options, names = _told(process, words)
        argv = [process.name]
        for key, value in options.items():
            dashed = f"-{key}" if len(key) == 1 else f"--{key}"
            argv += [dashed] if not value else [f"{dashed}={value}" if len(key) > 1 else dashed]
            argv += [value] if value and len(key) == 1 else []
        return _start(process, running, [*argv, *names], reads=words.reads)

    return run


def _told(process: Process, words: Words) -> tuple[dict[str, str], list[str]]:
    """Return the options that are passed on, and the bare words; raises Usage."""
    options, names = process.options(words.short, words.long)
    if len(names) > words.names:
        raise Usage(f"too many words: '{names[-1]}'")
    for name in (*names, *(value for key, value in options.items() if key in _NAMES)):
        if not _PLAIN.fullmatch(name):
            raise Usage(f"'{name}' is no plain name")
    if options.get("F", options.get("format", "p"))[:1] == "d":
        raise Usage("the directory format cannot be written to a stream")
    return {key: value for key, value in options.items() if key not in _DROPPED}, names


def _psql(process: Process, running: Running) -> int:
    options, names = _told(process, _PSQL)
    database = options.get("d") or options.get("dbname") or (names[0] if names else "")
    user = options.get("U") or options.get("username") or (names[1] if len(names) > 1 else "root")
    said = options.get("c") or options.get("command")
    script = options.get("f") or options.get("file")
    if said is None and options.keys() & {"l", "list", "version"}:
        said = "SELECT version()" if "version" in options else r"\l"
        database = database or "postgres"
    if said is not None:
        return _say(process, running, (user, database or user), options, said)
    one = Script(
        process,
        running,
        user,
        database or user,
        quiet=bool(options.keys() & {"q", "quiet"}),
        bare=bool(options.keys() & {"A", "no-align"})
        and bool(options.keys() & {"t", "tuples-only"}),
        strict="ON_ERROR_STOP=1" in _variables(process),
        whole=bool(options.keys() & {"1", "single-transaction"}),
    )
    return _from(one, script)


def _variables(process: Process) -> set[str]:
    """Return all `-v NAME=VALUE`: they may be given several times."""
    words = process.args
    flags = ("-v", "--set", "--variable")
    after = {words[at + 1] for at, word in enumerate(words[:-1]) if word in flags}
    joined = {
        word.partition("=")[2] for word in words if word.startswith(("--set=", "--variable="))
    }
    return after | joined | {word[2:] for word in words if word.startswith("-v") and len(word) > 2}


def _from(script: Script, path: str | None) -> int:
    if path is None or path == "-":
        return script.run(script.process.stdin)
    with script.process.at(path) as place:
        found = pieces(place.read())

    class File:
        def read(self) -> bytes:
            return next(found, b"")

    return script.run(Lines(File()))


def _say(
    process: Process, running: Running, who: tuple[str, str], options: dict[str, str], said: str
) -> int:
    """Run the real psql on one command: SQL goes to the server as it is."""
    if said.lstrip().startswith("\\") and not _DESCRIBE.fullmatch(said):
        raise Usage(f"'{said.split(maxsplit=1)[0]}' is not known in the sandbox")
    argv = ["psql", "-X", "-U", who[0], "-d", who[1]]
    argv += [f"-{key}" for key in "qtAx1be" if key in options]
    argv += [f"--{key}" for key in ("csv", "tuples-only", "no-align", "quiet") if key in options]
    separator = options.get("F") or options.get("field-separator")
    argv += ["-F", separator] if separator else []
    reads = "stdin" in said.lower()
    return _start(process, running, [*argv, "-c", said.lstrip()], reads=reads)


def _start(process: Process, running: Running, argv: list[str], *, reads: bool) -> int:
    """Run a program of the server's and return its code; it ends when the caller leaves."""
    if not reads:
        process = replace(process, stdin=Lines(Nothing()))
    with _spawned(running, argv) as child:
        told = threading.Thread(target=_carry, args=(child.stderr, process.stderr))
        others = (
            threading.Thread(target=_feed, args=(process, child), daemon=True),
            threading.Thread(target=_watch, args=(process, child), daemon=True),
        )
        for thread in (told, *others):
            thread.start()
        gone = _carry(child.stdout, process.stdout)
        if gone:
            _end(child)
        told.join()
        code = child.wait()
    if gone is not None:
        raise gone
    process.alive()
    return code


def _spawned(running: Running, argv: list[str]) -> "subprocess.Popen[bytes]":
    child: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
        [str(running.programs / argv[0]), *argv[1:]],
        cwd="/",
        env={**environ(running), "PGUSER": "root"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        **identity(running),
    )
    return child


def _carry(source: IO[bytes] | None, sink: Sink) -> Exception | None:
    """Write all that a program says; return why nobody wants it any more, if so."""
    try:
        while source is not None and (data := source.read(CHUNK)):
            sink.write(data)
    except (Gone, BrokenPipeError) as error:
        return error
    return None


def _feed(process: Process, child: "subprocess.Popen[bytes]") -> None:
    """Give the program what the caller says; the program may end before that is all."""
    stdin = child.stdin
    with suppress(Gone, OSError, ValueError):
        while stdin is not None and (data := process.stdin.read()):
            while data:
                data = data[stdin.write(data) :]
    with suppress(OSError):
        if stdin is not None:
            stdin.close()


def _watch(process: Process, child: "subprocess.Popen[bytes]") -> None:
    """End the program when the caller has left, also while it says nothing."""
    while child.poll() is None:
        if process.gone.wait(_LOOK_SECONDS):
            _end(child)
            return


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Interrupt a program, so that it cancels its query, and make it end."""
    child.send_signal(signal.SIGINT)
    try:
        child.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
