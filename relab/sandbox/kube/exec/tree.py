"""A container's files, as folders of this machine that no path can lead out of.

Every path is walked one name at a time from an open folder to the next, never through a symbolic
link of the machine: links, `..` and absolute targets are read as the container would read them. So
neither a hostile name nor a link that changes while a command runs reaches anything else.
"""

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAX_LINKS = 40
PRIVATE = 0o600
Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume: the container's path `at`, and `inside` (names) of the machine's `folder`."""

    at: Parts
    folder: Path
    inside: Parts = ()
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class _Open:
    parts: Parts
    fd: int
    read_only: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: `name` in the open folder `fd`; `.` for a root or a mount itself.

    Nothing may stand there yet. All methods raise OSError.
    """

    parts: Parts
    fd: int
    name: str
    read_only: bool
    busy: bool

    @property
    def path(self) -> str:
        """Return the absolute path in the container."""
        return "/" + "/".join(self.parts)

    def stat(self) -> os.stat_result:
        """Return what stands here, a link being a link."""
        return os.stat(self.name, dir_fd=self.fd, follow_symlinks=False)

    def exists(self) -> bool:
        """Tell whether anything stands here."""
        try:
            self.stat()
        except FileNotFoundError:
            return False
        return True

    def is_folder(self) -> bool:
        """Tell whether a folder stands here."""
        return self.exists() and stat.S_ISDIR(self.stat().st_mode)

    def names(self) -> list[str]:
        """Return the names in this folder, sorted."""
        fd = os.open(self.name, _FOLDER, dir_fd=self.fd)
        try:
            with os.scandir(fd) as found:
                return sorted(entry.name for entry in found)
        finally:
            os.close(fd)

    def link(self) -> str:
        """Return what a symbolic link says."""
        return os.readlink(self.name, dir_fd=self.fd)

    def read(self) -> int:
        """Return a descriptor of a regular file, to be closed by the caller."""
        fd = os.open(self.name, os.O_RDONLY | _FILE, dir_fd=self.fd)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
        folder = stat.S_ISDIR(os.fstat(fd).st_mode)
        os.close(fd)
        raise _error(errno.EISDIR if folder else errno.EACCES)

    def write(self, *, append: bool = False, mode: int = PRIVATE) -> int:
        """Return a descriptor to write a regular file from its start or its end."""
        self._change()
        flags = os.O_WRONLY | os.O_CREAT | _FILE | (os.O_APPEND if append else os.O_TRUNC)
        return os.open(self.name, flags, _private(mode), dir_fd=self.fd)

    def make_folder(self) -> None:
        """Make a folder."""
        self._change()
        os.mkdir(self.name, 0o700, dir_fd=self.fd)

    def make_link(self, target: str) -> None:
        """Make a symbolic link; it is only ever read as the container reads it."""
        self._change()
        os.symlink(target, self.name, dir_fd=self.fd)

    def remove(self) -> None:
        """Remove a file, a link or an empty folder."""
        self._change()
        if self.busy:
            raise _error(errno.EBUSY)
        if self.is_folder():
            os.rmdir(self.name, dir_fd=self.fd)
        else:
            os.unlink(self.name, dir_fd=self.fd)

    def move(self, target: "Place") -> None:
        """Rename this to `target`; EXDEV between two volumes where the machine says so."""
        self._change()
        target._change()
        if self.busy or target.busy:
            raise _error(errno.EBUSY)
        os.replace(self.name, target.name, src_dir_fd=self.fd, dst_dir_fd=target.fd)

    def join(self, target: "Place") -> None:
        """Make `target` another name of this file."""
        target._change()
        source, into = self.fd, target.fd
        os.link(self.name, target.name, src_dir_fd=source, dst_dir_fd=into, follow_symlinks=False)

    def touch(self, seconds: float | None = None) -> None:
        """Set the time of change: now, or `seconds` since the epoch."""
        self._change()
        times = None if seconds is None else (seconds, seconds)
        os.utime(self.name, times, dir_fd=self.fd, follow_symlinks=False)

    def _change(self) -> None:
        if self.read_only:
            raise _error(errno.EROFS)


