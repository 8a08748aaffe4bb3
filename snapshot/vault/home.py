"""Where the catalogue lives, and how a change to it becomes visible: the vault's own folder."""

import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from snapshot.vault.catalogue import FILE, Catalogue
from snapshot.vault.trouble import System

Change = Callable[[sqlite3.Connection], None]


class Home(Protocol):
    """Where the catalogue lives; `writing` and `commit` are for who holds the vault's lock."""

    def reading(self) -> Catalogue:
        """Return the newest catalogue; NoVault when there is none."""

    def writing(self) -> Catalogue:
        """Return the catalogue to write to, up to date; NoVault when there is none."""

    def commit(self, change: Change) -> None:
        """Make `change` durable and visible to everybody as one; it may be run twice."""

    def create(self, change: Change) -> None:
        """Make the catalogue, with `change` as the first that is done to it."""

    def kept(self) -> frozenset[str]:
        """Return the digests of blobs that the home itself needs."""


class FolderHome:
    """The catalogue in the vault's own folder."""

    def __init__(self, folder: Path) -> None:
        self._catalogue = Catalogue(folder / FILE)

    def reading(self) -> Catalogue:
        """Return the newest catalogue; NoVault when there is none."""
        self._catalogue.require()
        return self._catalogue

    def writing(self) -> Catalogue:
        """Return the catalogue to write to, up to date; NoVault when there is none."""
        return self.reading()

    def commit(self, change: Change) -> None:
        """Make `change` durable and visible to everybody as one; it may be run twice."""
        with self._catalogue.transaction() as db:
            change(db)

    def create(self, change: Change) -> None:
        """Make the catalogue, with `change` as the first that is done to it."""
        target = self._catalogue.path
        with System(str(target.parent)):
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                fresh = Catalogue(Path(folder) / FILE)
                fresh.create()
                with fresh.transaction() as db:
                    change(db)
                fresh.close()
                target.hardlink_to(fresh.path)  # whole or not at all, and never over another

    def kept(self) -> frozenset[str]:
        """Return the digests of blobs that the home itself needs: none."""
        return frozenset()
