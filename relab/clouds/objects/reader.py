"""One object into a sink, and everything that the answer says of it."""

import itertools
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from queue import Queue
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from relab.clouds import AwsTarget
from relab.clouds.aws import Access, Aws, Keys, status_of
from relab.clouds.objects.answer import Answer, Body
from relab.clouds.objects.broken import Broken
from relab.clouds.objects.calls import Call, Which
from relab.clouds.objects.lines import Ask, Begun, Lines, Route
from relab.clouds.objects.signing import EMPTY, Caller, Request, path_of, query_of, signed
from relab.clouds.outcome import NO_CREDENTIALS, UNREACHABLE, Outcome, outcome_of, shorten

READERS = 16
AHEAD = 4
_IN_A_ROW = 32
_GOOD_SECONDS = 60.0
TRIES = 6
WRITE_TRIES = 9
PIECE = 1 << 20
CHANGED = "PreconditionFailed"
REGION = "x-amz-bucket-region"
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 8.0
_ERROR_BYTES = 1 << 16
_FINE = {200, 204, 206}
_READING = {"GET", "HEAD"}
_SENDING = {"POST", "PUT"}
_MAY_PASS = {Outcome.THROTTLED, Outcome.UNAVAILABLE, Outcome.TIMEOUT, Outcome.UNREACHABLE}
_MAY_PASS_CODES = {
    "500",
    "BadDigest",
    "ConditionalRequestConflict",
    "IncompleteBody",
    "InternalError",
    "OperationAborted",
    "RequestTimeout",
    "XAmzContentSHA256Mismatch",
}
_NO_BODY = {304: CHANGED, 412: CHANGED, 404: "NoSuchKey", 403: "AccessDenied", 503: "SlowDown"}
_SAID = re.compile(r"<(Code|Message)>([^<]*)</")
_HOST_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")

S = TypeVar("S")
T = TypeVar("T")
Keep = Callable[[Iterator[bytes]], T]


@dataclass(frozen=True, slots=True)
class Got(Generic[T]):
    """How a read ended: `200`, an AWS error code or a word of `relab.clouds.outcome`.

    `headers` has small names; `kept` is what the sink returned, None unless all went well.
    """

    status: str
    headers: Mapping[str, str] = field(default_factory=dict)
    kept: T | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Way:
    """The connections of a bucket, what goes before its keys, and who asks where."""

    lines: Lines
    folder: str
    access: Access
    region: str


@dataclass(frozen=True, slots=True)
class _Ready:
    """A call that is signed and not sent; `ask` is None without credentials.

    `since` is when it was signed, in seconds of the monotonic clock.
    """

    way: _Way
    ask: Ask | None
    since: float


@dataclass(frozen=True, slots=True)
class _Begun:
    """A call whose answer is still to come."""

    way: _Way
    said: Begun


