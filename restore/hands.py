"""What a restore works with: the saved things, the clients, the journal, and who makes what."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from relab.resources.item import Item
from relab.resources.registry import by_name
from relab.resources.writing import known_handles
from restore.aws import AwsHand
from restore.decide import AWS, passing, renamings
from restore.drain import Inside
from restore.drains import DRAINS
from restore.equal import differences, told
from restore.graph import Node, Phase
from restore.inside import holding
from restore.journal import Journal, Made
from restore.kube_order import HOLDERS, is_hidden, kind_of
from restore.kubernetes import KubeHand
from restore.live import Live
from restore.model import INSIDE, Action, Existing, Plan, Planned
from restore.plan import Saved
from restore.relocate import BUCKET
from restore.removing import AwsRemover, remove_object
from restore.taken import advice
from restore.trouble import NotDone
from restore.vessel import Pour, Vessel
from snapshot.collect.world import World
from snapshot.vault.model import Entry, Snapshot
from snapshot.vault.vault import Vault

# A field that cannot be set anew.
_CANNOT_CHANGE = ": 422:"


@dataclass(slots=True)
class Hands:
    """Does the steps of a plan; safe to share by threads.

    `notes` say, by identity, what a person should know of a step that was done. `spares` tells of
    what nothing may be taken away.
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
    exact: bool = False
    spares: Callable[[Item], bool] = lambda _: False

    def begin(self, plan: Plan) -> None:
        """Take over what the plan adopts: its names are known from now on."""
        self.existing, self.exact = plan.choice.existing, plan.choice.exact
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
        if node.phase in (Phase.LOOSEN, Phase.REMOVE):
            return self._take_away(node)
        row, entry = self.rows[node.identity], self.saved.entries[node.identity]
        if entry.item.provider == AWS:
            self._aws(node.phase, row, self.unsealed(entry))
        else:
            self._kube(row.action, entry)
        return 1

    def _take_away(self, node: Node) -> int:
        item = self.live.get(node.identity)
        if item is None:
            return self._drain(node)
        if item.provider != AWS:
            remove_object(self.kube, item)
        elif node.phase is Phase.LOOSEN:
            self.remover.loosen(item)
        else:
            self.remover.remove(item)
        return 1

    def _drain(self, node: Node) -> int:
        """Take out what is too much inside a holder; nothing when an item is gone already."""
        row = self.rows.get(node.identity + INSIDE)
        if row is None:
            return 0
        held = f"{row.provider}:{holding(row.type)}:{row.region}:{row.key.removesuffix(INSIDE)}"

        def entries() -> Iterator[Entry]:
            return self.saved.inside(self.vault, self.snapshot, held)

        self.journal.intend(node, 0, "take out")
        return DRAINS[row.type](Inside(self.world, row.now, entries, self.vault.blob), False)

    @property
    def remover(self) -> AwsRemover:
        """Return what removes items of the account."""
        return AwsRemover(self.aws, self.world)

    def _kube(self, action: Action, entry: Entry) -> None:
        match action:
            case Action.SKIP:
                self._follow(entry)
            case Action.UPDATE:
                self._renew(self.unsealed(entry))
            case Action.REPLACE:
                self.kube.replace(self.unsealed(entry))
            case _ if is_hidden(entry.item):
                self._create_hidden(self.unsealed(entry))
            case _:
                self.kube.create(self.unsealed(entry))

    def _renew(self, item: Item) -> None:
        """Make what stands there what it was; if it must be exact, by making it anew if need be.

        Not where that would lose what is inside.
        """
        try:
            self.kube.renew(item)
        except NotDone as error:
            if not (self.exact and _CANNOT_CHANGE in str(error)) or kind_of(item.type) in HOLDERS:
                raise
            self.kube.replace(item)
            self.notes[item.identity] = "it cannot be changed: it was made anew"

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
            stands = self._stands(row)
            if self.exact and stands and not self.spares(stands):
                self.remover.undo(item, stands)
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
        done = self.pours[held.type](self._vessel(identity, key))
        if done.failed:
            name, why = done.failed[0]
            more = f" and {len(done.failed) - 1} more" if done.failed[1:] else ""
            raise NotDone(f"{name}: {why}{more}")
        return done.made

    def _vessel(self, identity: str, key: str) -> Vessel:
        def entries() -> Iterator[Entry]:
            return self.saved.inside(self.vault, self.snapshot, identity)

        def saying(tenant: str) -> Callable[[str], str] | None:
            return self.saved.saying(tenant, self.aws.taken)

        blob, unsealed = self.vault.blob, self.unsealed
        return Vessel(self.world, self.journal, key, entries, blob, unsealed, saying)

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
