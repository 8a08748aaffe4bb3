"""Read the objects of a bucket: list it in pages, and read what an earlier snapshot does not hold.

A chunk of the listing is a unit of work whose name holds a digest of its rows, so that a chunk that
has not changed is taken over whole, without a request. What only the objects' tags or permissions
tell is not in a listing: `scope.reread` reads everything again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from relab.clouds.objects import Got, Which
from snapshot.collect.work import Asked, Forecast, Found, Rank, Task
from snapshot.collect.world import World
from snapshot.data.objects_facts import OBJECT
from snapshot.data.objects_listing import Row, aged, cut, fingerprint, page, portions, question
from snapshot.data.objects_names import Name, written
from snapshot.data.objects_reading import Known, Read, Reading, Told, known, name_of, trouble
from snapshot.vault.model import Coverage, Covered

SERVICE = "s3"
OBJECTS = OBJECT
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"})


@dataclass(frozen=True, slots=True)
class ListObjects(Task):
    """List one page of `bucket`; show the reading of its chunks, and the next page.

    `query` asks for the page (empty for the first); `carry` are rows of a chunk that goes on.
    """

    bucket: str
    query: tuple[tuple[str, str], ...] = ()
    carry: tuple[Row, ...] = ()

    @property
    def rank(self) -> Rank:
        """Return that it finds more work."""
        return Rank.LIST

    def run(self, world: World) -> Found:
        """List it; a page that does not come is told by a task of its own."""
        if not self.query:
            world.expect_parts()
        asked = dict(self.query) or question(world.scope.versions)
        got = world.objects.ask(Which(self.bucket, ""), asked)
        if got.kept is None:
            return Found(then=(*self._read(world, [self.carry]), self._untold(world, got)))
        try:
            told = page(asked, got.kept)
        except ValueError as error:
            return Found(then=(self._untold(world, replace(got, detail=str(error))),))
        rows = tuple(row for row in told.rows if not _is_vaults(world, self.bucket, row.key))
        own = () if len(rows) == len(told.rows) else (self._left_out(world),)
        if world.scope.versions:
            rows = tuple(aged(rows, self.carry[-1] if self.carry else None))
        whole = cut((*self.carry, *rows))
        if told.after is None:
            every = (Asked(SERVICE, OBJECT, ""),)
            return Found(asked=every, then=(*self._read(world, whole), *own))
        rest = ListObjects(self.bucket, tuple(told.after.items()), whole[-1])
        return Found(then=(*self._read(world, whole[:-1]), *own, rest))

    def _read(self, world: World, chunks: Iterable[tuple[Row, ...]]) -> tuple[Task, ...]:
        tenant, again = world.tenant_of(self.bucket), world.scope.reread
        return tuple(
            ReadObjects(self.bucket, tenant, rows, fingerprint(tenant, rows), again)
            for rows in chunks
            if rows
        )

    def _left_out(self, world: World) -> Task:
        detail = f"{self.bucket}: the vault lies here, and is not saved into itself"
        line = _line(world.tenant_of(self.bucket), Covered.UNSUPPORTED, 0, detail)
        return Untold(self.bucket, line)

    def _untold(self, world: World, got: Got[bytes]) -> Task:
        state, detail = trouble(got, "ListObjects")
        tenant = world.tenant_of(self.bucket)
        return Untold(self.bucket, _line(tenant, state, 1, f"{self.bucket}: {detail}"))


@dataclass(frozen=True, slots=True)
class Untold(Task):
    """Write down that a bucket was not listed to its end, or which part is left out."""

    bucket: str
    line: Coverage

    @property
    def unit(self) -> str:
        """Return the unit that holds the line."""
        return f"{OBJECT}/{self.bucket}"

    @property
    def repeated(self) -> bool:
        """Return that each try tells its own."""
        return True

    def run(self, world: World) -> Found:
        """Tell it."""
        return Found(coverage=(self.line,))


@dataclass(frozen=True, slots=True)
class ReadObjects(Task):
    """Read the objects of a chunk of a listing; `again` also those that look unchanged.

    `listed` is the fingerprint of the rows.
    """

    bucket: str
    tenant: str
    rows: tuple[Row, ...]
    listed: str
    again: bool = False

    @property
    def unit(self) -> str:
        """Return a name that holds what was listed."""
        return f"{OBJECT}/{self.bucket}/{self.listed}"

    @property
    def rank(self) -> Rank:
        """Return that it reads data."""
        return Rank.DATA

    @property
    def settled(self) -> bool:
        """Return whether the listing says all; a restored archive leaves no trace there."""
        return not self.again and not any(row.storage in ARCHIVED for row in self.rows)

    def forecast(self, world: World) -> tuple[Forecast, ...]:
        """Return how many objects there are, and their bytes."""
        size = sum(row.size for row in self.rows)
        return (Forecast(SERVICE, OBJECT, self.tenant, len(self.rows), size),)

    def run(self, world: World) -> Found:
        """Read them; those that an earlier snapshot holds are taken from there."""
        known_ones = {} if self.again else self._known(world)
        reading = Reading(world, self.bucket, self.tenant, known_ones).prepared(self.rows)
        told = [reading.told(row) for row in self.rows]
        asked = self._asked(world, reading.no_tags, told)
        read = [one or next(asked) for one in told]
        return Found(
            entries=tuple(one.entry for one in read if one.entry),
            coverage=tuple(_ledger(self, read)),
            size=sum(one.size for one in read),
        )

    def _asked(
        self, world: World, no_tags: Told | None, told: Iterable[Read | None]
    ) -> Iterator[Read]:
        """Return what came of the rows that must be read, many at once."""
        rows = [row for row, known in zip(self.rows, told, strict=True) if not known]
        parts = [ReadRows(self.bucket, self.tenant, part, no_tags) for part in portions(rows)]
        do = world.do if world.expect(len(rows)) else lambda part: part.run(world)
        return chain.from_iterable(world.objects.each(do, parts))

    def _known(self, world: World) -> Known:
        plain = [written(Name(self.bucket, row.key)) for row in self.rows]
        names = plain + [written(name_of(self.bucket, row)) for row in self.rows]
        return known(world.earlier(OBJECT, min(names), max(names)))


@dataclass(frozen=True, slots=True)
class ReadRows:
    """The part of a chunk that one reader does: here, or in another process."""

    bucket: str
    tenant: str
    rows: tuple[Row, ...]
    no_tags: Told | None

    def run(self, world: World) -> list[Read]:
        """Return what became of each row."""
        reading = Reading(world, self.bucket, self.tenant, {}, self.no_tags)
        return list(reading.read(self.rows))


def _is_vaults(world: World, bucket: str, key: str) -> bool:
    """Tell whether an object is a part of the vault that is being written."""
    return f"s3://{bucket}/{key}".startswith(f"{world.brief.vault.rstrip('/')}/")


def _ledger(task: ReadObjects, read: Iterable[Read]) -> Iterator[Coverage]:
    count: Counter[tuple[Covered, str]] = Counter()
    for one in read:
        if one.entry:
            count[Covered.CAPTURED, ""] += 1
        count.update(one.told)
    for (state, detail), number in count.items():
        text = f"{task.bucket}: {detail}" if detail else ""
        yield _line(task.tenant, state, number, text)


def _line(tenant: str, state: Covered, count: int, detail: str) -> Coverage:
    return Coverage(SERVICE, OBJECT, "", tenant, state, count, detail)
