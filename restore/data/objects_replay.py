"""All states of one key, put back in the order in which they came about."""

from collections.abc import Sequence

from relab.clouds.objects import Got, Which, writer
from relab.clouds.objects.reader import may_pass
from restore.data.objects_putting import Putting
from restore.data.objects_same import Stands, Wanted, refusal
from restore.data.objects_standing import states
from snapshot.data.objects_listing import Row

_TRIES = 6
_MARKER = "DeleteMarker"


def replay(putting: Putting, key: str, saved: Sequence[Wanted]) -> int:
    """Put what lacks of the states `saved` (the oldest first); return how many calls did.

    After an answer that did not come, the bucket is asked what it has: a state is not put twice.
    Refused when a state could not be put.
    """
    made = 0
    for left in reversed(range(_TRIES)):
        standing = states(putting.objects, putting.comparing.bucket, key)
        begun, calls = _begun(putting, saved, standing)
        made += calls
        done, got = _put(putting, saved[begun:])
        made += done
        if got is None:
            break
        if not left or not may_pass(got.status):
            raise refusal("PutObject", got)
    return made


def _begun(putting: Putting, saved: Sequence[Wanted], standing: Sequence[Row]) -> tuple[int, int]:
    """Return how many states of `saved` the newest ones of `standing` are; mend their tags."""
    for count in range(min(len(saved), len(standing)), 0, -1):
        pairs = list(zip(saved[:count], standing[-count:], strict=True))
        if all(_alike(wanted, row) for wanted, row in pairs):
            found = [_compare(putting, wanted, row) for wanted, row in pairs]
            if Stands.OTHER not in found:
                mend = [
                    pair for pair, one in zip(pairs, found, strict=True) if one is not Stands.SAME
                ]
                return count, sum(putting.tags(wanted, row) for wanted, row in mend)
    return 0, 0


def _alike(wanted: Wanted, row: Row) -> bool:
    """Tell whether a look at the listing alone does not show that they differ."""
    if _is_marker(wanted) or row.marker:
        return _is_marker(wanted) and row.marker
    return row.size == wanted.size


def _compare(putting: Putting, wanted: Wanted, row: Row) -> Stands:
    return Stands.SAME if row.marker else putting.comparing.compare(wanted, row)


def _put(putting: Putting, rest: Sequence[Wanted]) -> tuple[int, Got[bytes] | None]:
    """Put one after the other; return how many, and what came of the first that was not put."""
    for number, wanted in enumerate(rest):
        if _is_marker(wanted):
            which = Which(putting.comparing.bucket, wanted.key)
            got = writer.delete(putting.objects, which)
        else:
            got = putting.put(wanted, once=True)
        if got.kept is None:
            return number, got
    return len(rest), None


def _is_marker(wanted: Wanted) -> bool:
    return bool(wanted.document.get(_MARKER))
