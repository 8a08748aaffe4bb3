"""What the snapshots screen knows, as a pure reduction of its moves.

Snapshots never change, so what was told of one is kept until the vault is read anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from relab.errors import Exit
from relab.events import SaveFinished
from tui import vault_save
from tui.vault_model import Snapshot, Unfinished
from tui.vault_moves import (
    LIVE,
    Answered,
    Ask,
    Asked,
    Chosen,
    Compared,
    Folded,
    Forgotten,
    Heard,
    Move,
    Narrowed,
    Question,
    SaveAsked,
    SaveEnded,
    Tab,
    TabShown,
    Unanswered,
)
from tui.vault_save import Save

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vault:
    """All that is known of the vault, what the person looks at, and the save under way.

    `known` is whether the list was ever told; `told` holds the answers about single snapshots,
    `asked` the questions under way, `failed` those that were not answered, `partial` those whose
    answer lacks what of the world could not be read.
    """

    known: bool = False
    snapshots: tuple[Snapshot, ...] = ()
    unfinished: tuple[Unfinished, ...] = ()
    told: Mapping[Question, Any] = field(default_factory=dict)
    asked: frozenset[Question] = frozenset()
    failed: frozenset[Question] = frozenset()
    partial: frozenset[Question] = frozenset()
    trouble: Unanswered | None = None
    chosen: str = ""
    other: str = ""
    tab: Tab = Tab.CONTENTS
    tenant: str | None = None
    unfolded: frozenset[Group] = frozenset()
    save: Save | None = None

    @property
    def is_running(self) -> bool:
        """Tell whether a save is under way here."""
        return self.save is not None and self.save.is_running

    @property
    def is_missing(self) -> bool:
        """Tell whether there is no vault."""
        return self.trouble is not None and self.trouble.code == Exit.NO_VAULT

    @property
    def snapshot(self) -> Snapshot | None:
        """The chosen snapshot; None when there is none of that name."""
        return next((one for one in self.snapshots if one.name == self.chosen), None)

    @property
    def sides(self) -> tuple[str, str] | None:
        """What is compared, the older one first; None while no second one is chosen."""
        names = [one.name for one in self.snapshots]
        if not self.other or self.chosen not in names or self.chosen == self.other:
            return None
        if self.other in names and names.index(self.other) < names.index(self.chosen):
            return self.other, self.chosen
        return self.chosen, self.other

    def has_failed(self, ask: Ask, *names: str) -> bool:
        """Tell whether a question was asked and not answered."""
        return Question(ask, names) in self.failed

    def is_partial(self, ask: Ask, *names: str) -> bool:
        """Tell whether an answer lacks what could not be read."""
        return Question(ask, names) in self.partial

    def answer(self, ask: Ask, *names: str) -> Any:
        """Return what was told, None when it was not."""
        return self.told.get(Question(ask, names))


def _asked(vault: Vault, move: Asked) -> Vault:
    asked, failed = vault.asked | {move.question}, vault.failed - {move.question}
    return replace(vault, asked=asked, failed=failed)


def _answered(vault: Vault, move: Answered) -> Vault:
    keeps = vault.trouble is not None and vault.trouble.question.ask is not move.question.ask
    settled = replace(
        vault,
        trouble=vault.trouble if keeps else None,
        asked=vault.asked - {move.question},
    )
    if move.question.ask is Ask.LIST:
        return _listed(settled, move.answer)
    if move.question.ask is Ask.UNFINISHED:
        return replace(settled, unfinished=move.answer)
    partial = vault.partial - {move.question}
    return replace(
        settled,
        told={**vault.told, move.question: move.answer},
        partial=partial | {move.question} if move.code == Exit.PARTIAL else partial,
    )


def _listed(vault: Vault, snapshots: tuple[Snapshot, ...]) -> Vault:
    names = [one.name for one in snapshots]
    newest = names[-1] if names else ""
    chosen = vault.chosen if vault.chosen in names else newest
    return replace(vault, known=True, snapshots=snapshots, chosen=chosen)


def _unanswered(vault: Vault, move: Unanswered) -> Vault:
    asked, failed = vault.asked - {move.question}, vault.failed | {move.question}
    return replace(vault, trouble=move, asked=asked, failed=failed)


def _forgotten(vault: Vault, _: Forgotten) -> Vault:
    return replace(vault, told={}, failed=frozenset(), trouble=None)


def _save_asked(vault: Vault, move: SaveAsked) -> Vault:
    return replace(vault, save=vault_save.begun(move), tab=Tab.PROGRESS)


def _heard(vault: Vault, move: Heard) -> Vault:
    chosen = move.event.name if isinstance(move.event, SaveFinished) else vault.chosen
    return replace(vault, chosen=chosen, save=vault.save and vault_save.heard(vault.save, move))


def _save_ended(vault: Vault, move: SaveEnded) -> Vault:
    return replace(vault, save=vault.save and vault_save.ended(vault.save, move))


def _chosen(vault: Vault, move: Chosen) -> Vault:
    return replace(vault, chosen=move.name)


def _tab(vault: Vault, move: TabShown) -> Vault:
    return replace(vault, tab=move.tab)


def _compared(vault: Vault, move: Compared) -> Vault:
    # What the world says is not what it said before; snapshots never change.
    told = {one: told for one, told in vault.told.items() if move.other not in one.names[1:]}
    kept = told if move.other == LIVE else vault.told
    return replace(vault, other=move.other, tab=Tab.DIFF, told=kept)


def _narrowed(vault: Vault, move: Narrowed) -> Vault:
    return replace(vault, tenant=move.tenant)


def _folded(vault: Vault, move: Folded) -> Vault:
    return replace(vault, unfolded=vault.unfolded ^ {move.group})


_REDUCERS: Mapping[type, Callable[[Vault, Any], Vault]] = {
    Asked: _asked,
    Answered: _answered,
    Unanswered: _unanswered,
    Forgotten: _forgotten,
    SaveAsked: _save_asked,
    Heard: _heard,
    SaveEnded: _save_ended,
    Chosen: _chosen,
    TabShown: _tab,
    Compared: _compared,
    Narrowed: _narrowed,
    Folded: _folded,
}


def reduce(vault: Vault, move: Move) -> Vault:
    """Return `vault` after `move`."""
    return _REDUCERS[type(move)](vault, move)
