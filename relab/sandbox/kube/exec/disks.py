"""Which folder of this machine stands for which volume.

A claim's folder is named by its uid: pods that mount the claim share it, and a claim that is made
anew under the same name starts empty. A container's own files live as long as its pod.
"""

import re
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relab.sandbox.kube.exec.tree import Mount, Tree, parts_of
from relab.sandbox.kube.model import Doc, dig

_LABEL = re.compile(r"[0-9A-Za-z]([0-9A-Za-z-]{0,62}[0-9A-Za-z])?")
_SKELETON = ("etc", "home", "opt", "root", "tmp", "usr", "var")


class Disks:
    """Folders below `folder`, or below a new temporary one; made when they are first used."""

    def __init__(self, folder: Path | None = None) -> None:
        self._given = folder
        self._made: Path | None = None

    def claim(self, uid: str) -> Path:
        """Return the folder of the volume claim `uid`, made if it is not there."""
        return make_private(self._folder("claims", uid))

    def tree(self, pod: Doc, container: Doc, claims: Mapping[str, str]) -> Tree:
        """Return the files of a pod's container; `claims` are the uids of claims by name."""
        uid = str(pod["metadata"]["uid"])
        root = self._folder("pods", uid) / "containers" / _label(container["name"])
        if not root.exists():
            for name in _SKELETON:
                make_private(root / name)
        volumes = {item["name"]: item for item in dig(pod, "spec", "volumes") or ()}
        mounts = (
            self._mount(uid, volumes.get(item.get("name"), {}), item, claims)
            for item in container.get("volumeMounts") or ()
        )
        return Tree(root, [mount for mount in mounts if mount is not None])

    def _mount(self, pod: str, volume: Doc, item: Doc, claims: Mapping[str, str]) -> Mount | None:
        at = parts_of(str(item.get("mountPath", "")))
        claim = claims.get(str(dig(volume, "persistentVolumeClaim", "claimName")))
        if not at or ".." in at:
            return None
        if claim:
            folder = self.claim(claim)
        elif volume:
            folder = make_private(self._folder("pods", pod) / "volumes" / _label(volume["name"]))
        else:
            return None
        inside = tuple(name for name in parts_of(str(item.get("subPath") or "")) if name != "..")
        return Mount(at, folder, inside, _is_read_only(volume, item))

    def forget_pod(self, uid: str) -> None:
        """Remove what belonged to a pod alone."""
        if self._made is not None:
            shutil.rmtree(self._folder("pods", uid), ignore_errors=True)

    def wipe(self) -> None:
        """Remove everything."""
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
            self._made = None

    def _folder(self, kind: str, uid: str) -> Path:
        return self._base() / kind / _label(uid)

    def _base(self) -> Path:
        if self._made is None:
            self._made = self._given or Path(tempfile.mkdtemp(prefix="relab-disks-"))
            make_private(self._made)
            if self._given is None:
                weakref.finalize(self, shutil.rmtree, self._made, ignore_errors=True)
        return self._made


def make_private(folder: Path) -> Path:
    """Return `folder`, made if it is not there, with its parents, for its owner alone."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _label(name: object) -> str:
    """Return a name that can only be that of a folder; ValueError for any other."""
    if not _LABEL.fullmatch(str(name)):
        raise ValueError(f"'{name}' is neither a label nor a uid")
    return str(name)


def _is_read_only(volume: Doc, item: Doc) -> bool:
    inner: Any = dig(volume, "persistentVolumeClaim", "readOnly")
    return bool(item.get("readOnly") or inner)
