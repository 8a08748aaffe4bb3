"""Every error that relab shows to a person, as one tree.

    RelabError                 exit 1   something failed; the message says what
    ├── UsageError             exit 2   fix the command line or the file named in `where`
    │   └── ProfileError       exit 2   fix the profile (file, line, key)
    ├── PartialError           exit 3   some of it is done; run again
    ├── CannotTell             exit 3   the world could not be asked; retry later
    ├── NoVault                exit 10  create or name a vault
    ├── Locked                 exit 11  wait for, or end, the other process
    ├── NoKey                  exit 12  give the key
    └── Refused                exit 13  a guard said no; nothing was called

Each carries three short texts: what is wrong, where, and what to do about it.
"""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes that scripts rely on (DESIGN 8)."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    CHECKS_FAILED = 4
    NO_VAULT = 10
    LOCKED = 11
    NO_KEY = 12
    REFUSED = 13
    CANCELLED = 130


class RelabError(Exception):
    """Something a person must know; `str(error)` is one line without control characters."""

    exit_code = Exit.FAILED

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} -> {self.fix}" if self.fix else head


class UsageError(RelabError):
    """The command line, or a file named on it, is wrong."""

    exit_code = Exit.USAGE


class ProfileError(UsageError):
    """A profile does not follow its schema; `where` is `file:line: key`."""


class PartialError(RelabError):
    """Part of the work is done and kept; the rest is named."""

    exit_code = Exit.PARTIAL


class CannotTell(RelabError):
    """The world did not answer (network, throttling, time-out); nothing was learnt."""

    exit_code = Exit.PARTIAL


class NoVault(RelabError):
    """No vault where one was expected."""

    exit_code = Exit.NO_VAULT


class Locked(RelabError):
    """Another live process holds the lock."""

    exit_code = Exit.LOCKED


class NoKey(RelabError):
    """Sealed items cannot be opened without their key."""

    exit_code = Exit.NO_KEY


class Refused(RelabError):
    """A guard stopped the command before anything was called."""

    exit_code = Exit.REFUSED