class Objects:
    """Reads objects as `target`; safe to share by threads, one connection each."""

    def __init__(self, aws: Aws, target: AwsTarget) -> None:
        self._aws = aws
        self._target = target
        self._lock = threading.Lock()
        self._lines: dict[str, Lines] = {}
        self._ways: dict[str, _Way] = {}
        self._pool: ThreadPoolExecutor | None = None

    def read(self, which: Which, keep: Keep[T]) -> Got[T]:
        """Give the bytes of an object to `keep`, in pieces of at most `PIECE`; never raises.

        What `keep` gets may also fill buffers (`Body.readinto`).
        But for what `keep` itself raises. When the bytes break off, the iterator raises through
        `keep`, and the next try calls it anew; there are at most `TRIES`.
        """
        return self.send(Call(which), keep)

    def read_many(self, whiches: Iterable[Which], keep: Keep[T]) -> Generator[Got[T], None, None]:
        """Yield what `read` returns for each, in their order.

        `AHEAD` are asked for before the first is read, so that no answer is waited for: for small
        objects, which wait for their turn on connections of their own.
        """
        asked: deque[tuple[Call, _Begun | None]] = deque()
        try:
            for call, ready in self._each_ready(map(Call, whiches)):
                asked.append((call, _begin(ready)))
                if len(asked) > AHEAD:
                    yield self._send(*asked.popleft(), keep)
            while asked:
                yield self._send(*asked.popleft(), keep)
        finally:
            for _, begun in asked:
                if begun:
                    begun.said.line.close()

    def ask(self, which: Which, query: Mapping[str, str], method: str = "GET") -> Got[bytes]:
        """Return the answer to a question about an object, or a bucket when `key` is empty.

        It is held in memory: a page of a listing, tags, headers alone (`HEAD`). Never raises.
        """
        return self.send(Call(which, query, method), b"".join)

    def send(self, call: Call, keep: Keep[T]) -> Got[T]:
        """Make any call, give the bytes of a good answer to `keep`; never raises.

        But for what `keep`, or the body that is sent, raises.
        """
        return self._send(call, None, keep)

    def each(self, work: Callable[[S], T], things: Sequence[S]) -> list[T]:
        """Do `work` with all `things`, many at once, and return what came of them in their order.

        All callers share `READERS` threads, however many tasks of a save run beside each other.
        """
        numbers = itertools.count()
        found: dict[int, T] = {}

        def lane() -> None:
            # No future for each: they cost more than a small object.
            while (number := next(numbers)) < len(things):
                found[number] = work(things[number])

        for one in [self._threads().submit(lane) for _ in things[:READERS]]:
            one.result()
        return [found[number] for number in range(len(things))]

    def flow(self, work: Callable[[S], object], things: Iterable[S]) -> None:
        """Do `work` with `things` as they come, many at once, on the same threads as `each`.

        This thread makes the things, and is only a few ahead. What `work` raises is raised once the
        others have ended.
        """
        waiting: Queue[tuple[S, ...]] = Queue(4 * READERS)
        errors: list[BaseException] = []
        lanes = [self._threads().submit(_drain, waiting, work, errors) for _ in range(READERS)]
        try:
            for thing in itertools.takewhile(lambda _: not errors, things):
                waiting.put((thing,))
        finally:
            for _ in lanes:
                waiting.put(())
            wait(lanes)
        if errors:
            raise errors[0]

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="objects")
            return self._pool

    def ready(self) -> bool:
        """Tell whether there are credentials, without asking anybody for them."""
        try:
            keys = self._aws.access(self._target, "s3").keys
            return keys is not None and bool(keys.get_frozen_credentials().access_key)
        except (_sdk_error(), EOFError, OSError):
            return False

    def handed(self) -> Access | None:
        """Return what another process can `take` in place of looking for credentials itself.

        None when there are none, or when they must be renewed now and then.
        """
        access = self._aws.access(self._target, "s3") if self.ready() else None
        return access if access and isinstance(access.keys, Keys) else None

    def take(self, access: Access) -> None:
        """Ask as another process does, which has handed this over."""
        self._aws.tell(self._target, "s3", access)

    def close(self) -> None:
        """Close the connections that are idle."""
        for lines in self._lines.values():
            lines.close()

    def _each_ready(self, calls: Iterator[Call]) -> Iterator[tuple[Call, _Ready | None]]:
        """Sign calls some in a row, which takes half as long as one by one between the reads."""
        while some := list(itertools.islice(calls, _IN_A_ROW)):
            yield from [(call, self._ready(call)) for call in some]

    def _ready(self, call: Call) -> _Ready | None:
        """Sign a call; None when its way cannot be found."""
        try:
            way = self._way(call.which.bucket)
            return _Ready(way, _asking(way, call), time.monotonic())
        except _sdk_error():
            return None

    def _send(self, call: Call, begun: "_Begun | None", keep: Keep[T]) -> Got[T]:
        """Make a call with all its tries; the first may have been `begun`."""
        got: Got[T] = Got(UNREACHABLE)
        for number in range(TRIES if call.method in _READING else WRITE_TRIES):
            if number:
                longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2**number)
                time.sleep(random.uniform(0, longest))  # noqa: S311 - not all come back at once
            got = self._try(call, None if number else begun, keep)
            if got.status == "200":
                break
            throttled = outcome_of("aws", got.status) is Outcome.THROTTLED
            if not throttled and (call.once or not may_pass(got.status)):
                break
        return got

    def _try(self, call: Call, begun: "_Begun | None", keep: Keep[T]) -> Got[T]:
        try:
            way = begun.way if begun else self._way(call.which.bucket)
            got = _ended(begun, call, keep) if begun else _sent(way, call, keep)
            moved = got.headers.get(REGION, way.region)
            if got.status != "200" and moved != way.region:
                got = _sent(self._way(call.which.bucket, moved), call, keep)
        except Broken as broken:
            return Got(broken.status, detail=str(broken))
        except _sdk_error() as error:
            return Got(status_of(error), detail=shorten(error))
        return got

    def _way(self, bucket: str, region: str = "") -> _Way:
        """Return the way to `bucket`, taken to be in our region until it says otherwise."""
        found = self._ways.get(bucket)
        if found is None or region not in ("", found.region):
            with self._lock:
                found = self._ways[bucket] = self._find(bucket, region or self._target.region)
        return found

    def _find(self, bucket: str, region: str) -> _Way:
        access = self._aws.access(replace(self._target, region=region), "s3")
        endpoint, folder = access.endpoint, f"/{bucket}"
        if self._target.endpoint is None and _HOST_NAME.fullmatch(bucket):
            url = urlsplit(endpoint)
            endpoint, folder = f"{url.scheme}://{bucket}.{url.netloc}", ""
        if endpoint not in self._lines:
            self._lines[endpoint] = Lines(Route(endpoint, access.proxy, access.trusted))
        return _Way(self._lines[endpoint], folder, access, region)


