"""Watches: a chunked stream of what happens after a revision."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from relab.sandbox.kube import tables
from relab.sandbox.kube.api import Api
from relab.sandbox.kube.call import Call
from relab.sandbox.kube.conversions import stored_at
from relab.sandbox.kube.reading import (
    Reader,
    head_of,
    number,
    object_bytes,
    predicate,
    revision,
)
from relab.sandbox.kube.selectors import Predicate
from relab.sandbox.kube.status import expired
from relab.sandbox.kube.store import Change, Entry, Log, dump

_LONGEST = 1800.0
_BOOKMARK_EVERY = 60.0
_INITIAL_END = "k8s.io/initial-events-end"


@dataclass(slots=True)
class Stream:
    """The state of one watch: how far it has come and how it shows objects."""

    call: Call
    log: Log
    revision: int
    chosen: Predicate | None
    form: str
    headed: bool = True


class Watcher:
    """Streams changes to clients until their time is over or they leave."""

    def __init__(self, api: Api, reader: Reader) -> None:
        self._api = api
        self._reader = reader
        self._closing = False
        self._open_streams: set[asyncio.Event] = set()

    def close(self) -> None:
        """End all streams."""
        self._closing = True
        for bell in self._open_streams:
            bell.set()

    async def watch(self, call: Call) -> web.StreamResponse:
        """Answer a watch; too old a revision gets 410."""
        stream = self._open(call)
        seconds = min(number(call.query.get("timeoutSeconds")) or _LONGEST, _LONGEST)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(call.request)
        with suppress(ConnectionResetError):
            for line in self._first(stream):
                await response.write(line)
            async for lines in self._follow(stream, seconds):
                await response.write(b"".join(lines))
            await response.write_eof()
        return response

    def _open(self, call: Call) -> Stream:
        log = self._api.store.log(stored_at(self._api, call.kind).resource)
        start = revision(call)
        if start and start < log.floor:
            raise expired(f"too old resource version: {start} ({log.floor})")
        return Stream(call, log, start, predicate(call), call.form)

    def _first(self, stream: Stream) -> Iterable[bytes]:
        """Without a revision a watch starts with what is there now."""
        wants_all = stream.call.query.get("sendInitialEvents") == "true"
        if stream.revision and not wants_all:
            return
        entries = self._reader.selected(stream.call)
        stream.revision = self._api.store.revision
        for entry in entries:
            yield self._line(stream, "ADDED", entry)
        if wants_all:
            yield self._bookmark(stream, {_INITIAL_END: "true"})

    async def _follow(self, stream: Stream, seconds: float) -> AsyncIterator[list[bytes]]:
        """Yield new lines as they come, until `seconds` are over."""
        end = time.monotonic() + seconds
        bell = asyncio.Event()
        stream.log.waiting.add(bell)
        self._open_streams.add(bell)
        try:
            while not self._closing:
                bell.clear()
                if stream.revision < stream.log.floor:
                    yield [self._gone(stream)]
                    return
                if lines := self._new_lines(stream):
                    yield lines
                left = end - time.monotonic()
                if left <= 0:
                    break
                if not await _rung(bell, min(left, _BOOKMARK_EVERY)):
                    yield self._marks(stream)
            yield self._marks(stream)
        finally:
            stream.log.waiting.discard(bell)
            self._open_streams.discard(bell)

    def _marks(self, stream: Stream) -> list[bytes]:
        if stream.call.query.get("allowWatchBookmarks") not in ("true", "1"):
            return []
        return [self._bookmark(stream, {})]

    def _new_lines(self, stream: Stream) -> list[bytes]:
        changes = stream.log.after(stream.revision)
        if changes:
            stream.revision = changes[-1].revision
        shown = (self._shown(stream, change) for change in changes)
        return [line for line in shown if line]

    def _shown(self, stream: Stream, change: Change) -> bytes:
        """Return the line of a change, or nothing where selectors leave it out on both sides."""
        namespace = stream.call.route.namespace if stream.call.kind.namespaced else ""
        if namespace and change.entry.doc["metadata"].get("namespace") != namespace:
            return b""
        if stream.chosen is None:
            return self._line(stream, change.kind, change.entry)
        is_in = stream.chosen(change.entry.doc)
        was_in = change.before is not None and stream.chosen(change.before.doc)
        if change.kind == "DELETED":
            return self._line(stream, "DELETED", change.entry) if was_in else b""
        if is_in:
            return self._line(stream, "MODIFIED" if was_in else "ADDED", change.entry)
        return self._line(stream, "DELETED", change.entry) if was_in else b""

    def _line(self, stream: Stream, kind: str, entry: Entry) -> bytes:
        return b'{"type":"%s","object":%s}\n' % (kind.encode(), self._object(stream, entry))

    def _object(self, stream: Stream, entry: Entry) -> bytes:
        call = stream.call
        if stream.form == "Table":
            include = call.query.get("includeObject", "Metadata")
            metadata = {"resourceVersion": str(entry.revision)}
            shown = self._reader.table(call.kind, [entry], metadata, include, headed=stream.headed)
            stream.headed = False
            return dump(shown)
        return dump(tables.partial(entry.doc)) if stream.form else object_bytes(entry, call.kind)

    def _bookmark(self, stream: Stream, annotations: dict[str, str]) -> bytes:
        stream.revision = max(stream.revision, self._api.store.revision)
        metadata = {"resourceVersion": str(stream.revision), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations  # type: ignore[assignment]  # metadata is plain JSON
        body = head_of(stream.call.kind) + dump({"metadata": metadata})[1:]
        return b'{"type":"BOOKMARK","object":%s}\n' % body

    def _gone(self, stream: Stream) -> bytes:
        error = expired(f"too old resource version: {stream.revision} ({stream.log.floor})")
        return dump({"type": "ERROR", "object": error.body()}) + b"\n"


async def _rung(bell: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return False
    return True
