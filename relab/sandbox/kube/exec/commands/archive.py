"""tar: as `kubectl cp` and a save of volumes call it, streaming both ways.

Members are in the order of their names and belong to root, so that equal files give equal archives.
What an archive brings stays in the folder it is unpacked into: a name with `..` is skipped, a link
is only ever followed inside the container.
"""

import io
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import IO, Any, cast

from relab.sandbox.kube.exec.process import Command, Process, Usage
from relab.sandbox.kube.exec.streams import Lines, Sink
from relab.sandbox.kube.exec.tree import Place

_SHORT = "cxtzf:C:mvphoOk"
_LONG = (
    *("create", "extract", "list", "gzip", "file=", "directory=", "exclude="),
    *("numeric-owner", "no-same-owner", "no-same-permissions"),
)
_VALUED = "fC"
_PARTIAL, _FATAL = 1, 2


class _Out(io.RawIOBase):
    """A sink as a file."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any) -> int:
        """Take bytes."""
        self._sink.write(bytes(data))
        return len(data)


class _In(io.RawIOBase):
    """A source as a file; `read` gives whole blocks, as tarfile expects."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end."""
        found = bytearray()
        while len(found) < size and (data := self._lines.read(size - len(found))):
            found += data
        return bytes(found)


@dataclass
class _Job:
    """A tar command: what to do, with which archive, in which folder."""

    process: Process
    mode: str
    archive: str
    folder: str
    paths: list[str]
    options: Mapping[str, str]
    exclude: tuple[str, ...]
    code: int = 0
    times: list[tuple[str, float]] = field(default_factory=list)

    @property
    def packed(self) -> str:
        """Return how tarfile calls the compression."""
        return "gz" if self.options.keys() & {"z", "gzip"} else ""

    def complain(self, path: str, why: str, code: int = _FATAL) -> None:
        """Say what could not be done; tar goes on and ends with a code."""
        self.process.say(f"{path}: {why}")
        self.code = max(self.code, code)


def _tar(process: Process) -> int:
    job = _job(process)
    with _archive(job) as file:
        if job.mode == "c":
            _create(job, file)
        else:
            _read(job, file)
    if job.code == _FATAL:
        process.say("Exiting with failure status due to previous errors")
    return job.code


def _job(process: Process) -> _Job:
    words = _dashed(list(process.args))
    exclude = tuple(word.partition("=")[2] for word in words if word.startswith("--exclude="))
    options, paths = Process.options(_with(process, words), _SHORT, _LONG)
    modes = {"c": ("c", "create"), "x": ("x", "extract"), "t": ("t", "list")}
    chosen = [mode for mode, keys in modes.items() if options.keys() & set(keys)]
    if len(chosen) != 1:
        raise Usage("You must specify one of the '-ctx' options")
    if chosen == ["c"] and not paths:
        raise Usage("Cowardly refusing to create an empty archive")
    archive = options.get("f") or options.get("file") or "-"
    folder = options.get("C") or options.get("directory") or "."
    with process.at(folder) as place:
        place.names()
        return _Job(process, chosen[0], archive, place.path, paths, options, exclude)


def _with(process: Process, words: list[str]) -> Process:
    return replace(process, args=tuple(words))


def _dashed(words: list[str]) -> list[str]:
    """Return the words with an old-style first one, such as `cf`, as options with a dash."""
    if not words or words[0].startswith("-"):
        return words
    rest = words[1:]
    found: list[str] = []
    for letter in words[0]:
        found.append(f"-{letter}")
        if letter in _VALUED and rest:
            found.append(rest.pop(0))
    return [*found, *rest]


class _archive:  # noqa: N801 - used like a function
    """The archive as a file: stdout, stdin or a file of the container."""

    def __init__(self, job: _Job) -> None:
        self._job = job
        self._fd: int | None = None

    def __enter__(self) -> IO[bytes]:
        job = self._job
        if job.archive == "-":
            made = _Out(job.process.stdout) if job.mode == "c" else _In(job.process.stdin)
            return cast("IO[bytes]", made)
        with job.process.at(job.archive) as place:
            self._fd = place.write() if job.mode == "c" else place.read()
        return os.fdopen(self._fd, "wb" if job.mode == "c" else "rb", closefd=False)

    def __exit__(self, *_: object) -> None:
        if self._fd is not None:
            os.close(self._fd)


