"""No command leaves its container's folders: hostile paths, links and archives."""

import io
import stat
import tarfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from relab.sandbox.kube.exec.commands import TABLE
from relab.sandbox.kube.exec.disks import Disks
from relab.sandbox.kube.exec.process import Process, execute
from relab.sandbox.kube.exec.streams import Lines
from relab.sandbox.kube.exec.tree import Mount, Tree

SECRET = b"a file of the person's own\n"


class Bytes:
    """Given bytes as stdin, and a place for output."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        self.written = b""

    def read(self) -> bytes:
        found, self.data = self.data[:10_000], self.data[10_000:]
        return found

    def write(self, data: bytes) -> None:
        self.written += data


class Box:
    """A container beside a file that nothing may touch."""

    def __init__(self, folder: Path) -> None:
        self.own = folder / "own"
        self.own.mkdir()
        (self.own / "secret").write_bytes(SECRET)
        self.root, self.volume = folder / "box" / "root", folder / "box" / "volume"
        self.root.mkdir(parents=True)
        self.volume.mkdir()
        mounts = [Mount(("data",), self.volume), Mount(("look",), self.volume, read_only=True)]
        self.tree = Tree(self.root, mounts)

    def run(self, *argv: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
        out, err = Bytes(), Bytes()
        process = Process(
            argv[0], argv[1:], self.tree, TABLE, Lines(Bytes(stdin)), out, err, threading.Event()
        )
        return execute(process), out.written, err.written


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    assert [path.name for path in made.own.iterdir()] == ["secret"]
    assert (made.own / "secret").read_bytes() == SECRET


def _up(path: Path) -> str:
    return "../" * 20 + str(path).lstrip("/")


def test_paths_end_at_the_root(box: Box) -> None:
    for path in (str(box.own / "secret"), _up(box.own / "secret")):
        assert box.run("cat", path)[0] == 1
        assert box.run("cat", f"/data/{path}")[0] == 1
        assert box.run("rm", "-rf", path)[0] == 0
        assert box.run("sh", "-c", f"echo x > {path}")[0] == 1
        assert box.run("cp", path, "/data/x")[0] == 1
    assert box.run("ls", "..")[1] == b"data\nlook\n"


def test_links_are_read_as_the_container_reads_them(box: Box) -> None:
    for number, target in enumerate([str(box.own), _up(box.own)]):
        (box.volume / f"link{number}").symlink_to(target)
        link = f"/data/link{number}"
        assert box.run("cat", f"{link}/secret")[0] == 1
        assert box.run("ls", f"{link}/")[0] == 2
        assert box.run("touch", f"{link}/new")[0] == 1
        assert box.run("cp", "-r", f"{link}/.", "/data/copy")[0] == 1
        assert box.run("rm", "-rf", link)[0] == 0
    (box.volume / "inner").symlink_to("/data/real")
    assert box.run("mkdir", "/data/real")[0] == 0
    assert box.run("touch", "/data/inner/file")[0] == 0
    assert (box.volume / "real" / "file").exists()
    (box.volume / "loop").symlink_to("loop")
    assert b"Too many levels" in box.run("cat", "/data/loop")[2]


def test_everything_removed_is_only_the_containers(box: Box) -> None:
    (box.volume / "link").symlink_to(box.own)
    (box.volume / "file").write_text("x")
    code, _, said = box.run("rm", "-rf", "/")
    assert (code, b"dangerous" in said) == (1, True)
    assert (box.volume / "file").exists()
    box.run("rm", "-rf", "--no-preserve-root", "/")
    assert list(box.volume.iterdir()) == []
    box.run("sh", "-c", "rm -rf /data /*")
    assert box.root.exists() and box.volume.exists()


def test_a_link_that_changes_meanwhile(box: Box) -> None:
    """While a name flips between a folder and a link to the outside, nothing outside is read."""
    inside = box.volume / "flip"
    done = threading.Event()

    def flip() -> None:
        while not done.is_set():
            with suppress(OSError):
                inside.mkdir()
                rmtree(inside)
            with suppress(OSError):
                inside.symlink_to(box.own)
                inside.unlink()

    thread = threading.Thread(target=flip)
    thread.start()
    try:
        for _ in range(500):
            assert SECRET not in box.run("cat", "/data/flip/secret")[1]
            box.run("rm", "-rf", "/data/flip/secret")
            box.run("touch", "/data/flip/new")
    finally:
        done.set()
        thread.join()


def test_read_only_and_private(box: Box) -> None:
    assert b"Read-only file system" in box.run("touch", "/look/x")[2]
    assert b"Read-only file system" in box.run("mkdir", "/look/x")[2]
    assert box.run("sh", "-c", "echo x > /data/x; cat /look/x")[1] == b"x\n"
    assert stat.S_IMODE((box.volume / "x").stat().st_mode) == 0o600
    assert box.run("rm", "/look/x")[0] == 1


def _archive(*members: tarfile.TarInfo) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"!" * member.size))
    return made.getvalue()


def _member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, 0o4777
    info.size = 3 if kind == tarfile.REGTYPE else 0
    return info


def test_hostile_archives_stay_inside(box: Box) -> None:
    own, linked = str(box.own), tarfile.SYMTYPE
    hostile = _archive(
        _member(f"{own}/secret"),
        _member(_up(box.own / "secret")),
        _member("link", linked, own),
        _member("link/secret"),
        _member("up", linked, _up(box.own)),
        _member("up/secret"),
        _member("hard", tarfile.LNKTYPE, f"{own}/secret"),
        _member("hard"),
        _member("file", linked, f"{own}/secret"),
        _member("file"),
        _member("device", tarfile.CHRTYPE),
        _member("pipe", tarfile.FIFOTYPE),
        _member("fine"),
    )
    code, _, said = box.run("tar", "xmf", "-", "-C", "/data", stdin=hostile)
    assert code == 2
    assert b"Member name contains '..'" in said
    assert b"Cannot mknod" in said
    assert (box.volume / "fine").read_bytes() == b"!!!"
    assert stat.S_IMODE((box.volume / "fine").stat().st_mode) == 0o700
    assert not (box.volume / "file").is_symlink()


def test_archives_are_equal_for_equal_files(box: Box) -> None:
    box.run("sh", "-c", "cd /data; mkdir b; echo x > b/나; echo y > a")
    (box.volume / "c").symlink_to("/elsewhere")
    code, first, _ = box.run("tar", "-cf", "-", "-C", "/data", "--exclude=./lost+found", ".")
    assert code == 0
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        assert tar.getnames() == [".", "./a", "./b", "./b/나", "./c"]
    assert box.run("sh", "-c", "rm -rf /data/*; ls -A /data")[1] == b""
    assert box.run("tar", "-xf", "-", "-C", "/data", stdin=first)[0] == 0
    assert box.run("tar", "-cf", "-", "-C", "/data", ".")[1] == first


@pytest.mark.parametrize("data", [b"", b"nothing of the kind" * 100])
def test_what_is_no_archive(box: Box, data: bytes) -> None:
    code, _, said = box.run("tar", "xf", "-", stdin=data)
    assert (code, said[:5]) == (2, b"tar: ")


def test_a_short_archive(box: Box) -> None:
    whole = _archive(*(_member(f"f{number}") for number in range(20)))
    assert box.run("tar", "xf", "-", "-C", "/data", stdin=whole[:5000])[0] == 2


@pytest.mark.parametrize("name", ["../../own", "a/b", "", ".", ".."])
def test_names_from_the_api_are_never_paths(tmp_path: Path, name: str) -> None:
    disks = Disks(tmp_path / "disks")
    pod: Any = {"metadata": {"uid": "u"}, "spec": {"volumes": [{"name": name, "emptyDir": {}}]}}
    container: Any = {"name": "c", "volumeMounts": [{"name": name, "mountPath": "/x"}]}
    for change in ("container", "volume", "claim"):
        with pytest.raises(ValueError, match="neither"):
            if change == "claim":
                disks.claim(name)
            elif change == "volume":
                disks.tree(pod, container, {})
            else:
                disks.tree(pod, {"name": name}, {})


def test_sub_paths_stay_in_their_volume(tmp_path: Path) -> None:
    disks = Disks(tmp_path / "disks")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "secret").write_bytes(SECRET)
    assert disks.claim("c1").is_dir()
    (disks.claim("c1") / "link").symlink_to(tmp_path / "own")
    claim = {"name": "v", "persistentVolumeClaim": {"claimName": "work"}}
    pod: Any = {"metadata": {"uid": "u"}, "spec": {"volumes": [claim]}}
    for number, inside in enumerate(("link", "../../../own", "link/secret")):
        mount = {"name": "v", "mountPath": "/x", "subPath": inside}
        container: Any = {"name": f"c{number}", "volumeMounts": [mount]}
        tree = disks.tree(pod, container, {"work": "c1"})
        with pytest.raises(OSError), tree.at("/x/secret") as place:
            place.read()
