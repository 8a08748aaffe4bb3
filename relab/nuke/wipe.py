"""The wipe itself, and what is there after it: our own inventory has the last word.

result = yield from wipe(permit, look)
"""

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from relab.errors import Refused
from relab.events import Event, NukeSaid, WipeFinished, WipeStarted
from relab.nuke.forecast import Sight
from relab.nuke.gate import Permit
from relab.nuke.inventory import AWS, Inventory, take
from relab.nuke.look import Look, caller, nuke
from relab.nuke.model import Left
from relab.nuke.names import EMPTIED, native
from relab.nuke.process import Heard
from relab.nuke.taking import empty, remove
from relab.resources.item import Item
from relab.resources.registry import by_name

UNORDERED = "only what depends on others is left: again, without an order"


@dataclass(frozen=True, slots=True)
class Result:
    """How a wipe ended: `left` is what should have gone, `stays` what nobody can remove.

    `problems` are what aws-nuke or our inventory could not say for certain. Clean is an account
    with neither.
    """

    left: tuple[Left, ...]
    stays: tuple[Left, ...]
    problems: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Tell whether our own inventory, read whole, shows nothing that should have gone."""
        return not (self.left or self.problems)


def wipe(permit: Permit, look: Look) -> Generator[Event, None, Result]:
    """Wipe as `permit` allows; yield events, WipeFinished last, and return what is there then.

    Refused when the permit is for something else or too old, or the caller is another. An
    aws-nuke that fails, is killed or cannot be understood ends with an inventory all the same, and
    relab removes nothing then by itself.
    """
    _check(permit, look)
    began = time.monotonic()
    things = len(permit.forecast.doomed)
    yield WipeStarted(permit.account, permit.snapshot, things, _now())
    heard = yield from _removed(look)
    problems = (*heard.problems(), *_unfinished(heard))
    why: dict[str, str] = {}
    if not problems:
        why = yield from _our_part(look)
    found = yield from _inventory(look)
    result = _result(look, found, problems, why | _failures(heard, look, found))
    seconds, left = time.monotonic() - began, len(result.left)
    yield WipeFinished(permit.account, result.clean, left, len(result.problems), seconds, _now())
    return result


def _check(permit: Permit, look: Look) -> None:
    """Refuse what the permit is not for, just before anything is removed."""
    order = look.order
    if permit.forecast is not look.facts.forecast or permit.snapshot != order.snapshot.name:
        raise Refused("the permit is for another look at the account", where="gate")
    if datetime.now(UTC) > permit.until:
        fix = "look again: what is there may have changed"
        raise Refused("the permit is too old", where="gate", fix=fix)
    who = caller(order.profile, order.environ)
    if who != look.facts.caller:
        raise Refused("the caller, or the account's alias, is another now", where="gate")


def _removed(look: Look) -> Generator[Event, None, Heard]:
    """Let aws-nuke remove what may go in order, and without where it overlooks what is left."""
    run = partial(nuke, look.order, look.binary, look.kinds, look.kept, look.going)
    heard = yield from run()
    if heard.overlooked():
        yield NukeSaid("said", "", "", "", "", UNORDERED)
        heard = yield from run(ordered=False)
    return heard


def _unfinished(heard: Heard) -> Iterator[str]:
    if not heard.finished and heard.to_go():
        yield "aws-nuke did not say that it was done"


def _our_part(look: Look) -> Generator[Event, None, dict[str, str]]:
    """Remove what aws-nuke has no code for; in a soft wipe, empty what is kept."""
    found = yield from _inventory(look)
    sight, place = _sight(look, found), look.order.place
    mine = [one for one in found.items if _is_ours(one, sight)]
    failed = yield from remove(mine, place)
    if look.order.soft:
        holders = [one for one in found.items if one.type in EMPTIED and not sight.why_kept(one)]
        failed |= yield from empty(holders, place)
    return failed


def _is_ours(item: Item, sight: Sight) -> bool:
    """Tell whether relab removes `item`: of a type that aws-nuke does not know, and not owned."""
    kind = by_name()[item.type]
    return sight.goes(item) and not native(item.type) and bool(kind.remove) and not item.owner


def _inventory(look: Look) -> Generator[Event, None, Inventory]:
    order = look.order
    return (yield from take(order.vault, None, order.profile, order.environ, AWS))


def _sight(look: Look, found: Inventory) -> Sight:
    return Sight(
        profile=look.order.profile,
        inventory=found,
        saved=frozenset(),
        kinds=look.kinds,
        kept=look.kept,
        soft=look.order.soft,
    )


def _result(
    look: Look, found: Inventory, problems: tuple[str, ...], why: Mapping[str, str]
) -> Result:
    sight = _sight(look, found)
    there = [item for item in found.items if sight.goes(item)]
    left, stays = list[Left](), list[Left]()
    for item in there:
        never = by_name()[item.type].stays
        reason = never or why.get(item.identity) or _reason(item, problems)
        row = Left(item.tenant, item.type, item.key, reason, collides=True)
        (stays if never else left).append(row)
    left += [_not_emptied(item, why) for item in found.items if _is_kept_full(item, sight, why)]
    unread = tuple(f"not read after the wipe: {gap}" for gap in found.gaps)
    return Result(tuple(left), tuple(stays), (*problems, *unread))


def _is_kept_full(item: Item, sight: Sight, why: Mapping[str, str]) -> bool:
    return item.type in EMPTIED and not sight.goes(item) and item.identity in why


def _not_emptied(item: Item, why: Mapping[str, str]) -> Left:
    reason = f"it could not be emptied: {why[item.identity]}"
    return Left(item.tenant, f"{item.type}/*", item.key, reason, collides=True)


def _reason(item: Item, problems: tuple[str, ...]) -> str:
    if problems:
        return "aws-nuke did not come to its end"
    if item.owner:
        return f"it should have gone with {item.owner}"
    return "it is there, although aws-nuke says that all is gone"


def _failures(heard: Heard, look: Look, found: Inventory) -> dict[str, str]:
    """Return how far aws-nuke came with what is still there, by identity."""
    sight = _sight(look, found)
    rows = [row for row in heard.unfinished() if row.state.value not in ("new", "filtered")]
    return {one.identity: f"aws-nuke: {row.state.value}" for row in rows for one in sight.of(row)}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
