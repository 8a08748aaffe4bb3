"""What a process that checks again and again keeps between runs, and when it lets go of it."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from profiles import loader
from profiles.model import Profile
from profiles.naming import tenant_number
from relab.checks.engine import Options, run
from relab.checks.probe import Clouds
from relab.checks.tools import hear_early
from relab.clouds.kubeconfig import files, location
from relab.events import Event

_AWS_FILES = {
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "AWS_CONFIG_FILE": "~/.aws/config",
}
Stamp = tuple[tuple[str, int, int], ...]


class Connection:
    """A profile and its open clients; both are made anew when their files have changed."""

    def __init__(self, profile: str | None, environ: Mapping[str, str]) -> None:
        self._name = profile
        self._environ = environ
        self._lock = threading.Lock()
        self._known: tuple[Profile, Stamp] | None = None
        self._clouds = Clouds()

    def run(self, order: Mapping[str, Any], cancelled: threading.Event) -> Iterator[Event]:
        """Yield the events of the run that `order` asks for: `tenants`, `checks` and `run`.

        RelabError when the profile is wrong, a guard refuses, or a name is unknown.
        """
        profile, clouds = self._current()
        tenants: Sequence[str] = [tenant_number(profile, str(one)) for one in order["tenants"]]
        checks = [str(one) for one in order.get("checks") or ()]
        name = str(order["run"]) if order.get("run") else None
        options = Options(clouds=clouds, cancelled=cancelled, run=name)
        return run(profile, tenants, checks, environ=self._environ, options=options)

    def warm(self) -> None:
        """Load the SDKs and hear the tools, so that the first run need not."""
        hear_early()
        self._clouds.warm()

    def _current(self) -> tuple[Profile, Clouds]:
        profile = loader.active(self._environ, self._name)
        now = (profile, self._stamp(profile))
        with self._lock:
            if self._known is not None and self._known != now:
                self._clouds = Clouds()
            self._known = now
            return profile, self._clouds

    def _stamp(self, profile: Profile) -> Stamp:
        """Return how the files that say who asks look at the moment."""
        kube = files(location(profile.kubernetes.kubeconfig, self._environ))
        own = [profile.aws.credentials_file] if profile.aws.credentials_file else []
        theirs = [self._environ.get(name, usual) for name, usual in _AWS_FILES.items()]
        aws = [Path(path).expanduser() for path in (*own, *theirs)]
        return tuple(_look(path) for path in (*kube, *aws))


def _look(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (str(path), 0, -1)
    return (str(path), found.st_mtime_ns, found.st_size)
