"""Commands on text: cat, echo, head, tail, wc, sha256sum."""

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from relab.sandbox.kube.exec.process import Command, Process, Usage
from relab.sandbox.kube.exec.streams import CHUNK, Lines


class _File:
    """A file as a source; it is closed by `close`."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self) -> bytes:
        """Return the next chunk."""
        return os.read(self._fd, CHUNK)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


@contextmanager
def _opened(process: Process, path: str) -> Iterator[Lines]:
    """Give a file, or stdin for `-`, by lines."""
    if path == "-":
        yield process.stdin
        return
    with process.at(path) as place:
        file = _File(place.read())
    try:
        yield Lines(file)
    finally:
        file.close()


def _each(process: Process, paths: list[str]) -> Iterator[tuple[str, Lines | OSError]]:
    for path in paths or ["-"]:
        try:
            with _opened(process, path) as lines:
                yield path, lines
        except OSError as error:
            yield path, error


def _cat(process: Process) -> int:
    _, paths = process.options("u")
    code = 0
    for path, found in _each(process, paths):
        if isinstance(found, OSError):
            process.fail(path, found)
            code = 1
            continue
        while data := found.read():
            process.alive()
            process.stdout.write(data)
    return code


def _echo(process: Process) -> int:
    words = list(process.args)
    end = "\n"
    if words and words[0] == "-n":
        words, end = words[1:], ""
    process.out(" ".join(words) + end)
    return 0


def _count(process: Process) -> tuple[str, str, list[str]]:
    """Return `n` or `c`, the number as written, and the files of head and tail."""
    options, paths = process.options("n:c:q")
    what = "c" if "c" in options else "n"
    number = options.get(what, "10")
    if not number.lstrip("+-").isdigit():
        raise Usage(f"invalid number: '{number}'")
    return what, number, paths


def _head(process: Process) -> int:
    what, number, paths = _count(process)
    code = 0
    for path, found in _each(process, paths):
        if isinstance(found, OSError):
            process.fail(path, found)
            code = 1
            continue
        left = int(number)
        while left > 0:
            data = found.line() if what == "n" else found.read(min(left, 65536))
            if not data:
                break
            process.stdout.write(data)
            left -= 1 if what == "n" else len(data)
    return code


def _tail(process: Process) -> int:
    what, number, paths = _count(process)
    code = 0
    for path, found in _each(process, paths):
        if isinstance(found, OSError):
            process.fail(path, found)
            code = 1
        elif number.startswith("+"):
            _rest(process, found, what, int(number))
        else:
            _last(process, found, what, abs(int(number)))
    return code


def _rest(process: Process, lines: Lines, what: str, first: int) -> None:
    skipped = 1
    while skipped < first:
        data = lines.line() if what == "n" else lines.read(min(first - skipped, 65536))
        if not data:
            return
        skipped += 1 if what == "n" else len(data)
    while data := lines.read():
        process.stdout.write(data)


def _last(process: Process, lines: Lines, what: str, size: int) -> None:
    if what == "n":
        kept = deque(iter(lines.line, b""), maxlen=size)
        process.stdout.write(b"".join(kept))
        return
    held = b""
    while data := lines.read():
        held = (held + data)[-size:] if size else b""
    process.stdout.write(held)


def _wc(process: Process) -> int:
    options, paths = process.options("lwcm")
    chosen = [key for key in "lwc" if key in options] or list("lwc")
    for path, found in _each(process, paths):
        if isinstance(found, OSError):
            process.fail(path, found)
            return 1
        counts = {"l": 0, "w": 0, "c": 0}
        while line := found.line():
            counts["l"] += line.endswith(b"\n")
            counts["w"] += len(line.split())
            counts["c"] += len(line)
        numbers = " ".join(str(counts[key]) for key in chosen)
        process.out(numbers + (f" {path}\n" if path != "-" else "\n"))
    return 0


def _sha256sum(process: Process) -> int:
    _, paths = process.options("")
    for path, found in _each(process, paths):
        if isinstance(found, OSError):
            process.fail(path, found)
            return 1
        whole = hashlib.sha256()
        while data := found.read():
            whole.update(data)
        process.out(f"{whole.hexdigest()}  {path}\n")
    return 0


TABLE: Mapping[str, Command] = {
    "cat": _cat,
    "echo": _echo,
    "head": _head,
    "tail": _tail,
    "wc": _wc,
    "sha256sum": _sha256sum,
}
