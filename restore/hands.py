"""What a restore works with: the saved things, the clients, the journal, and who makes what."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from relab.resources.item import Item
from relab.resources.registry import by_name
from relab.resources.writing import known_handles
from restore.aws import AwsHand
from restore.decide import AWS, passing, renamings
from restore.equal import differences, told
from restore.graph import Node, Phase
from restore.journal import Journal, Made
from restore.kube_order import is_hidden
from restore.kubernetes import KubeHand
from restore.live import Live
from restore.model import Action, Existing, Plan, Planned
from restore.plan import Saved
from restore.relocate import BUCKET
from restore.taken import advice
from restore.trouble import NotDone
from snapshot.collect.world import World
from snapshot.vault.model import Entry, Snapshot
from snapshot.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Poured:
    """What came of putting data back: how much was made, and what could not be (key, why)."""

    made: int = 0
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Vessel:
    """What putting data back into one holder may use.

    `key` is the holder's key in the new world, `entries` the data as it was saved, in the order of
    their keys; `blob` yields the bytes of a blob by its digest.
    """

    world: World
    journal: Journal
    key: str
    entries: Callable[[], Iterator[Entry]]
    blob: Callable[[str], Iterator[bytes]]
    unsealed: Callable[[Entry], Item]


Pour = Callable[[Vessel], Poured]


@dataclass(slots=True)
class Hands:
    """Does the steps of a plan; safe to share by threads.

    `notes` say, by identity, what a person should know of a step that was done.
    """

    vault: Vault
    snapshot: Snapshot
    saved: Saved
    live: Live
    world: World
    journal: Journal
    aws: AwsHand
    kube: KubeHand
    pours: Mapping[str, Pour]
    rows: dict[str, Planned] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    existing: Existing = Existing.ADOPT_IF_EQUAL

    def begin(self, plan: Plan) -> None:
        """Take over what the plan adopts: its names are known from now on."""
        self.existing = plan.choice.existing
        self.rows = {row.identity: row for row in plan.items}
        self.journal.learn(self.live.names)
        for row in plan.items:
            entry = self.saved.entries.get(row.identity)
            stands = self._stands(row) if row.now else None
            if entry is not None and stands is not None:
                self._adopt(entry.item, stands)

    def do(self, node: Node) -> int:
        """Do a step and return how many things inside were made; NotDone says why not."""
        if node.phase is Phase.DATA:
            return self._pour(node.identity)
        row, entry = self.rows[node.identity], self.saved.entries[node.identity]
        if entry.item.provider == AWS:
            self._aws(node.phase, row, self.unsealed(entry))
        else:
            self._kube(row.action, entry)
        return 1

    def _kube(self, action: Action, entry: Entry) -> None:
        match action:
            case Action.SKIP:
                self._follow(entry)
            case Action.UPDATE:
                self.kube.renew(self.unsealed(entry))
            case Action.REPLACE:
                self.kube.replace(self.unsealed(entry))
            case _ if is_hidden(entry.item):
                self._create_hidden(self.unsealed(entry))
            case _:
                self.kube.create(self.unsealed(entry))

    def _create_hidden(self, item: Item) -> None:
        """Make what the plan could not see, unless it stands there."""
        live = self.kube.live(item)
        if live is None or self.existing in (Existing.UPDATE, Existing.REPLACE):
            self.kube.renew(item)
            return
        wrong = differences(self.kube.moved(item), self.kube.document(item, live))
        if wrong and self.existing is not Existing.SKIP:
            raise NotDone(f"differs at {told(wrong)}; choose --existing update or skip")
        self.kube.learn(item, live)

    @staticmethod
    def repeatable(node: Node) -> bool:
        """Tell whether the step may be done twice without harm: an object that is applied."""
        return node.phase is Phase.CREATE and not node.identity.startswith(f"{AWS}:")

    def unsealed(self, entry: Entry) -> Item:
        """Return the item of `entry` with its secrets in clear, and all names as they shall be."""
        return self.saved.unsealed(self.vault, entry)

    def _aws(self, phase: Phase, row: Planned, item: Item) -> None:
        follows = row.action is Action.SKIP
        if phase is not Phase.CREATE:
            if not follows or self.aws.unlike(item):
                self.aws.configure(item, late=phase is Phase.LATE)
        elif row.action is Action.CREATE:
            self.aws.create(item)
            self._note_name(item)
        elif row.action is Action.UPDATE:
            self.aws.renew(item)
        elif follows and self.journal.made(item.identity) is None:
            self.aws.follow(item)

    def _note_name(self, item: Item) -> None:
        old = item.document.get("Bucket", "") if item.type == BUCKET else ""
        new = self.aws.taken.pairs.get(old)
        if new:
            self.notes[item.identity] = advice(old, new)

    def _follow(self, entry: Entry) -> None:
        """Wait for what an owner makes, and put back what was changed on it by hand."""
        if passing(entry.item):
            return
        live = self.kube.awaited(entry.item)
        item = self.unsealed(entry)
        if live is None:
            self.notes[entry.item.identity] = f"{item.owner} has not made it: it is made without"
            self.kube.create(item)
        elif differences(self.kube.moved(item), self.kube.document(item, live)):
            self.kube.renew(item)
        else:
            self.kube.learn(item, live)

    def _pour(self, identity: str) -> int:
        held = self.saved.held[identity]
        made = self.journal.made(identity)
        key = made.key if made else identity.split(":", 3)[3]
        done = self.pours[held.type](self._vessel(identity, held.type, key))
        if done.failed:
            name, why = done.failed[0]
            more = f" and {len(done.failed) - 1} more" if done.failed[1:] else ""
            raise NotDone(f"{name}: {why}{more}")
        return done.made

    def _vessel(self, identity: str, kind: str, key: str) -> Vessel:
        tenant, moves = self.saved.held[identity].tenant, self.saved.moves
        old = self.saved.origins[identity]

        def entries() -> Iterator[Entry]:
            last = f"{old}\U0010ffff"
            for entry in self.vault.reader().between(self.snapshot, kind, old, last):
                if entry.item.key == old or entry.item.key[len(old)] in "/@":
                    yield moves.entry(entry, tenant)

        return Vessel(self.world, self.journal, key, entries, self.vault.blob, self.unsealed)

    def _stands(self, row: Planned) -> Item | None:
        return self.live.get(f"{row.provider}:{row.type}:{row.region}:{row.now}")

    def _adopt(self, item: Item, stands: Item) -> None:
        handles: Mapping[str, object] = {}
        if item.provider == AWS:
            handles = known_handles(by_name()[item.type], stands)
        if item.type == BUCKET and stands.key != item.key:
            self.aws.taken.rename(item.key, stands.key)
        names = renamings(item, stands, self.aws.place)
        self.journal.make(item.identity, Made(stands.key, handles), names, later=True)
