"""Files that a snapshot does not have, taken out of a volume."""

from collections.abc import Iterable, Set
from contextlib import ExitStack

from relab.clouds.exec import Container
from restore.data.tars import contents
from restore.data.volumes import Volume
from restore.drain import Inside
from restore.trouble import NotDone
from snapshot.data.pods import Broken

_AT_ONCE = 50
_UNMOUNTED = "no running pod mounts it, so that it cannot be told what would be removed"


def drain(inside: Inside, dry: bool) -> int:
    """Take away the files and folders that were not saved.

    Only where a running pod mounts the volume: a plan starts none of our own.
    """
    volume = Volume(inside.world, inside.key)
    tars = [entry.blobs["tar"].digest for entry in inside.entries()]
    # A claim without a tar was never read: nothing is known of what was in it.
    if not tars:
        return 0
    try:
        with ExitStack() as stack:
            found = volume.mounted() if dry else volume.place(stack)
            if found is None:
                raise NotDone(_UNMOUNTED)
            where, path, standing = found
            saved = {name for tar in tars for name in contents(inside.blob(tar))}
            extra = standing.keys() - saved
            if extra and not dry:
                _remove(volume, where, [f"{path}/{name}" for name in _topmost(extra)])
                for tar in tars:
                    # A folder is as old as the last change in it: it gets its time back, if whoever
                    # asks may set it.
                    volume.unpack(where, path, inside.blob(tar))
    except (Broken, ValueError) as why:
        raise NotDone(str(why)) from why
    return len(extra)


def _remove(volume: Volume, where: Container, paths: list[str]) -> None:
    for at in range(0, len(paths), _AT_ONCE):
        reply = volume.run(where, ("rm", "-rf", "--", *paths[at : at + _AT_ONCE]))
        if not reply.ok:
            raise NotDone(f"rm: {reply.status}: {reply.detail}")


def _topmost(names: Set[str]) -> list[str]:
    """Return those of `names` that no other one holds, for with a folder goes what is in it."""
    return sorted(name for name in names if not any(one in names for one in _above(name)))


def _above(name: str) -> Iterable[str]:
    parts = name.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))
