"""What runs in the sandbox's pods: folders for their volumes, and the programs of their images."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from profiles.model import Profile
from relab.sandbox.kube.exec.machine import Machine
from relab.sandbox.kube.exec.process import Command, Process, Usage
from relab.sandbox.kube.model import Doc, namespace_of
from relab.sandbox.mlflow import VERSION
from relab.sandbox.postgres.clients import programs
from relab.sandbox.postgres.server import Database
from relab.sandbox.seed.database import plant_database, plant_user
from relab.sandbox.seed.kube import startup_log


class Pods:
    """The pods' machine: volumes below `folder` (None: a temporary one), and one PostgreSQL."""

    def __init__(self, profile: Profile, folder: Path | None) -> None:
        self._platform = profile.kubernetes.platform_namespaces
        self._seed = partial(plant_database, profile=profile)
        self._database = Database(self._seed)
        place = folder / "volumes" if folder else None
        self.machine = Machine(place, self._programs, runs_pods=True, words=_words)

    def reset(self, *, empty: bool) -> None:
        """Forget the database; the next one is filled again, unless `empty`."""
        self._database.stop()
        self._database = Database(plant_user if empty else self._seed)

    def stop(self) -> None:
        """End what was started."""
        self._database.stop()

    def _programs(self, pod: Doc, container: Doc) -> Mapping[str, Command]:
        image = str(container.get("image", "")).rpartition("/")[2].partition(":")[0]
        if image == "mlflow":
            return {"mlflow": _mlflow}
        if image == "postgres" and namespace_of(pod) in self._platform:
            return programs(self._database)
        return {}


def _words(_pod: Doc, container: Doc) -> str:
    return startup_log(str(container.get("image", "")))


def _mlflow(process: Process) -> int:
    if process.args != ("--version",):
        raise Usage("the sandbox's mlflow only tells its --version")
    process.out(f"mlflow, version {VERSION}\n")
    return 0
