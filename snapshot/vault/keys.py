"""The key that opens what is sealed: one age identity a person, in a file of mode 0600.

The file is age's own format, with or without a passphrase, so `age -d -i FILE` opens a box as well.
"""

import hmac
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from relab.errors import NoKey, UsageError
from relab.paths import config_dir

FILE_VARIABLE = "RELAB_VAULT_KEY"
PASSPHRASE_VARIABLE = "RELAB_VAULT_PASSPHRASE"  # noqa: S105 - the variable's name
_SIGN = "AGE-SECRET-KEY-"
_LOCKED = b"age-encryption.org/"
_PURPOSE = b"relab fingerprint 1"


@dataclass(frozen=True, slots=True)
class Key:
    """An age identity and its public recipient."""

    identity: str = field(repr=False)
    recipient: str

    @property
    def fingerprints(self) -> bytes:
        """Return the 32 bytes that fingerprints of sealed values are keyed with."""
        return hmac.digest(self.identity.encode(), _PURPOSE, "sha256")


def key_file(environ: Mapping[str, str]) -> Path:
    """Return where the person's key is: `RELAB_VAULT_KEY`, else in the folder of settings."""
    return Path(environ.get(FILE_VARIABLE) or config_dir() / "vault.key")


def create(path: Path, passphrase: str | None = None) -> Key:
    """Make a key and write it to `path`, which must not be there; FileExistsError otherwise."""
    from pyrage import passphrase as locking
    from pyrage import x25519

    identity = x25519.Identity.generate()
    key = Key(str(identity), str(identity.to_public()))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"# created: {now}\n# public key: {key.recipient}\n{key.identity}\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(locking.encrypt(text, passphrase) if passphrase else text)
        file.flush()
        os.fsync(file.fileno())
    return key


def load(path: Path, ask: Callable[[], str | None]) -> Key:
    """Return the key in `path`, asking for its passphrase if it has one; NoKey when it cannot."""
    try:
        data = path.read_bytes()
        shared = stat.S_IMODE(path.stat().st_mode) & 0o077
    except OSError as error:
        what = f"no key to open or seal secrets with ({error.strerror})"
        raise NoKey(what, where=str(path), fix=f"set {FILE_VARIABLE} to the key's file") from error
    if shared:
        raise NoKey("others may read the key", where=str(path), fix=f"chmod 600 {path}")
    return _parse(_unlocked(data, path, ask), path)


def recipient(text: str) -> str:
    """Return the age recipient in `text`; UsageError when it is none."""
    from pyrage import RecipientError, x25519

    try:
        return str(x25519.Recipient.from_str(text))
    except RecipientError as error:
        raise UsageError(f"'{text}' is no age recipient", fix="it starts with age1") from error


def _unlocked(data: bytes, path: Path, ask: Callable[[], str | None]) -> bytes:
    from pyrage import DecryptError, passphrase

    if not data.startswith(_LOCKED):
        return data
    given = ask()
    if not given:
        fix = f"set {PASSPHRASE_VARIABLE}, or run it in a terminal"
        raise NoKey("the key has a passphrase", where=str(path), fix=fix)
    try:
        opened: bytes = passphrase.decrypt(data, given)
    except DecryptError as error:
        raise NoKey("the passphrase is wrong", where=str(path), fix="try again") from error
    return opened


def _parse(data: bytes, path: Path) -> Key:
    from pyrage import IdentityError, x25519

    lines = data.decode("ascii", "replace").splitlines()
    found = next((line.strip() for line in lines if line.startswith(_SIGN)), "")
    try:
        identity = x25519.Identity.from_str(found)
    except IdentityError as error:
        raise NoKey("no age identity in the file", where=str(path), fix="name another") from error
    return Key(str(identity), str(identity.to_public()))
