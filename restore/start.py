"""Put together what a restore needs, and keep what it writes: the plan and the journal."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from profiles.model import Profile
from relab.errors import Locked, RelabError, UsageError
from relab.paths import state_dir
from relab.resources.kubernetes.kinds import Served
from restore.aws import AwsHand
from restore.hands import Hands
from restore.journal import Journal
from restore.kubernetes import KubeHand
from restore.live import Live
from restore.model import Action, Plan, from_json, to_json
from restore.plan import Saved
from restore.pours import POURS
from restore.spared import Caller, Spared
from restore.taken import Taken
from snapshot.collect.kubernetes import discovered
from snapshot.collect.scope import Scope
from snapshot.collect.world import Brief, World
from snapshot.vault.model import Snapshot
from snapshot.vault.vault import Vault

_PLAN, _JOURNAL = "plan.json", "journal.sqlite"
_ENDED, _BEFORE = "ended", "before"


def folder_of(plan: str) -> Path:
    """Return where the plan called `plan` (its id) and its journal stand."""
    return state_dir() / "restores" / plan


def keep(plan: Plan) -> Path:
    """Write `plan` to its folder, whole, and return the file."""
    folder = folder_of(plan.id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path, new = folder / _PLAN, folder / f"{_PLAN}.new"
    new.write_text(json.dumps(to_json(plan), ensure_ascii=False, indent=1), encoding="utf-8")
    with new.open("rb") as file:
        os.fsync(file.fileno())
    return new.replace(path)


def load(path: Path) -> Plan:
    """Return the plan in the file `path`; UsageError when it cannot be read."""
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the plan cannot be read: {error}", where=str(path), fix="make it anew"
        ) from error


def unfinished(snapshot: Snapshot, account: str) -> Plan | None:
    """Return the newest plan for `snapshot` in `account`, if it was begun and not ended.

    Another one that was begun after it, for the same choice, takes its place.
    """
    found = [plan for plan in _plans() if plan.content == snapshot.content and is_begun(plan)]
    mine = sorted((plan for plan in found if plan.account == account), key=_age)
    newest = {plan.choice: plan for plan in mine}
    open_ = [plan for plan in newest.values() if not ended(plan)]
    return max(open_, key=_age, default=None)


def _age(plan: Plan) -> str:
    return plan.made_at


def steps_done(plan: Plan) -> int:
    """Return how many steps of a plan that was begun are done."""
    journal = journal_of(plan)
    try:
        return journal.done
    finally:
        journal.close()


def is_begun(plan: Plan) -> bool:
    """Tell whether anything was done of `plan`."""
    return (folder_of(plan.id) / _JOURNAL).exists()


def ended(plan: Plan) -> bool:
    """Tell whether the restore of `plan` came to its end with everything done, or never began."""
    if not is_begun(plan):
        return True
    journal = journal_of(plan)
    try:
        return journal.meta(_ENDED) == "yes"
    finally:
        journal.close()


def still_fits(plan: Plan, live: Live) -> bool:
    """Tell whether all that `plan` found standing stands: else it can only be planned anew.

    What it removes need not.
    """
    found = (row for row in plan.items if row.now and row.action is not Action.REMOVE)
    return all(live.get(_identity(row.identity, row.now)) for row in found)


def _identity(identity: str, key: str) -> str:
    """Return the identity of what stands under `key` for the item called `identity`."""
    return ":".join((*identity.split(":", 3)[:3], key))


def _forget_lost(journal: Journal, saved: Saved, live: Live) -> None:
    """Strike out what the restore had made and somebody has removed since."""
    for identity, made in journal.all_made().items():
        entry = saved.entries.get(identity)
        gone = live.get(_identity(identity, made.key)) is None
        if entry and gone and not live.unread(entry.item):
            journal.forget(identity)


@contextmanager
def alone(profile: Profile) -> Iterator[None]:
    """Let nobody else restore into the profile's account and cluster for a block; Locked if one is.

    The lock is this machine's, and goes with the process that holds it.
    """
    world = f"{profile.aws.account}-{profile.kubernetes.cluster}"
    path = folder_of(f"{hashlib.sha256(world.encode()).hexdigest()[:16]}.lock")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            where, fix = profile.aws.account, "wait until it has ended"
            raise Locked("another restore is at work there", where=where, fix=fix) from error
        yield


def end(journal: Journal) -> None:
    """Write down that everything is done."""
    journal.note(_ENDED, "yes")


def journal_of(plan: Plan) -> Journal:
    """Open the journal of `plan`, which is made when there is none."""
    return Journal(folder_of(plan.id) / _JOURNAL)


def hands(
    vault: Vault, snapshot: Snapshot, profile: Profile, made: tuple[Plan, Saved, Live]
) -> Hands:
    """Return what does the steps of the plan."""
    plan, saved, live = made
    brief = Brief(profile, Scope(plan.choice.tenants), plan.account, vault.where, vault.sealer)
    world = World(brief)
    journal = journal_of(plan)
    journal.note(_ENDED, "no")
    _forget_lost(journal, saved, live)
    before = _before(journal, live)
    taken = Taken(journal, plan.choice.on_taken, plan.choice.patience)
    aws = AwsHand(world.target, plan.account, saved.directory, journal, before, plan.id, taken)

    def serves() -> list[Served]:
        return _served(world)

    kube = KubeHand(world.kube_target, saved.directory, journal, serves, taken, world.kube)
    found = Hands(vault, snapshot, saved, live, world, journal, aws, kube, POURS)
    if plan.choice.exact:
        caller = Caller.of(world)
        items = list(live.everything())
        found.spares = Spared(profile, vault.where, caller, items, plan.choice.tenants).is_callers
    return found


def _before(journal: Journal, live: Live) -> dict[str, frozenset[str]]:
    """Return the keys of each type that stood there when the restore first began."""
    noted = journal.meta(_BEFORE)
    if noted is None:
        noted = json.dumps({kind: sorted(keys) for kind, keys in live.keys().items()})
        journal.note(_BEFORE, noted)
    return {kind: frozenset(keys) for kind, keys in json.loads(noted).items()}


def _served(world: World) -> list[Served]:
    lines: list[object] = []
    found = list(discovered(world, lines))  # type: ignore[arg-type]  # lines of coverage
    if lines and not found:
        raise RelabError("the cluster does not say what it serves", where=world.cluster)
    return found


def _plans() -> Iterator[Plan]:
    for path in sorted(folder_of("").glob(f"*/{_PLAN}")):
        with suppress(UsageError):  # what an older relab wrote is not gone on with
            yield load(path)
