"""Files in volumes: unpacked where a save would take them, and compared afterwards.

Files that the snapshot does not have are left alone.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from relab.clouds.exec import Container, Running
from relab.clouds.outcome import Reply
from restore.data.seen import looking
from restore.data.tars import contents
from restore.hands import Poured, Vessel
from restore.trouble import NotDone
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
                made += _Volume(vessel, entry).pour(stack)
        except (NotDone, Broken, ValueError) as why:
            failed.append((entry.item.key, str(why)))
    return Poured(made, tuple(failed))


@dataclass(frozen=True, slots=True)
class _Volume:
    """A claim and the files that it had."""

    vessel: Vessel
    entry: Entry

    def pour(self, stack: ExitStack) -> int:
        """Unpack what lacks; NotDone when it is not as it was afterwards.

        What the command says is of use only then: whoever may write to a volume need not own the
        folder itself, and tar complains that it cannot set its time.
        """
        saved = contents(self._blob())
        where, path, standing = self._place(stack)
        if saved.items() <= standing.items():
            return 0
        reply = self._unpack(where, path)
        standing = self._now(where, path)
        if other := [name for name, digest in saved.items() if standing.get(name) != digest]:
            said = "" if reply.ok else f": {reply.status}: {reply.detail}"
            count = f"{len(other)} of {len(saved)} files are not as they were"
            raise NotDone(f"{count}, such as {other[0]}{said}")
        return 1

    def _blob(self) -> Iterator[bytes]:
        return self.vessel.blob(self.entry.blobs["tar"].digest)

    def _place(self, stack: ExitStack) -> tuple[Container, str, Files]:
        """Return where the volume is mounted, and what is in it; Broken when it cannot be read."""
        world = self.vessel.world
        namespace, _, claim = self.vessel.key.partition("/")
        for where, path in TakeVolume(namespace, claim).mounted(world):
            try:
                return where, path, self._now(where, path)
            except Broken as broken:
                if not broken.unstarted:
                    raise
        where = stack.enter_context(mounting(world, namespace, claim, read_only=False))
        return where, PATH, self._now(where, PATH)

    def _now(self, where: Container, path: str) -> Files:
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

        taken(looking(self.vessel.world, look), where, command(path))
        return found

    def _unpack(self, where: Container, path: str) -> Reply:
        world = self.vessel.world
        argv = ("tar", "-x", "-p", "-f", "-", "-C", path)
        running = Running(world.kube, world.kube_target, where, argv, self._blob())
        for _ in running.chunks():
            pass
        return running.reply
