"""Commands that look at files: ls, find, test, readlink."""

import os
import stat
import time
from collections.abc import Callable, Mapping

from relab.sandbox.kube.exec.process import Command, Process, Usage
from relab.sandbox.kube.exec.tree import Place


def _ls(process: Process) -> int:
    options, words = process.options("laA1dhtrF")
    paths = words or ["."]
    code = 0
    for number, path in enumerate(paths):
        try:
            with process.at(path, follow=True) as place:
                place.stat()
                if place.is_folder() and len(paths) > 1:
                    process.out(("\n" if number else "") + f"{path}:\n")
                process.out("".join(_listed(process, place, path, options)))
        except OSError as error:
            process.say(f"cannot access '{path}': {error.strerror}")
            code = 2
    return code


def _listed(process: Process, place: Place, path: str, options: dict[str, str]) -> list[str]:
    if "d" in options or not place.is_folder():
        return [_row(place, path, long="l" in options)]
    hidden = bool(options.keys() & {"a", "A"})
    names = [name for name in place.names() if hidden or not name.startswith(".")]
    rows = []
    for name in names:
        with process.tree.at(name, place.path, follow=False) as inner:
            rows.append(_row(inner, name, long="l" in options))
    return rows


def _row(place: Place, name: str, *, long: bool) -> str:
    if not long:
        return f"{name}\n"
    found = place.stat()
    when = time.strftime("%b %e %H:%M", time.gmtime(found.st_mtime))
    arrow = f" -> {place.link()}" if stat.S_ISLNK(found.st_mode) else ""
    size = f"{found.st_size:>8}"
    return (
        f"{stat.filemode(found.st_mode)} {found.st_nlink} root root {size} {when} {name}{arrow}\n"
    )


def _find(process: Process) -> int:
    paths = [word for word in process.args if not word.startswith("-")]
    tests = [word for word in process.args if word.startswith("-")]
    kind = ""
    if tests and tests != ["-type"]:
        raise Usage("only '-type f' and '-type d' are known here")
    if tests:
        kind = paths.pop()
    for path in paths or ["."]:
        with process.at(path, follow=False) as place:
            _walk(process, place, path, kind)
    return 0


def _walk(process: Process, place: Place, shown: str, kind: str) -> None:
    process.alive()
    folder = place.is_folder()
    if kind in ("", "d" if folder else "f"):
        process.out(f"{shown}\n")
    if folder:
        for name in place.names():
            with process.tree.at(name, place.path, follow=False) as inner:
                _walk(process, inner, f"{shown.rstrip('/')}/{name}", kind)


def _readlink(process: Process) -> int:
    options, words = process.options("f")
    if len(words) != 1:
        raise Usage("one name is expected")
    try:
        with process.at(words[0], follow="f" in options) as place:
            process.out((place.path if "f" in options else place.link()) + "\n")
    except OSError:
        return 1
    return 0


def _stat_of(process: Process, path: str, *, follow: bool = True) -> os.stat_result | None:
    try:
        with process.at(path, follow=follow) as place:
            return place.stat()
    except OSError:
        return None


def _mode_is(kind: Callable[[int], bool]) -> Callable[[Process, str], bool]:
    def check(process: Process, path: str) -> bool:
        found = _stat_of(process, path)
        return found is not None and kind(found.st_mode)

    return check


def _any(_mode: int) -> bool:
    return True


def _is_link(process: Process, path: str) -> bool:
    found = _stat_of(process, path, follow=False)
    return found is not None and stat.S_ISLNK(found.st_mode)


def _has_size(process: Process, path: str) -> bool:
    found = _stat_of(process, path)
    return found is not None and found.st_size > 0


_ONE: Mapping[str, Callable[[Process, str], bool]] = {
    "-d": _mode_is(stat.S_ISDIR),
    "-f": _mode_is(stat.S_ISREG),
    "-e": _mode_is(_any),
    "-r": _mode_is(_any),
    "-w": _mode_is(_any),
    "-x": _mode_is(lambda mode: bool(mode & 0o100)),
    "-L": _is_link,
    "-h": _is_link,
    "-s": _has_size,
    "-n": lambda _, text: bool(text),
    "-z": lambda _, text: not text,
}
_TWO: Mapping[str, Callable[[str, str], bool]] = {
    "=": lambda one, other: one == other,
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "-eq": lambda one, other: int(one) == int(other),
    "-ne": lambda one, other: int(one) != int(other),
    "-gt": lambda one, other: int(one) > int(other),
    "-lt": lambda one, other: int(one) < int(other),
    "-ge": lambda one, other: int(one) >= int(other),
    "-le": lambda one, other: int(one) <= int(other),
}


def _test(process: Process) -> int:
    words = list(process.args)
    if process.name == "[" and (not words or words.pop() != "]"):
        raise Usage("missing ']'")
    wanted = True
    while words and words[0] == "!":
        words, wanted = words[1:], not wanted
    return 0 if _holds(process, words) is wanted else 1


def _holds(process: Process, words: list[str]) -> bool:
    match words:
        case []:
            return False
        case [text]:
            return bool(text)
        case [what, path] if what in _ONE:
            return _ONE[what](process, path)
        case [one, what, other] if what in _TWO:
            try:
                return _TWO[what](one, other)
            except ValueError as error:
                raise Usage("integer expression expected") from error
    raise Usage(f"'{' '.join(words)}' is not understood here")


TABLE: Mapping[str, Command] = {
    "ls": _ls,
    "find": _find,
    "readlink": _readlink,
    "test": _test,
    "[": _test,
}
