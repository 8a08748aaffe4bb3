"""Files in volumes: unpacked where a save would take them, and compared afterwards.

Files that the snapshot does not have are left alone (`volumes_extra` takes them away).
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from relab.clouds.exec import Container, Running
from relab.clouds.outcome import Reply
from restore.data.seen import looking
from restore.data.tars import contents
from restore.trouble import NotDone
from restore.vessel import Poured, Vessel
from snapshot.collect.world import World
from snapshot.data.helper import PATH, mounting
from snapshot.data.pods import Broken, taken
from snapshot.data.volumes import TakeVolume, command
from snapshot.vault.model import Covered, Entry

Files = dict[str, bytes]


def pour(vessel: Vessel) -> Poured:
    """Unpack the files of a claim unless all of them are there as they were."""
    made, failed = 0, []
    for entry in vessel.entries():
        try:
            with ExitStack() as stack:
                made += _pour(vessel, entry, stack)
        except (NotDone, Broken, ValueError) as why:
            failed.append((entry.item.key, str(why)))
    return Poured(made, tuple(failed))


def _pour(vessel: Vessel, entry: Entry, stack: ExitStack) -> int:
    """Unpack what lacks; NotDone when it is not as it was afterwards.

    What the command says is of use only then: whoever may write to a volume need not own the
    folder itself, and tar complains that it cannot set its time.
    """
    volume, digest = Volume(vessel.world, vessel.key), entry.blobs["tar"].digest
    saved = contents(vessel.blob(digest))
    where, path, standing = volume.place(stack)
    if saved.items() <= standing.items():
        return 0
    reply = volume.unpack(where, path, vessel.blob(digest))
    standing = volume.now(where, path)
    if other := [name for name, one in saved.items() if standing.get(name) != one]:
        said = "" if reply.ok else f": {reply.status}: {reply.detail}"
        count = f"{len(other)} of {len(saved)} files are not as they were"
        raise NotDone(f"{count}, such as {other[0]}{said}")
    return 1


@dataclass(frozen=True, slots=True)
class Volume:
    """The claim called `key`, where a pod mounts it."""

    world: World
    key: str

    def place(self, stack: ExitStack) -> tuple[Container, str, Files]:
        """Return where the volume is mounted, and what is in it; Broken when it cannot be read.

        Where no running pod mounts it, one of our own does, as long as `stack` is open.
        """
        found = self.mounted()
        if found is not None:
            return found
        namespace, _, claim = self.key.partition("/")
        where = stack.enter_context(mounting(self.world, namespace, claim, read_only=False))
        return where, PATH, self.now(where, PATH)

    def mounted(self) -> tuple[Container, str, Files] | None:
        """Return where a running pod mounts the volume, and what is in it; None for nowhere."""
        namespace, _, claim = self.key.partition("/")
        for where, path in TakeVolume(namespace, claim).mounted(self.world):
            try:
                return where, path, self.now(where, path)
            except Broken as broken:
                if not broken.unstarted:
                    raise
        return None

    def now(self, where: Container, path: str) -> Files:
        """Return what is in the volume; once more when it changed under the reading."""
        try:
            return self._read(where, path)
        except Broken as broken:
            if broken.state is not Covered.CHANGED:
                raise
        return self._read(where, path)

    def _read(self, where: Container, path: str) -> Files:
        found: Files = {}

        def look(chunks: Iterable[bytes]) -> None:
            found.update(contents(chunks))

        taken(looking(self.world, look), where, command(path))
        return found

    def unpack(self, where: Container, path: str, tar: Iterator[bytes]) -> Reply:
        """Unpack `tar` there; say how the command ended."""
        return self.run(where, ("tar", "-x", "-p", "-f", "-", "-C", path), tar)

    def run(
        self, where: Container, argv: tuple[str, ...], stdin: Iterator[bytes] | None = None
    ) -> Reply:
        """Run a command there; say how it ended."""
        running = Running(self.world.kube, self.world.kube_target, where, argv, stdin)
        for _ in running.chunks():
            pass
        return running.reply
