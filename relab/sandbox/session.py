"""A sandbox of one's own for the length of a `with` block: for tests and measurements."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from profiles.loader import load
from profiles.model import Profile
from relab.sandbox import client, launch
from relab.sandbox.exports import Exports, applied, exports
from relab.sandbox.place import Place


@dataclass(frozen=True, slots=True)
class Session:
    """A running sandbox; `root` is its XDG_STATE_HOME, `environ` what its users' programs get."""

    root: Path
    place: Place
    profile: Profile
    environ: Mapping[str, str]

    def exports(self, tenant: str | None = None) -> Exports:
        """Return what `relab sandbox env` sets and unsets for `tenant` or the admin."""
        return exports(self.place, self.profile, tenant, self.environ)

    def env(self, tenant: str | None = None) -> dict[str, str]:
        """Return a whole environment for programs of `tenant` or the admin, `relab` included."""
        return applied(self.exports(tenant), self.environ) | {"XDG_STATE_HOME": str(self.root)}

    def break_(self, fault: str, tenant: str | None = None) -> bool:
        """Put `fault` in force; False when it already was."""
        return bool(client.break_(self.place, fault, tenant)["changed"])

    def mend(self, fault: str = "all", tenant: str | None = None) -> bool:
        """Undo `fault`, or all; False when nothing was in force."""
        return bool(client.mend(self.place, fault, tenant)["changed"])

    def reset(self, *, empty: bool = False) -> None:
        """Wipe everything and seed again, unless `empty`."""
        client.reset(self.place, empty=empty)

    def status(self) -> dict[str, Any]:
        """Return readiness, counts and active faults."""
        return client.status(self.place)


@contextmanager
def running(root: Path, environ: Mapping[str, str] = os.environ) -> Iterator[Session]:
    """Run a sandbox with its files under `root`; it ends with the block, or with this process."""
    place = Place(root / "relab")
    try:
        for _ in launch.up(place, os.getpid()):
            pass
        yield Session(root, place, load(str(place.profile)), environ)
    finally:
        launch.down(place)
