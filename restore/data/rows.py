"""The rows of a DynamoDB table: those that stand there as they were are left, others are written.

Rows that the snapshot does not have are left alone (`rows_extra` takes them away).
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from relab.clouds.outcome import Reply
from relab.resources.item import canonical
from relab.resources.paging import pages
from restore.calls import Patience, may_pass
from restore.trouble import NotDone
from restore.vessel import Poured, Vessel
from snapshot.data.tables import SERVICE, written

PATIENCE = Patience(tries=10, first=0.1, longest=8.0)
_AT_ONCE = 4
_BATCH = 25  # what BatchWriteItem takes
_SETS = frozenset({"SS", "NS", "BS"})
Row = Mapping[str, Any]


def pour(vessel: Vessel) -> Poured:
    """Write the rows of a table that lack or differ; 16 bytes of each row there are in memory."""
    task = _Pour(vessel)
    try:
        task.run()
    except (NotDone, ValueError) as why:
        task.failed.append((vessel.key, str(why)))
    return Poured(task.made, tuple(task.failed))


@dataclass(slots=True)
class _Pour:
    """What has been done with one table so far."""

    vessel: Vessel
    made: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def run(self) -> None:
        """Write what lacks; NotDone when the table cannot be read."""
        standing = {digest_of(row) for row in self._standing()}
        lacking = (row for row in self._saved() if digest_of(row) not in standing)
        batches = iter(lambda: list(islice(lacking, _BATCH)), [])
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rows") as pool:
            # So many batches are in memory at once.
            while group := list(islice(batches, _AT_ONCE)):
                for made, why in pool.map(self._write, group):
                    self.made += made
                    self.failed += [(self.vessel.key, why)] if why else []

    def _saved(self) -> Iterator[Row]:
        for entry in self.vessel.entries():
            for line in lines(self.vessel.blob(entry.blobs["rows"].digest)):
                yield json.loads(line)

    def _standing(self) -> Iterator[Row]:
        params = {"TableName": self.vessel.key, "ConsistentRead": True}
        for reply in pages(self._call, SERVICE, "Scan", params):
            if not reply.ok:
                raise NotDone(f"Scan: {reply.status}: {reply.detail}")
            yield from (json.loads(written(row)) for row in reply.body["Items"])

    def _write(self, rows: list[Row]) -> tuple[int, str]:
        """Write a batch, and again what DynamoDB leaves over; return how many, and why no more."""
        left = [{"PutRequest": {"Item": native(row)}} for row in rows]
        why = ""
        for _ in PATIENCE.rounds():
            reply = self._call("BatchWriteItem", {"RequestItems": {self.vessel.key: left}})
            if reply.ok:
                left = (reply.body.get("UnprocessedItems") or {}).get(self.vessel.key, [])
                why = "left over again and again"
            else:
                why = f"{reply.status}: {reply.detail}"
            if not left or not (reply.ok or may_pass(reply)):
                break
        failure = f"BatchWriteItem: {len(left)} rows: {why}" if left else ""
        return len(rows) - len(left), failure

    def _call(self, operation: str, params: Mapping[str, Any]) -> Reply:
        return self.vessel.world.aws.call(self.vessel.world.target, SERVICE, operation, params)


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a blob, whose chunks may cut them."""
    held = b""
    for data in chunks:
        *whole, held = (held + data).split(b"\n")
        yield from whole
    if held:
        yield held


def digest_of(row: Row) -> bytes:
    """Return a digest of a row; the members of a set have no order."""
    return hashlib.blake2b(canonical(_ordered(row)), digest_size=16).digest()


def _ordered(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {
            key: sorted(value) if key in _SETS and _is_texts(value) else _ordered(value)
            for key, value in node.items()
        }
    return [_ordered(one) for one in node] if isinstance(node, list) else node


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def native(row: Row) -> dict[str, Any]:
    """Return a row as the SDK takes it: bytes in place of their base64."""
    return {name: _value(value) for name, value in row.items()}


def _value(typed: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, value),) = typed.items()
    if kind == "B":
        return {kind: base64.b64decode(value)}
    if kind == "BS":
        return {kind: [base64.b64decode(one) for one in value]}
    if kind == "L":
        return {kind: [_value(one) for one in value]}
    return {kind: native(value) if kind == "M" else value}
