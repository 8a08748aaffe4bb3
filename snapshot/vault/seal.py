"""Seal secret values before they reach the disk, and open them again.

In a document a sealed value is the token `{"$sealed": FINGERPRINT}`. Only pointers recorded with
the item are ever opened: a token that somebody wrote into a document stays what it is.
"""

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from relab.errors import NoKey, RelabError
from relab.resources import pointers
from relab.resources.item import Item, canonical
from snapshot.vault.keys import Key
from snapshot.vault.model import Box, Entry
from snapshot.vault.store import Blob

TOKEN = "$sealed"  # noqa: S105 - the member's name


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals to age `recipients`; picklable, and cannot open anything.

    Equal values have equal fingerprints (an HMAC under `fingerprints`), so that they are stored
    once and compare equal without being opened.
    """

    recipients: tuple[str, ...]
    fingerprints: bytes = field(repr=False)

    def seal(self, value: Any) -> Box:
        """Return the box of a JSON-able `value`."""
        from pyrage import encrypt, x25519

        clear = canonical(value)
        people = [x25519.Recipient.from_str(recipient) for recipient in self.recipients]
        fingerprint = hmac.digest(self.fingerprints, clear, "sha256").hex()
        return Box(fingerprint, encrypt(clear, people))

    def entry(self, item: Item, blobs: Mapping[str, Blob], secrets: Iterable[str] = ()) -> Entry:
        """Return `item` as an entry with the value at each JSON pointer of `secrets` sealed.

        RelabError when a pointer leads nowhere, so that a typo never lets a secret through.
        """
        parts = {"document": item.document, "observed": item.observed}
        boxes = {pointer: self.seal(_find(parts, pointer, item)) for pointer in secrets}
        tokens = {pointer: {TOKEN: box.fingerprint} for pointer, box in boxes.items()}
        return Entry(_with(item, tokens), dict(blobs), boxes)


def unsealed(entry: Entry, key: Callable[[], Key]) -> Item:
    """Return the item of `entry` with every sealed value in clear; NoKey when it cannot."""
    if not entry.sealed:
        return entry.item
    opened = {pointer: _open(box, key()) for pointer, box in entry.sealed.items()}
    return _with(entry.item, opened)


def genuine(box: Box, key: Key) -> bool:
    """Tell whether `box` holds the value that its fingerprint is of; NoKey if it cannot be opened.

    Anybody can seal for a recipient, but only who has the key can make its fingerprints.
    """
    real = hmac.digest(key.fingerprints, _clear(box, key), "sha256").hex()
    return hmac.compare_digest(real, box.fingerprint)


def _open(box: Box, key: Key) -> Any:
    return json.loads(_clear(box, key).decode("utf-8", "surrogatepass"))


def _clear(box: Box, key: Key) -> bytes:
    from pyrage import DecryptError, decrypt, x25519

    try:
        clear: bytes = decrypt(box.data, [x25519.Identity.from_str(key.identity)])
    except DecryptError as error:
        raise NoKey(
            "the value is sealed for another key", fix="use the key the vault was made with"
        ) from error
    return clear


def _with(item: Item, values: Mapping[str, Any]) -> Item:
    parts: Any = {"document": item.document, "observed": item.observed}
    for pointer, value in values.items():
        parts = _placed(parts, pointers.steps(pointer), value)
    return replace(item, document=parts["document"], observed=parts["observed"])


def _placed(node: Any, steps: list[str], value: Any) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(node, list | tuple):
        at = int(step)
        return [*node[:at], _placed(node[at], rest, value), *node[at + 1 :]]
    return {**node, step: _placed(node[step], rest, value)}


def _find(node: Any, pointer: str, item: Item) -> Any:
    try:
        for step in pointers.steps(pointer):
            node = node[int(step)] if isinstance(node, list | tuple) else node[step]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise RelabError(f"no value at {pointer} to seal", where=item.identity) from error
    return node
