"""The stages that lead to an empty account, and the last: the lab's own checks."""

from collections import Counter
from collections.abc import Generator

from relab.checks import engine
from relab.cycle import books
from relab.cycle.doing import Doing, Told
from relab.errors import Exit
from relab.events import CheckFinished, Event, GateLooked, SaveFinished, Verdict
from relab.nuke.gate import permit, refusals
from relab.nuke.look import Order as WipeOrder
from relab.nuke.look import check_first, look_at
from relab.nuke.model import to_json
from relab.nuke.wipe import wipe as wiped
from snapshot.collect.save import Order as SaveOrder
from snapshot.collect.save import save as saved
from snapshot.collect.scope import SHARED, Scope

_COHORT = "cycle"


def save(doing: Doing) -> Generator[Event, None, Told]:
    """Save everything the profile has, older versions too; go on with a save that was cut short."""
    check_first(doing.profile, doing.environ)
    name, reader = doing.book.snapshot, doing.vault.reader()
    there = next((one for one in reader.snapshots() if one.name == name), None)
    if there is None:
        begun = any(one.name == name for one in reader.unfinished())
        scope = Scope((*doing.profile.tenants, SHARED), versions=True)
        order = SaveOrder(doing.profile, name, scope, cohort=_COHORT, resume=begun)
        for event in saved(doing.vault, order, doing.environ):
            yield event
            if isinstance(event, SaveFinished):
                return _saved(event.state, event.items, event.gaps, doing.anew)
    found = doing.snapshot
    return _saved(found.state.value, found.items, 0)


def _saved(state: str, items: int, gaps: int, anew: str = "") -> Told:
    whole = state == "complete"
    why = f" (saved anew: {anew})" if anew else ""
    said = (f"snapshot {state}: {items} items, {gaps} gaps{why}",)
    code = Exit.OK if whole else Exit.PARTIAL
    return Told(whole, said, {"items": items, "gaps": gaps}, code)


def verify(doing: Doing) -> Generator[Event, None, Told]:
    """Read every byte of the snapshot again."""
    yield from ()
    found = doing.vault.verify(doing.book.snapshot, deep=True)
    harmed = [one for one in found.findings if one.harmful]
    said = tuple(f"{one.kind}: {one.what}" for one in harmed)
    said = said or ("every byte of the snapshot is as it was saved",)
    code = Exit.FAILED if harmed else Exit.OK
    return Told(not harmed, said, {"damaged": len(harmed)}, code)


def gate(doing: Doing) -> Generator[Event, None, Told]:
    """Plan the restore, look at all that a wipe would take, and ask the gate."""
    book = doing.book
    order = WipeOrder(
        doing.vault, doing.snapshot, doing.profile, doing.environ, book.soft, book.accepted
    )
    doing.look = yield from look_at(order)
    facts = doing.look.facts
    found = refusals(facts)
    told = facts.forecast
    yield GateLooked(book.id, str(books.keep_proof(book, to_json(told, found))))
    counts = {"doomed": len(told.doomed), "kept": len(told.kept), "losses": len(told.losses)}
    counts |= {"survivors": len(told.survivors), "refusals": len(found)}
    if found:
        reasons = tuple(f"{one.what} -> {one.fix}" if one.fix else one.what for one in found)
        return Told(done=False, said=reasons, facts=counts, code=Exit.REFUSED)
    doing.permit = permit(facts)
    said = f"{len(told.doomed)} things go and are in the snapshot; {len(told.kept)} are kept"
    return Told(done=True, said=(said,), facts=counts)


def wipe(doing: Doing) -> Generator[Event, None, Told]:
    """Wipe as the gate has allowed in this run; our own inventory says how it ended."""
    assert doing.permit is not None  # noqa: S101 - the gate comes before it, in every run
    assert doing.look is not None  # noqa: S101
    result = yield from wiped(doing.permit, doing.look)
    left = tuple(f"still there: {one.type} {one.key}: {one.why}" for one in result.left)
    unsure = tuple(f"not certain: {one}" for one in result.problems)
    stays = tuple(f"stays: {one.type} {one.key}: {one.why}" for one in result.stays)
    head = "the account is clean" if result.clean else "the account is not clean"
    facts = {"left": len(left), "uncertain": len(unsure), "stays": len(stays)}
    code = Exit.OK if result.clean else Exit.PARTIAL
    return Told(result.clean, (head, *left, *unsure, *stays), facts, code)


def check(doing: Doing) -> Generator[Event, None, Told]:
    """Ask every check of the lab for every tenant."""
    counts: Counter[Verdict] = Counter()
    wrong: list[str] = []
    for event in engine.run(doing.profile, doing.profile.tenants, environ=doing.environ):
        yield event
        if isinstance(event, CheckFinished):
            counts[event.verdict] += 1
            if event.verdict in (Verdict.FAIL, Verdict.ERROR):
                wrong.append(f"{event.verdict.value}: {event.check} of tenant {event.tenant}")
    told = ", ".join(f"{counts[one]} {one.value}" for one in Verdict if counts[one])
    code = Exit.CHECKS_FAILED if counts[Verdict.FAIL] else Exit.PARTIAL
    facts = {one.value: counts[one] for one in Verdict}
    return Told(not wrong, (*wrong, told), facts, Exit.OK if not wrong else code)