def _create(job: _Job, file: IO[bytes]) -> None:
    mode: Any = f"w|{job.packed}"
    with tarfile.open(fileobj=file, mode=mode, format=tarfile.GNU_FORMAT) as tar:
        for path in job.paths:
            name = path.lstrip("/")
            if name != path:
                job.process.say("Removing leading `/' from member names")
            try:
                with job.process.tree.at(path, job.folder, follow=False) as place:
                    place.stat()
                    _add(job, tar, place, name.rstrip("/") or ".")
            except FileNotFoundError:
                job.complain(path, "Cannot stat: No such file or directory")
    file.flush()


def _add(job: _Job, tar: tarfile.TarFile, place: Place, name: str) -> None:
    job.process.alive()
    if any(fnmatchcase(name, pattern) for pattern in job.exclude):
        return
    found = place.stat()
    info = _info(name, found)
    _forget(tar)
    if stat.S_ISDIR(found.st_mode):
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
        for inner in place.names():
            with job.process.tree.at(inner, place.path, follow=False) as below:
                _add(job, tar, below, f"{name}/{inner}")
    elif stat.S_ISLNK(found.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, place.link()
        tar.addfile(info)
    elif stat.S_ISREG(found.st_mode):
        info.size = found.st_size
        with os.fdopen(place.read(), "rb") as body:
            tar.addfile(info, body)


def _info(name: str, found: os.stat_result) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode = stat.S_IMODE(found.st_mode)
    info.mtime = int(found.st_mtime)
    info.uname = info.gname = "root"
    return info


def _read(job: _Job, file: IO[bytes]) -> None:
    mode: Any = f"r|{job.packed}"
    try:
        with tarfile.open(fileobj=file, mode=mode, errors="surrogateescape") as tar:
            for info in _members(tar):
                job.process.alive()
                if job.mode == "t":
                    job.process.out(f"{info.name}\n")
                else:
                    _extract(job, tar, info)
    except (tarfile.TarError, EOFError) as error:
        empty = "empty" in str(error)
        job.complain("archive", "does not look like a tar archive" if empty else str(error))
    for path, seconds in reversed(job.times):
        with job.process.tree.at(path, job.folder) as place:
            place.touch(seconds)


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (info := tar.next()) is not None:
        _forget(tar)
        yield info


def _forget(tar: tarfile.TarFile) -> None:
    """Forget the members so far, which tarfile would keep to the end."""
    tar.members = []  # type: ignore[attr-defined]  # the standard stubs leave it out


def _extract(job: _Job, tar: tarfile.TarFile, info: tarfile.TarInfo) -> None:
    name = info.name.lstrip("/") or "."
    if ".." in name.split("/"):
        job.complain(info.name, "Member name contains '..'")
        return
    if job.paths and not any(name == one or name.startswith(f"{one}/") for one in job.paths):
        return
    try:
        _make_parents(job, name)
        with job.process.tree.at(name, job.folder, follow=False) as place:
            _place(job, tar, info, place)
    except OSError as error:
        job.complain(info.name, f"Cannot open: {error.strerror}")


def _make_parents(job: _Job, name: str) -> None:
    names = name.strip("/").split("/")[:-1]
    for depth in range(1, len(names) + 1):
        with job.process.tree.at("/".join(names[:depth]), job.folder) as place:
            if not place.exists():
                place.make_folder()


def _place(job: _Job, tar: tarfile.TarFile, info: tarfile.TarInfo, place: Place) -> None:
    if info.isdir():
        if not place.is_folder():
            place.make_folder()
        if "m" not in job.options:
            job.times.append((place.path, info.mtime))
        return
    if place.exists():
        place.remove()
    if info.issym():
        place.make_link(info.linkname)
    elif info.islnk():
        with job.process.tree.at(info.linkname.lstrip("/"), job.folder, follow=False) as old:
            old.join(place)
    elif info.isreg():
        _write(job, tar, info, place)
    else:
        job.complain(info.name, "Cannot mknod: Operation not permitted")


def _write(job: _Job, tar: tarfile.TarFile, info: tarfile.TarInfo, place: Place) -> None:
    body = tar.extractfile(info)
    fd = place.write(mode=info.mode)
    try:
        while body is not None and (data := body.read(65536)):
            job.process.alive()
            os.write(fd, data)
    finally:
        os.close(fd)
    if "m" not in job.options:
        place.touch(info.mtime)


TABLE: Mapping[str, Command] = {"tar": _tar}