def _drain(
    waiting: "Queue[tuple[S, ...]]", work: Callable[[S], object], errors: list[BaseException]
) -> None:
    """Do `work` with what comes until an empty thing does; after an error only take it away."""
    while thing := waiting.get():
        try:
            if not errors:
                work(thing[0])
        except BaseException as error:  # noqa: BLE001 - raised by who waits for it
            errors.append(error)


def _sdk_error() -> type[Exception]:
    """Return what the SDK raises; asked for once something was raised, since it loads slowly."""
    from botocore.exceptions import BotoCoreError

    return BotoCoreError


def may_pass(status: str) -> bool:
    """Tell whether the same call may be answered a while later."""
    return status in _MAY_PASS_CODES or outcome_of("aws", status) in _MAY_PASS


def _begin(ready: _Ready | None) -> _Begun | None:
    """Send a call that has no body; None when that could not be done.

    What was signed a while ago is not sent: S3 takes no signature that is 15 minutes old.
    """
    if not ready or time.monotonic() - ready.since > _GOOD_SECONDS:
        return None
    try:
        return _Begun(ready.way, ready.way.lines.begin(ready.ask)) if ready.ask else None
    except Broken:
        return None


def _ended(begun: _Begun, call: Call, keep: Keep[T]) -> Got[T]:
    with begun.way.lines.end(begun.said) as answer:
        return _got(call, answer, keep)


def _sent(way: _Way, call: Call, keep: Keep[T]) -> Got[T]:
    ask = _asking(way, call)
    if ask is None:
        return Got(NO_CREDENTIALS, detail="no credentials")
    with way.lines.ask(ask) as answer:
        return _got(call, answer, keep)


def _asking(way: _Way, call: Call) -> Ask | None:
    """Return `call` signed; None without credentials."""
    if way.access.keys is None:
        return None
    keys = way.access.keys.get_frozen_credentials()
    caller = Caller(keys.access_key or "", keys.secret_key or "", keys.token, way.region)
    request = _request(way, call)
    query = query_of(request.query)
    target = f"{request.path}?{query}" if query else request.path
    headers = signed(request, caller)
    if call.method in _SENDING:
        headers["content-length"] = str(call.body.size if call.body else 0)
    body = call.body.pieces if call.body else None
    return Ask(call.method, target, headers, body)


def _got(call: Call, answer: Answer, keep: Keep[T]) -> Got[T]:
    if answer.status not in _FINE:
        return _refused(answer)
    body = Body(answer, PIECE) if call.method == "GET" else answer.pieces(PIECE)
    return Got("200", answer.headers, keep(body))


def _request(way: _Way, call: Call) -> Request:
    which, headers = call.which, dict(call.headers)
    if which.key and not call.query and call.method in _READING:
        headers["x-amz-checksum-mode"] = "ENABLED"
    if which.etag:
        headers["if-match"] = which.etag
    query = {**call.query, "versionId": which.version} if which.version else call.query
    path = way.folder + path_of(which.key)
    payload = call.body.sha256 if call.body else EMPTY
    return Request(call.method, way.lines.host, path, query, headers, payload)


def _refused(answer: Answer) -> Got[T]:
    text = b"".join(answer.pieces(_ERROR_BYTES))[:_ERROR_BYTES].decode(errors="replace")
    said = dict(_SAID.findall(text))
    code = said.get("Code") or _NO_BODY.get(answer.status) or str(answer.status)
    return Got(code, answer.headers, detail=shorten(said.get("Message") or code))
