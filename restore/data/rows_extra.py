"""Rows that a snapshot does not have, taken out of a DynamoDB table."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from relab.clouds.outcome import Reply
from relab.resources.paging import pages
from restore.calls import may_pass
from restore.data.rows import PATIENCE, Row, digest_of, lines, native
from restore.drain import Inside
from restore.trouble import NotDone
from snapshot.data.tables import SERVICE, written


def drain(inside: Inside, dry: bool) -> int:
    """Take away the rows whose keys were not saved; 16 bytes of each saved row are in memory."""
    names = _key_names(inside)
    saved = {digest_of(_key(row, names)) for row in _saved(inside)}
    count = 0
    for row in _standing(inside):
        key = _key(row, names)
        if digest_of(key) not in saved:
            count += 1
            if not dry:
                _delete(inside, key)
    return count


def _saved(inside: Inside) -> Iterator[Row]:
    for entry in inside.entries():
        for line in lines(inside.blob(entry.blobs["rows"].digest)):
            yield json.loads(line)


def _standing(inside: Inside) -> Iterator[Row]:
    params = {"TableName": inside.key, "ConsistentRead": True}
    for reply in pages(lambda *asked: _call(inside, *asked), SERVICE, "Scan", params):
        if not reply.ok:
            raise NotDone(f"Scan: {reply.status}: {reply.detail}")
        yield from (json.loads(written(row)) for row in reply.body["Items"])


def _key_names(inside: Inside) -> list[str]:
    reply = _call(inside, "DescribeTable", {"TableName": inside.key})
    if not reply.ok:
        raise NotDone(f"DescribeTable: {reply.status}: {reply.detail}")
    return [one["AttributeName"] for one in reply.body["Table"]["KeySchema"]]


def _key(row: Row, names: list[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _delete(inside: Inside, key: Row) -> None:
    for _ in PATIENCE.rounds():
        reply = _call(inside, "DeleteItem", {"TableName": inside.key, "Key": native(key)})
        if reply.ok:
            return
        if not may_pass(reply):
            break
    raise NotDone(f"DeleteItem: {reply.status}: {reply.detail}")


def _call(inside: Inside, operation: str, params: Mapping[str, Any]) -> Reply:
    return inside.world.aws.call(inside.world.target, SERVICE, operation, params)
