"""Where a sandbox keeps its files: everything 0600 in folders of 0700."""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO, cast

from relab.errors import RelabError
from relab.paths import state_dir
from relab.sandbox.process import Process


@dataclass(frozen=True, slots=True)
class Daemon:
    """The running sandbox: which process, where it listens, and the control endpoint's secret."""

    process: Process
    control: str
    secret: str
    aws: str
    kubernetes: str


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one sandbox, under `state` (`relab.paths.state_dir()`)."""

    state: Path

    @classmethod
    def current(cls) -> "Place":
        """Return the place that the environment names."""
        return cls(state_dir())

    @property
    def folder(self) -> Path:
        """The sandbox's own folder."""
        return self.state / "sandbox"

    @property
    def log(self) -> Path:
        """What the daemon says."""
        return self.folder / "sandbox.log"

    @property
    def lock(self) -> Path:
        """Held by whoever starts or stops the daemon; names its pid."""
        return self.folder / "lock"

    @property
    def profile(self) -> Path:
        """The profile that says where the sandbox listens."""
        return self.state / "profiles" / "sandbox.yaml"

    @property
    def credentials(self) -> Path:
        """AWS shared credentials file."""
        return self.folder / "aws" / "credentials"

    @property
    def aws_config(self) -> Path:
        """AWS config file."""
        return self.folder / "aws" / "config"

    def kubeconfig(self, name: str) -> Path:
        """Return the kubeconfig in which the context of `name` is current."""
        return self.folder / "kube" / f"{name}.yaml"

    @property
    def _runtime(self) -> Path:
        return self.folder / "daemon.json"

    def daemon(self) -> Daemon | None:
        """Return the running daemon; None when there is none or its files are stale."""
        try:
            raw = json.loads(self._runtime.read_text(encoding="utf-8"))
            found = Daemon(**{**raw, "process": Process(**raw["process"])})
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
            return None
        return found if found.process.alive() else None

    def record(self, daemon: Daemon) -> None:
        """Write down the running daemon."""
        write(self._runtime, json.dumps(asdict(daemon), indent=2))

    def make(self) -> None:
        """Create the folders; RelabError when the state folder cannot be written."""
        folders = (self.folder, self.credentials.parent, self.kubeconfig("").parent)
        try:
            for folder in (*folders, self.profile.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            write(self.folder / "writable", "")
            (self.folder / "writable").unlink()
        except OSError as error:
            raise RelabError(
                f"cannot write here ({error.strerror})",
                where=str(error.filename or self.folder),
                fix="make it writable, or set XDG_STATE_HOME to a folder that is",
            ) from error

    def clear(self) -> None:
        """Remove everything but the log and the lock."""
        self.profile.unlink(missing_ok=True)
        shutil.rmtree(self.folder / "volumes", ignore_errors=True)
        for path in (self._runtime, self.credentials, self.aws_config):
            path.unlink(missing_ok=True)
        for path in self.kubeconfig("").parent.glob("*"):
            path.unlink(missing_ok=True)


def write(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, readable by its owner only."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    with private(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
        file.write(text)
    new.replace(path)


def private(path: Path, flags: int) -> TextIO:
    """Open `path` by the flags of `os.open`; a new file is readable by its owner only."""
    mode = "r+" if flags & os.O_RDWR else "w"
    return cast("TextIO", os.fdopen(os.open(path, flags, 0o600), mode, encoding="utf-8"))
