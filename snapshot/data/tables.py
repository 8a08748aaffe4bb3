"""Read the rows of a DynamoDB table: one blob a table, a row a line in DynamoDB's own JSON."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from relab.clouds.outcome import Reply
from relab.resources.item import Item
from relab.resources.paging import pages
from relab.resources.record import reason_of
from snapshot.collect.states import OF_WHY
from snapshot.collect.work import Forecast, Found, Rank, Task
from snapshot.collect.world import World
from snapshot.vault.model import Coverage, Covered

SERVICE = "dynamodb"
ROWS = "dynamodb.rows"


class Broken(Exception):
    """A page of rows that did not come; `reply` says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.detail)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class ReadRows(Task):
    """Read all rows of `table`; none of them is kept when a page is missing."""

    table: str

    @property
    def unit(self) -> str:
        """Return the unit of this table's rows."""
        return f"{ROWS}/{self.table}"

    @property
    def rank(self) -> Rank:
        """Return that it reads data."""
        return Rank.DATA

    def forecast(self, world: World) -> tuple[Forecast, ...]:
        """Return that it is one set of rows."""
        return (Forecast(SERVICE, ROWS, world.tenant_of(self.table), 1),)

    def run(self, world: World) -> Found:
        """Scan the table, consistently, in bounded memory."""
        rows = _Rows(world, self.table)
        tenant = world.tenant_of(self.table)
        try:
            blob = world.store.put(rows.lines())
        except Broken as broken:
            state = OF_WHY[reason_of(broken.reply)]
            detail = f"{self.table}: Scan: {broken.reply.status}: {broken.reply.detail}"
            return Found(coverage=(self._line(world, tenant, state, 1, detail),))
        item = Item(
            provider="aws",
            type=ROWS,
            region=world.target.region,
            key=self.table,
            tenant=tenant,
            document={"TableName": self.table, "Rows": rows.count},
        )
        entry = world.sealer.entry(item, {"rows": blob})
        line = self._line(world, tenant, Covered.CAPTURED, 1, "")
        return Found((entry,), (line,), size=blob.size)

    def _line(self, world: World, tenant: str, state: Covered, count: int, detail: str) -> Coverage:
        return Coverage(SERVICE, ROWS, world.target.region, tenant, state, count, detail)


class _Rows:
    """The rows of a table as lines of JSON; `count` grows while they are read."""

    def __init__(self, world: World, table: str) -> None:
        self.count = 0
        self._world = world
        self._table = table

    def lines(self) -> Iterator[bytes]:
        """Yield the rows of a page at a time; Broken when a page does not come."""
        params = {"TableName": self._table, "ConsistentRead": True}
        for reply in pages(self._ask, SERVICE, "Scan", params):
            if not reply.ok:
                raise Broken(reply)
            rows = reply.body["Items"]
            self.count += len(rows)
            yield "".join(f"{written(row)}\n" for row in rows).encode()

    def _ask(self, operation: str, params: Any) -> Reply:
        return self._world.aws.call(self._world.target, SERVICE, operation, params)


def written(row: Any) -> str:
    """Return a row as one line of JSON; bytes are base64, as DynamoDB itself writes them."""
    return json.dumps(row, sort_keys=True, ensure_ascii=True, default=_bytes)


def _bytes(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"no JSON for {type(value).__name__}")
