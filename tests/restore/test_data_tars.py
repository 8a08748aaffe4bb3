"""What two tars have in common, whatever wrote them and in which order."""

import io
import tarfile
from collections.abc import Iterator

import pytest

from restore.data.tars import contents


def tar(*infos: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as made:
        for info, body in infos:
            made.addfile(info, io.BytesIO(body))
    return out.getvalue()


def file(name: str, body: bytes = b"", **said: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(body)
    for key, value in said.items():
        setattr(info, key, value)
    return info, body


def folder(name: str, **said: object) -> tuple[tarfile.TarInfo, bytes]:
    return file(name, b"", type=tarfile.DIRTYPE, **said)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 511, 10_000])
def test_the_order_and_the_times_of_folders_count_nothing(size: int) -> None:
    one = tar(folder("./"), folder("./a", mtime=1), file("./a/x", b"1" * 3000), file("./y"))
    two = tar(folder("./", mtime=9), file("./y"), file("./a/x", b"1" * 3000), folder("./a"))
    assert contents(cut(one, size)) == contents(cut(two, size))
    assert contents([one]).keys() == {"a", "a/x", "y"}


@pytest.mark.parametrize(
    "changed",
    [
        file("./x", b"other"),
        file("./x", b"body", mtime=5),
        file("./x", b"body", mode=0o755),
        file("./x", b"body", uid=7),
        file("./x", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        folder("./x"),
    ],
)
def test_whatever_else_is_said_of_a_file_counts(changed: tuple[tarfile.TarInfo, bytes]) -> None:
    assert contents([tar(file("./x", b"body"))]) != contents([tar(changed)])


def test_hostile_names_are_only_names() -> None:
    names = ("../up", "/etc/shadow", "a/../../b", "new\nline", "e\u0301", "\u00e9", "k" * 300)
    found = contents([tar(*(file(name, b"x") for name in names))])
    assert len(found) == len(names)


@pytest.mark.parametrize("raw", [b"junk" * 400, tar(file("x", b"1" * 5000))[:2000], b"", b"x"])
def test_what_is_no_whole_tar_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="not a whole tar"):
        contents([raw])


def test_an_empty_volume() -> None:
    assert contents([tar(folder("./"))]) == {}
