"""The files that decide which version a command line tool has.

What a tool said of itself stays true for as long as these files stay as they are. A tool whose
files cannot be known for certain, such as a script that picks another one, has none: it is asked
each time.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

Stamp = tuple[str, int, int, int]
Stamps = tuple[Stamp, ...]
_HEAD = 4096
_NATIVE = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ")
_SHIM = re.compile(rb'^exec "?(\S*/(?:pyenv|asdf))"? exec ', re.MULTILINE)
_SHIMS_OWN = re.compile(rb'^export ([A-Z_]+)="([^"$`\\]*)"$', re.MULTILINE)
_PYTHON = re.compile(rb"#!(/\S+/python[0-9.]*)\s")
_PYTHON_ELSEWHERE = ("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE")
_SECONDS = 5.0


def decided_by(path: str) -> Stamps:
    """Return the name, time, size and inode of each file that decides what `path` is; () unknown.

    These are the program itself, or a Python script, its interpreter and the folders of packages,
    whose time changes with every package that is installed or removed. Shims of pyenv and asdf are
    asked where they lead.
    """
    try:
        return tuple(_stamp(one) for one in _files(path))
    except (OSError, subprocess.SubprocessError):
        return ()


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return (str(path), found.st_mtime_ns, found.st_size, found.st_ino)


def _files(path: str) -> list[Path]:
    name, real = Path(path).name, Path(path).resolve()
    with real.open("rb") as stream:
        head = stream.read(_HEAD)
    if head.startswith(_NATIVE):
        # One program under many names (snap, mise) looks at its name to choose.
        return [real] if real.name.startswith(Path(name).stem) else []
    if shim := _SHIM.search(head):
        own = {os.fsdecode(k): os.fsdecode(v) for k, v in _SHIMS_OWN.findall(head)}
        return _files_behind(os.fsdecode(shim[1]), real, name, own)
    if script := _PYTHON.match(head):
        return _files_of_python(real, Path(os.fsdecode(script[1])))
    return []


def _files_behind(manager: str, shim: Path, name: str, own: dict[str, str]) -> list[Path]:
    """Ask `manager` where `shim` leads, with the variables of its `own` that the shim sets."""
    led = subprocess.run(
        [manager, "which", name],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=True,
    )
    target = led.stdout.strip()
    same = not target or Path(target).resolve() == shim
    found = [] if same else _files(target)
    return [shim, *found] if found else []


def _files_of_python(script: Path, interpreter: Path) -> list[Path]:
    if any(os.environ.get(name) for name in _PYTHON_ELSEWHERE):
        return []
    found = [*_packages(script), *_packages(interpreter), *_packages(Path.home() / ".local/bin/x")]
    return [script, interpreter.resolve(), *dict.fromkeys(found)] if found else []


def _packages(program: Path) -> Iterator[Path]:
    yield from sorted(program.parent.parent.glob("lib/python3*/*-packages"))