@dataclass(slots=True)
class _Walk:
    """The folders open on the way, the root first, and the names still to be walked."""

    opened: list[_Open]
    todo: deque[str] = field(default_factory=deque)
    links: int = 0

    @property
    def here(self) -> _Open:
        return self.opened[-1]

    def up(self) -> None:
        if len(self.opened) > 1:
            os.close(self.opened.pop().fd)

    def follow(self, target: str) -> None:
        self.links += 1
        if self.links > _MAX_LINKS:
            raise _error(errno.ELOOP)
        if target.startswith("/"):
            while len(self.opened) > 1:
                self.up()
        self.todo.extendleft(reversed(_names(target)))

    def close(self) -> None:
        for one in self.opened:
            os.close(one.fd)


class Tree:
    """The files of one container: its own folder `root`, and volumes over it."""

    def __init__(self, root: Path, mounts: Sequence[Mount]) -> None:
        self._root = root
        self._mounts = {mount.at: mount for mount in mounts}
        for mount in sorted(mounts, key=lambda one: len(one.at)):
            self._make_way(mount.at)

    @contextmanager
    def at(self, path: str, cwd: str = "/", *, follow: bool = True) -> Iterator[Place]:
        """Give the place of `path`, which counts from `cwd`; OSError when a folder is missing.

        With `follow`, a link at its end is followed, too.
        """
        if not path or "\0" in path:
            raise _error(errno.ENOENT)
        walk = _Walk([_Open((), os.open(self._root, _FOLDER), read_only=False)])
        try:
            walk.todo.extend([*_names("" if path.startswith("/") else cwd), *_names(path)])
            yield self._arrive(walk, follow=follow or path.endswith(("/", "/.")))
        finally:
            walk.close()

    def _arrive(self, walk: _Walk, *, follow: bool) -> Place:
        while walk.todo:
            name = walk.todo.popleft()
            if name == "..":
                walk.up()
            elif found := self._step(walk, name, follow=follow):
                return found
        here = walk.here
        return Place(here.parts, here.fd, ".", here.read_only, busy=True)

    def _step(self, walk: _Walk, name: str, *, follow: bool) -> Place | None:
        """Enter `name`, or return its place when it is the last and no mount."""
        here, parts = walk.here, (*walk.here.parts, name)
        mount = self._mounts.get(parts)
        if mount is not None:
            walk.opened.append(_Open(parts, _enter(mount), mount.read_only))
            return None
        if not walk.todo:
            target = _target(name, here.fd) if follow else None
            if target is None:
                return Place(parts, here.fd, name, here.read_only, busy=False)
            walk.follow(target)
        else:
            self._into(walk, name, parts)
        return None

    def _into(self, walk: _Walk, name: str, parts: Parts) -> None:
        here = walk.here
        try:
            fd = os.open(name, _FOLDER, dir_fd=here.fd)
        except OSError as error:
            target = _target(name, here.fd)
            if target is None:
                raise _error(error.errno or errno.ENOENT) from error
            walk.follow(target)
        else:
            walk.opened.append(_Open(parts, fd, here.read_only))

    def _make_way(self, parts: Parts) -> None:
        """Make the folders that lead to a mount, unless a command has put something else there."""
        with suppress(OSError):
            for depth in range(1, len(parts) + 1):
                if parts[:depth] not in self._mounts or depth == len(parts):
                    self._make_folder(parts[:depth])

    def _make_folder(self, parts: Parts) -> None:
        with self.at("/" + "/".join(parts[:-1])) as above:
            base = os.open(above.name, _FOLDER, dir_fd=above.fd)
        try:
            os.mkdir(parts[-1], 0o700, dir_fd=base)
        except FileExistsError:
            pass
        finally:
            os.close(base)


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


def parts_of(path: str) -> Parts:
    """Return the names of an absolute path of the container."""
    return tuple(_names(path))


def _target(name: str, fd: int) -> str | None:
    """Return what the link `name` says; None for what is no link or not there."""
    try:
        return os.readlink(name, dir_fd=fd)
    except OSError:
        return None


def _enter(mount: Mount) -> int:
    """Open a volume's folder; the names inside of it are made where they are missing."""
    fd = os.open(mount.folder, _FOLDER)
    for name in mount.inside:
        try:
            if not _is_there(name, fd):
                os.mkdir(name, 0o700, dir_fd=fd)
            deeper = os.open(name, _FOLDER, dir_fd=fd)
        finally:
            os.close(fd)
        fd = deeper
    return fd


def _is_there(name: str, fd: int) -> bool:
    try:
        os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _private(mode: int) -> int:
    """Return `mode` with nothing for others: these are files of a person's machine."""
    return (mode & 0o700) | PRIVATE


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
