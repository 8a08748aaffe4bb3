"""Commands that change files: mkdir, rm, rmdir, mv, cp, touch, ln, chmod."""

import errno
import os
from collections.abc import Callable, Mapping

from relab.sandbox.kube.exec.process import Command, Process, Usage, pieces
from relab.sandbox.kube.exec.tree import Place

_Each = Callable[[str], None]


def _each(process: Process, paths: list[str], do: _Each) -> int:
    """Do it to every path, saying what failed; 1 when anything did."""
    if not paths:
        raise Usage("missing operand")
    code = 0
    for path in paths:
        process.alive()
        try:
            do(path)
        except OSError as error:
            process.fail(path, error)
            code = 1
    return code


def _mkdir(process: Process) -> int:
    options, paths = process.options("pm:v", ("parents", "mode="))

    def make(path: str) -> None:
        if not options.keys() & {"p", "parents"}:
            with process.at(path) as place:
                place.make_folder()
            return
        names = path.split("/")
        for depth in range(1, len(names) + 1):
            _make_missing(process, "/".join(names[:depth]) or "/")

    return _each(process, paths, make)


def _make_missing(process: Process, path: str) -> None:
    with process.at(path) as place:
        if not place.is_folder():
            place.make_folder()


def _rm(process: Process) -> int:
    options, paths = process.options("rRfv", ("recursive", "force", "no-preserve-root"))
    force = bool(options.keys() & {"f", "force"})
    recursive = bool(options.keys() & {"r", "R", "recursive"})
    if force and not paths:
        return 0

    def remove(path: str) -> None:
        try:
            take_away(path)
        except FileNotFoundError:
            if not force:
                raise

    def take_away(path: str) -> None:
        with process.at(path, follow=False) as place:
            if not place.parts and "no-preserve-root" not in options:
                raise OSError(
                    errno.EPERM, "it is dangerous to operate recursively on '/', so it is refused"
                )
            if place.is_folder() and not recursive:
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
            _remove_all(process, place)

    return _each(process, paths, remove)


def _remove_all(process: Process, place: Place) -> None:
    """Remove what stands here; what cannot be removed is told last, after all that can."""
    kept: OSError | None = None
    if place.is_folder():
        for name in place.names():
            process.alive()
            try:
                with process.tree.at(name, place.path, follow=False) as inner:
                    _remove_all(process, inner)
            except OSError as error:
                kept = error
    if kept is not None:
        raise kept
    place.remove()


def _rmdir(process: Process) -> int:
    _, paths = process.options("")

    def remove(path: str) -> None:
        with process.at(path, follow=False) as place:
            place.names()
            place.remove()

    return _each(process, paths, remove)


def _touch(process: Process) -> int:
    _, paths = process.options("acm")

    def touch(path: str) -> None:
        with process.at(path) as place:
            if not place.exists():
                os.close(place.write(append=True))
            place.touch()

    return _each(process, paths, touch)


def _mv(process: Process) -> int:
    _, paths = process.options("fvn")

    def move(source: str, target: str) -> None:
        with process.at(source, follow=False) as old, process.at(target, follow=False) as new:
            old.stat()
            if new.parts[: len(old.parts)] == old.parts:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            try:
                old.move(new)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                _copy_all(process, old, new)
                _remove_all(process, old)

    return _to(process, paths, move)


def _cp(process: Process) -> int:
    options, paths = process.options("rRafpv", ("recursive",))
    recursive = bool(options.keys() & {"r", "R", "a", "recursive"})

    def copy(source: str, target: str) -> None:
        with process.at(source, follow=not recursive) as old, process.at(target) as new:
            if old.is_folder() and not recursive:
                raise OSError(errno.EISDIR, "-r not specified; omitting directory")
            if new.parts[: len(old.parts)] == old.parts:
                raise OSError(errno.EINVAL, "cannot copy a directory or a file into itself")
            _copy_all(process, old, new)

    return _to(process, paths, copy)


def _to(process: Process, paths: list[str], do: Callable[[str, str], None]) -> int:
    """Do it with every source and the target, or the name of the source in a target folder."""
    if len(paths) < 2:
        raise Usage("missing file operand")
    *sources, target = paths
    with process.at(target) as place:
        into = place.is_folder()
    if len(sources) > 1 and not into:
        raise Usage(f"target '{target}' is not a directory")

    def one(source: str) -> None:
        name = source.rstrip("/").rpartition("/")[2]
        do(source, f"{target}/{name}" if into else target)

    return _each(process, sources, one)


def _copy_all(process: Process, old: Place, new: Place) -> None:
    process.alive()
    if old.is_folder():
        if not new.is_folder():
            new.make_folder()
        for name in old.names():
            with (
                process.tree.at(name, old.path, follow=False) as source,
                process.tree.at(name, new.path, follow=False) as target,
            ):
                _copy_all(process, source, target)
    elif _is_link(old):
        new.make_link(old.link())
    else:
        _copy_file(process, old, new)


def _copy_file(process: Process, old: Place, new: Place) -> None:
    mode = old.stat().st_mode
    source = old.read()
    fd = new.write(mode=mode)
    try:
        for data in pieces(source):
            process.alive()
            os.write(fd, data)
    finally:
        os.close(fd)


def _is_link(place: Place) -> bool:
    try:
        place.link()
    except OSError:
        return False
    return True


def _ln(process: Process) -> int:
    options, words = process.options("sfn", ("symbolic", "force"))
    if len(words) != 2:
        raise Usage("two names are expected: TARGET and LINK_NAME")
    target, name = words
    with process.at(name, follow=False) as place:
        if options.keys() & {"f", "force"} and place.exists():
            place.remove()
        if options.keys() & {"s", "symbolic"}:
            place.make_link(target)
        else:
            with process.at(target, follow=False) as old:
                old.join(place)
    return 0


def _chmod(process: Process) -> int:
    """Change nothing: on this machine all files belong to its owner alone."""
    _, words = process.options("R")

    def look(path: str) -> None:
        with process.at(path) as place:
            place.stat()

    return _each(process, words[1:], look)


TABLE: Mapping[str, Command] = {
    "mkdir": _mkdir,
    "rm": _rm,
    "rmdir": _rmdir,
    "touch": _touch,
    "mv": _mv,
    "cp": _cp,
    "ln": _ln,
    "chmod": _chmod,
    "chown": _chmod,
}
