"""Where cycles are written down: a folder each under the state directory."""

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from profiles.model import Profile
from relab.cycle.model import Book, from_json, to_json
from relab.errors import UsageError
from relab.paths import state_dir

_FILE = "cycle.json"
_PROOF = "proof.json"


def folder_of(book: Book) -> Path:
    """Return where `book` stands."""
    return _root() / book.id


def keep(book: Book) -> Path:
    """Write `book` whole and durably, and return the file."""
    return _write(folder_of(book) / _FILE, to_json(book))


def keep_proof(book: Book, proof: Mapping[str, Any]) -> Path:
    """Write what the gate of `book` saw and said beside it, and return the file."""
    return _write(folder_of(book) / _PROOF, proof)


def _write(path: Path, raw: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(json.dumps(raw, ensure_ascii=False, indent=1))
        file.flush()
        os.fsync(file.fileno())
    return new.replace(path)


def begin(profile: Profile, vault: str, snapshot: str = "") -> Book:
    """Return the book of a new cycle; its snapshot is named by profile and time, unless given."""
    now = datetime.now(UTC)
    name = snapshot or f"{profile.name}-cycle-{now:%Y-%m-%d-%H%M%S}"
    at = now.isoformat(timespec="seconds")
    return Book(uuid.uuid4().hex[:12], profile.name, profile.aws.account, vault, name, at)


def unfinished(profile: Profile, vault: str) -> Book | None:
    """Return the newest cycle of the profile's account and this vault, if it is to be gone on with.

    One that never came to its wipe is not: there is nothing to put back.
    """
    mine = [book for book in _books() if (book.account, book.vault) == (profile.aws.account, vault)]
    newest = max(mine, key=lambda book: book.began, default=None)
    return newest if newest and newest.next else None


def _books() -> Iterator[Book]:
    for path in sorted(_root().glob(f"*/{_FILE}")):
        with suppress(UsageError, OSError, ValueError):  # what an older relab wrote
            yield from_json(json.loads(path.read_text(encoding="utf-8")))


def _root() -> Path:
    return state_dir() / "cycles"
