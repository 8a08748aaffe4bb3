"""What a running command is handed: words, files, streams; and how it says what went wrong."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from getopt import GetoptError, gnu_getopt
from typing import Any

from relab.sandbox.kube.exec.streams import CHUNK, Gone, Lines, Sink
from relab.sandbox.kube.exec.tree import Place, Tree

NOT_FOUND, NOT_EXECUTABLE, ENDED = 127, 126, 137
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


@dataclass(frozen=True)
class Process:
    """A command as it runs; `gone` is set when whoever started it has left."""

    name: str
    args: tuple[str, ...]
    tree: Tree
    table: Mapping[str, "Command"]
    stdin: Lines
    stdout: Sink
    stderr: Sink
    gone: threading.Event
    env: dict[str, str] = field(default_factory=dict)
    cwd: str = "/"

    def out(self, text: str) -> None:
        """Write text to stdout."""
        self.stdout.write(text.encode("utf-8", "surrogateescape"))

    def say(self, message: str) -> None:
        """Write `name: message` as a line to stderr."""
        line = f"{self.name}: {message}\n"
        self.stderr.write(line.encode("utf-8", "surrogateescape"))

    def fail(self, path: str, error: OSError) -> None:
        """Say what the system said about `path`."""
        self.say(f"{path}: {error.strerror or error}")

    def at(self, path: str, *, follow: bool = True) -> AbstractContextManager[Place]:
        """Give the place of `path` as a context manager; see `Tree.at`."""
        return self.tree.at(path, self.cwd, follow=follow)

    def options(self, short: str, long: tuple[str, ...] = ()) -> tuple[dict[str, str], list[str]]:
        """Return the options and the other words, in the notation of `getopt`; raises Usage."""
        try:
            found, words = gnu_getopt(list(self.args), short, list(long))
        except GetoptError as error:
            raise Usage(error.msg) from error
        return {key.lstrip("-"): value for key, value in found}, words

    def copy(self, fd: int) -> None:
        """Write a file to stdout, and close it."""
        for data in pieces(fd):
            self.alive()
            self.stdout.write(data)

    def alive(self) -> None:
        """Raise Gone when nobody waits for this command any more."""
        if self.gone.is_set():
            raise Gone

    def run(self, argv: list[str], **changed: Any) -> int:
        """Run another command with the same streams, but what is `changed`; return its code."""
        return execute(replace(self, name=argv[0], args=tuple(argv[1:]), **changed))


Command = Callable[[Process], int]


class Usage(Exception):
    """The words of a command make no sense; the message says why."""


def execute(process: Process) -> int:
    """Run a command by its name and return its exit code; raises Gone."""
    command = process.table.get(_basename(process.name))
    if command is None:
        return _unknown(process)
    shown = replace(process, name=_basename(process.name))
    try:
        return command(shown)
    except Usage as error:
        shown.say(str(error))
        return 2
    except BrokenPipeError:
        return 141
    except OSError as error:
        shown.say(str(error.strerror or error))
        return 1


def _basename(name: str) -> str:
    folder, _, last = name.rpartition("/")
    return last if not folder or folder in _PATH else name


def _unknown(process: Process) -> int:
    """Say what a container runtime says of a command that it cannot start."""
    exists = False
    if "/" in process.name:
        try:
            with process.at(process.name) as place:
                exists = place.exists()
        except OSError:
            pass
    why, code = "executable file not found in $PATH", NOT_FOUND
    if exists:
        why, code = "permission denied", NOT_EXECUTABLE
    line = f'exec: "{process.name}": {why} (the sandbox runs: {", ".join(sorted(process.table))})\n'
    process.stderr.write(line.encode("utf-8", "surrogateescape"))
    return code


def pieces(fd: int) -> Iterator[bytes]:
    """Yield the bytes of a descriptor in chunks, and close it."""
    try:
        while data := os.read(fd, CHUNK):
            yield data
    finally:
        os.close(fd)
