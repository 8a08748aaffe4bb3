"""Files that a snapshot does not have, taken out of a volume."""

from collections.abc import Iterable
from contextlib import ExitStack

from restore.data.tars import contents
from restore.data.volumes import Files, Volume
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
    try:
        with ExitStack() as stack:
            found = volume.mounted() if dry else volume.place(stack)
            if found is None:
                raise NotDone(_UNMOUNTED)
            where, path, standing = found
            extra = _extra(inside, standing)
            if not dry:
                for names in _groups(_topmost(extra)):
                    reply = volume.run(where, ("rm", "-rf", "--", *(f"{path}/{n}" for n in names)))
                    if not reply.ok:
                        raise NotDone(f"rm: {reply.status}: {reply.detail}")
    except (Broken, ValueError) as why:
        raise NotDone(str(why)) from why
    return len(extra)


def _extra(inside: Inside, standing: Files) -> set[str]:
    saved: set[str] = set()
    entries = list(inside.entries())
    for entry in entries:
        saved |= contents(inside.blob(entry.blobs["tar"].digest)).keys()
    # A claim without a tar was never read: nothing is known of what was in it.
    return standing.keys() - saved if entries else set()


def _topmost(names: set[str]) -> list[str]:
    """Return those of `names` that no other one holds, for with a folder goes what is in it."""
    return sorted(name for name in names if not any(one in names for one in _above(name)))


def _above(name: str) -> Iterable[str]:
    parts = name.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


def _groups(names: list[str]) -> Iterable[list[str]]:
    return (names[at : at + _AT_ONCE] for at in range(0, len(names), _AT_ONCE))
