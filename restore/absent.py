"""What a snapshot proves not to have been there: what could not be read is never taken for absent.

The ledger must say of a type that all of it was asked for and answered, for the tenant in question.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from relab.resources.item import Item
from relab.resources.kubernetes.belongs import OWN
from relab.resources.registry import by_name
from snapshot.collect.driver import is_gap
from snapshot.vault.model import NO_GAP, Coverage, Covered

# Their lines begin with the name of what holds them.
_IN_HOLDERS = frozenset({"s3.object", "ecr.image", "dynamodb.rows"})
_ENDS = (": ", "@", "/")
_AND_MORE = re.compile(r" and \d+ more\b")
_LEFT_OUT = " left out ("
_SIGNS = re.compile(r"[(), ]+|: ")


class Absence:
    """The ledger of a snapshot, asked of things that the snapshot does not have.

    With a `source` all tenants are clones of that one, and the ledger is asked for it.
    """

    def __init__(self, ledger: Iterable[Coverage], source: str = "") -> None:
        self._source = source
        self._lines: dict[str, list[Coverage]] = defaultdict(list)
        for line in ledger:
            self._lines[line.type].append(line)

    def doubt(self, item: Item) -> str:
        """Return why `item` may have been there although the snapshot lacks it; empty if not."""
        tenant = self._of(item.tenant)
        for line in self._about(item.type, _service(item)):
            if line.tenant in ("", tenant) and _hides(line, item):
                return _told(line)
        return self._unasked(item.type, _service(item), tenant)

    def doubt_inside(self, kind: str, key: str, tenant: str) -> str:
        """Return why the data of type `kind` inside the holder `key` may not be all there was."""
        service = kind.partition(".")[0] if kind in _IN_HOLDERS else ""
        for line in self._about(kind, service):
            named = line.detail.startswith(tuple(f"{key}{end}" for end in _ENDS))
            if is_gap(line) and (named or kind not in _IN_HOLDERS):
                return _told(line)
        return self._unasked(kind, service, self._of(tenant))

    def _of(self, tenant: str) -> str:
        return self._source or tenant

    def _about(self, kind: str, service: str) -> Iterator[Coverage]:
        for line in (*self._lines[kind], *self._lines["*"]):
            if not service or line.service in (service, "*"):
                yield line

    def _unasked(self, kind: str, service: str, tenant: str) -> str:
        for line in self._about(kind, service):
            if line.tenant == tenant and _is_answered(line):
                return ""
        return f"the snapshot was not asked for {kind} of {tenant or 'nobody'}"


def _is_answered(line: Coverage) -> bool:
    """Tell whether all of a type was listed, as far as it is declared what is left out of that."""
    if line.state in NO_GAP or line.state is Covered.CHANGED:
        return True
    listed = line.type in by_name() or _LEFT_OUT in line.detail
    return line.state is Covered.UNSUPPORTED and not line.count and listed


def _hides(line: Coverage, item: Item) -> bool:
    """Tell whether `item` may be what `line` says was not read, or was left out."""
    if line.state in NO_GAP:
        return False
    if not is_gap(line) or line.state is Covered.CHANGED:
        return _names(line.detail, item.key)
    head = line.detail.partition(": ")[0]
    kind = by_name().get(item.type)
    calls = {call.operation for call in kind.lists} if kind else set()
    one = kind is not None and head not in calls and not head.endswith("/*")
    return head == item.key if one else True


def _names(detail: str, key: str) -> bool:
    """Tell whether `detail` may be about `key`: it names it, or not all that it is about.

    What was left out as the cluster's own then is left out now, too.
    """
    if detail.startswith(f"{key}: ") or key in _SIGNS.split(detail):
        return True
    return _AND_MORE.search(detail) is not None and not detail.endswith(OWN)


def _told(line: Coverage) -> str:
    return f"the snapshot does not tell all there was: {line.state.value}: {line.detail}"


def _service(item: Item) -> str:
    if item.provider == "aws":
        return item.type.partition(".")[0]
    return item.type.rpartition("/")[0].rpartition("/")[0] or "core"
