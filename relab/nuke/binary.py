"""Find aws-nuke, or build it: the pinned version, from its Go module, checked by our own go.sum."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from relab.clouds.outcome import shorten
from relab.errors import RelabError, UsageError
from relab.paths import cache_dir

PINNED = "3.64.1"
MODULE = "github.com/ekristen/aws-nuke/v3"
NAME = "aws-nuke"
Version = tuple[int, int, int]
# What each generation must at least be, and the first version that is none of it any more.
_RANGES: tuple[tuple[Version, Version], ...] = (
    ((3, 64, 1), (4, 0, 0)),
    ((2, 16, 0), (3, 0, 0)),
)
_SECONDS = 30
_HERE = Path(__file__).parent / "module"
_VERSION = re.compile(r"version:?\s+v?(\d+)\.(\d+)\.(\d+)(-\w+)?", re.IGNORECASE)
_PASSED = ("PATH", "HOME", "SYSTEMROOT", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Binary:
    """An aws-nuke whose version was asked of itself."""

    path: Path
    version: Version

    @property
    def structured(self) -> bool:
        """Tell whether it can print JSON; version 2 prints text only."""
        return self.version >= (3, 0, 0)

    @property
    def told(self) -> str:
        """Return the version as people write it."""
        return ".".join(map(str, self.version))


def installed() -> Path:
    """Return where `relab nuke install` puts aws-nuke."""
    return cache_dir() / NAME / PINNED / NAME


def find(named: str | None, environ: Mapping[str, str]) -> Binary:
    """Return the aws-nuke that a profile names, else that of PATH, else the installed one.

    The first that fits is taken. RelabError says what was found, and why it does not do.
    """
    if named:
        return probe(Path(named).expanduser())
    wrong: list[RelabError] = []
    for path in _candidates(environ):
        try:
            return probe(path)
        except RelabError as error:
            wrong.append(error)
    if wrong:
        raise wrong[0]
    raise RelabError("aws-nuke is not on this machine", where=NAME, fix="relab nuke install")


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    on_path = shutil.which(NAME, path=environ.get("PATH", ""))
    if on_path:
        yield Path(on_path)
    if installed().is_file():
        yield installed()


def probe(path: Path) -> Binary:
    """Return the aws-nuke at `path`; RelabError when it does not run or is no version we know."""
    environ = {name: os.environ[name] for name in _PASSED if name in os.environ}
    try:
        done = subprocess.run(
            [path, "version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environ,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = "it does not answer" if isinstance(error, subprocess.TimeoutExpired) else error
        raise _useless(path, f"aws-nuke cannot be run: {shorten(why)}") from error
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    return Binary(path, _checked(path, said))


def _checked(path: Path, said: str) -> Version:
    found = _VERSION.search(said)
    if not found:
        raise _useless(path, f"this is no aws-nuke: it says '{shorten(said)}'")
    version = (int(found[1]), int(found[2]), int(found[3]))
    if found[4] or not any(low <= version < high for low, high in _RANGES):
        raise _useless(path, f"aws-nuke {found[0].split()[-1]} is not supported")
    return version


def _useless(path: Path, what: str) -> RelabError:
    return RelabError(what, where=str(path), fix=f"relab nuke install makes version {PINNED}")


def install(environ: Mapping[str, str]) -> Binary:
    """Build the pinned aws-nuke, unless it is there already, and return it.

    It takes minutes and a Go tool chain; UsageError says so where there is none. All its modules
    are checked by the go.sum that comes with relab.
    """
    target = installed()
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second finds it built
        if not target.is_file():
            _build(target, environ)
    return probe(target)


def _build(target: Path, environ: Mapping[str, str]) -> None:
    go = shutil.which("go", path=environ.get("PATH", ""))
    if go is None:
        raise UsageError(
            f"there is no Go on this machine to build aws-nuke {PINNED} with",
            where="go",
            fix="install Go 1.24 or newer, or name an aws-nuke of your own as nuke.binary",
        )
    with TemporaryDirectory(dir=target.parent, prefix=".made-") as folder:
        made = Path(folder) / NAME
        done = subprocess.run(
            [go, "build", *_flags(), "-o", str(made), MODULE],
            cwd=_HERE,
            env={**environ, "GOFLAGS": "-mod=readonly", "GOWORK": "off"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            why = shorten(done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2])
            raise RelabError(f"Go could not build aws-nuke: {why}", where=go, fix="see `go env`")
        made.replace(target)


def _flags() -> tuple[str, ...]:
    # Without it the binary calls itself a development version.
    said = f"-s -w -X {MODULE}/pkg/common.SUMMARY={PINNED}"
    return ("-buildvcs=false", "-ldflags", said)
