"""A client of container registries: manifests to the byte, and blobs in bounded memory.

    registry = Registry(ecr_login(aws, target, endpoint))
    manifest = registry.manifest("mlops-user07-training", "latest")
    for blob in manifest.blobs:
        store.put(registry.blob("mlops-user07-training", blob))

Every method raises Unanswered when the registry does not give what was asked. Safe to share by
threads. Source: https://github.com/opencontainers/distribution-spec (1.1).
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urljoin

from relab.clouds import registry_http
from relab.clouds.oci import MANIFESTS, Descriptor, Malformed, Manifest, Sum, checked
from relab.clouds.outcome import UNEXPECTED, Outcome, Reply
from relab.clouds.registry_http import Http, Login, Request, Unanswered, trouble

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

CHUNK = 1 << 20
_MANIFEST_BYTES = 16 * 1024 * 1024
_ACCEPT = {"Accept": ", ".join(MANIFESTS)}
Open = Callable[[], Iterable[bytes]]


class Registry:
    """The registry behind `login`; see `registry_http.ecr_login`."""

    def __init__(self, login: Callable[[], Login]) -> None:
        self._http = Http(login)

    def manifest(self, repository: str, reference: str) -> Manifest:
        """Return the manifest that `reference` (a tag or a digest) names.

        Only bytes that have the digest that was asked for, or told by the registry, are returned.
        """
        path = f"{quote(repository)}/manifests/{reference}"
        answer = self._http.send(Request("GET", path, _ACCEPT))
        try:
            raw = b"".join(_pieces(answer, _MANIFEST_BYTES))
        except _Broken as error:
            raise Unanswered(error.reply, where=path) from error
        said = reference if ":" in reference else answer.headers.get("Docker-Content-Digest")
        if said:
            _compare(path, said, raw)
        return Manifest(answer.headers.get("Content-Type", "").partition(";")[0], raw)

    def find_manifest(self, repository: str, reference: str) -> str | None:
        """Return the digest of what `reference` names; None when nothing is called that."""
        answer = self._head(f"{quote(repository)}/manifests/{reference}")
        return None if answer is None else answer.headers.get("Docker-Content-Digest")

    def has_blob(self, repository: str, digest: str) -> bool:
        """Tell whether `repository` has the blob `digest`."""
        return self._head(f"{quote(repository)}/blobs/{checked(digest)}") is not None

    def blob(self, repository: str, wanted: Descriptor) -> Iterator[bytes]:
        """Yield the bytes of a blob; Unanswered after the last when they are not the right ones.

        When the way breaks down, reading goes on where it stopped.
        """
        path = f"{quote(repository)}/blobs/{wanted.digest}"
        whole, breaks = Sum(wanted.digest), 0
        while True:
            try:
                for piece in self._from(path, whole.size, wanted.size):
                    whole.add(piece)
                    yield piece
                break
            except _Broken as error:
                breaks += 1
                if breaks >= registry_http.ATTEMPTS:
                    raise Unanswered(error.reply, where=path) from error
                if whole.size == wanted.size:
                    break
        if not whole.right or whole.size != wanted.size:
            raise _wrong(path, wanted.digest)

    def mount(self, repository: str, digest: str, origin: str) -> bool:
        """Link a blob of repository `origin` into `repository`; False when that cannot be done."""
        answer = self._begin(repository, {"mount": checked(digest), "from": origin})
        if answer.status == 201:
            return True
        self._give_up(answer)
        return False

    def put_blob(self, repository: str, wanted: Descriptor, open_: Open) -> None:
        """Push a blob unless it is there; `open_` gives its bytes anew for each try."""
        if self.has_blob(repository, wanted.digest):
            return
        for left in reversed(range(registry_http.ATTEMPTS)):
            try:
                self._upload(repository, wanted, open_)
                break
            except Unanswered as error:
                if not left or error.outcome not in _PASSING:
                    raise

    def put_manifest(self, repository: str, reference: str, manifest: Manifest) -> None:
        """Push a manifest as `reference` (a tag, or its digest), unless that names it already.

        What it names must have been pushed before.
        """
        if self.find_manifest(repository, reference) == manifest.digest:
            return
        path = f"{quote(repository)}/manifests/{reference}"
        kind = {"Content-Type": manifest.media_type}
        answer = self._http.send(Request("PUT", path, kind, manifest.raw))
        answer.drain_conn()
        said = answer.headers.get("Docker-Content-Digest", manifest.digest)
        if said != manifest.digest:
            raise _wrong(path, manifest.digest)

    def _head(self, path: str) -> "BaseHTTPResponse | None":
        try:
            answer = self._http.send(Request("HEAD", path, _ACCEPT))
        except Unanswered as error:
            if error.outcome is Outcome.MISSING:
                return None
            raise
        answer.drain_conn()
        return answer

    def _from(self, path: str, start: int, size: int) -> Iterator[bytes]:
        """Yield the bytes of a blob from number `start` on, at most `size` in all."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        answer = self._http.send(Request("GET", path, headers))
        skipped = start if answer.status == 200 else 0
        for piece in _pieces(answer, size if answer.status == 200 else size - start):
            rest = piece[skipped:]
            skipped -= len(piece) - len(rest)
            if rest:
                yield rest

    def _begin(self, repository: str, query: dict[str, str]) -> "BaseHTTPResponse":
        path = f"{quote(repository)}/blobs/uploads/"
        words = f"?{urlencode(query)}" if query else ""
        answer = self._http.send(Request("POST", f"{path}{words}", {"Content-Length": "0"}))
        answer.drain_conn()
        return answer

    def _upload(self, repository: str, wanted: Descriptor, open_: Open) -> None:
        begun = self._begin(repository, {})
        place = self._place(begun)
        joint = "&" if "?" in place else "?"
        path = f"{place}{joint}{urlencode({'digest': wanted.digest})}"
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(wanted.size),
        }
        self._http.send(Request("PUT", path, headers, open_), attempts=1).drain_conn()

    def _give_up(self, begun: "BaseHTTPResponse") -> None:
        """End an upload that nothing will come for; it would end by itself in some days."""
        try:
            self._http.send(Request("DELETE", self._place(begun)), attempts=1).drain_conn()
        except Unanswered:
            return

    def _place(self, begun: "BaseHTTPResponse") -> str:
        return urljoin(self._http.absolute(""), begun.headers.get("Location", ""))


_PASSING = frozenset({Outcome.THROTTLED, Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.UNAVAILABLE})


class _Broken(Exception):
    """An answer that stopped before its end; `reply` says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.detail)
        self.reply = reply


def _pieces(answer: "BaseHTTPResponse", most: int) -> Iterator[bytes]:
    """Yield an answer's body in pieces of at most `CHUNK` bytes, and one byte over `most`."""
    from urllib3 import exceptions

    try:
        while most >= 0 and (piece := answer.read(min(CHUNK, most + 1))):
            most -= len(piece)
            yield piece
    except (exceptions.HTTPError, OSError) as error:
        raise _Broken(trouble(error)) from error
    finally:
        # A whole body leaves the connection for the next request; any other ends with it.
        answer.release_conn() if most >= 0 else answer.close()


def _compare(path: str, digest: str, data: bytes) -> None:
    try:
        whole = Sum(checked(digest))
    except Malformed as error:
        raise Unanswered(Reply(UNEXPECTED, detail=str(error)), where=path) from error
    whole.add(data)
    if not whole.right:
        raise _wrong(path, digest)


def _wrong(path: str, digest: str) -> Unanswered:
    return Unanswered(Reply(UNEXPECTED, detail=f"the bytes are not those of {digest}"), where=path)
