"""Passwords for the registry: whose they are and until when, signed and kept nowhere."""

import base64
import binascii
import hmac
import secrets
import time

LIFETIME_SECONDS = 12 * 3600
_MAC_BYTES = 32


class Tokens:
    """Makes and reads passwords; those of another sandbox are worth nothing here."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(_MAC_BYTES)

    def issue(self, access_key: str, expires: float) -> str:
        """Return a password for the holder of `access_key`, good until `expires` (epoch)."""
        said = f"{access_key} {int(expires)}".encode()
        return base64.urlsafe_b64encode(self._mac(said) + said).decode()

    def access_key(self, password: str) -> str | None:
        """Return whose password this is; None when it was not made here or its time is over."""
        try:
            raw = base64.urlsafe_b64decode(password.encode())
        except (binascii.Error, ValueError):
            return None
        mac, said = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(said)):
            return None
        access_key, _, expires = said.decode().partition(" ")
        return access_key if time.time() < int(expires) else None

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._secret, said, "sha256")


def basic(header: str) -> tuple[str, str]:
    """Return user and password of an `Authorization` header; empty ones when it has none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password
