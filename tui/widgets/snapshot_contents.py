"""What is in a snapshot: tenants, their types, and the items of the types that are opened."""

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from rich.text import Text

from relab.text import pad, safe, size_of
from tui.vault_model import SHARED, Count, Item
from tui.vault_moves import Ask
from tui.vault_state import Group, Vault
from tui.view import View
from tui.widgets.snapshot_rows import Source

_COUNT = 8


@dataclass(frozen=True, slots=True)
class _Piece:
    """A heading, or all items of one opened type."""

    group: Group
    text: Text | None = None
    items: Sequence[Item] = ()

    @property
    def rows(self) -> int:
        return 1 if self.text is not None else len(self.items)


class Contents(Source):
    """A tree as rows; the items of a type, however many, are drawn only where they are seen."""

    def __init__(self, vault: Vault, view: View) -> None:
        self._view = view
        self._pieces = list(_pieces(vault, view))
        self._starts = list(accumulate((piece.rows for piece in self._pieces), initial=0))

    def __len__(self) -> int:
        """Return the number of headings and items in the opened groups."""
        return self._starts[-1]

    def _at(self, row: int) -> tuple[_Piece, int]:
        found = bisect_right(self._starts, row) - 1
        return self._pieces[found], row - self._starts[found]

    def draw(self, row: int, width: int) -> Sequence[Text]:
        """Return a heading, or the key of an item and the size of its data."""
        piece, at = self._at(row)
        line = piece.text.copy() if piece.text else self._item(piece.items[at], width)
        line.truncate(width, overflow=self._view.overflow)
        return [line]

    def _item(self, item: Item, width: int) -> Text:
        size = size_of(item.bytes) if item.bytes else ""
        key = Text(f"    {self._view.plain(safe(item.key))}")
        if not size:
            return key
        key.truncate(max(width - len(size) - 1, 1), overflow=self._view.overflow, pad=True)
        return key.append(f" {size}", "dim")

    def key(self, row: int) -> Hashable:
        """Return the `Group` of a heading, or the `Item`."""
        piece, at = self._at(row)
        return piece.group if piece.text is not None else piece.items[at]

    def find(self, key: Hashable) -> int | None:
        """Return the row that is about `key`."""
        if not isinstance(key, Item):
            return self._heading(key)
        for start, piece in zip(self._starts, self._pieces, strict=False):
            if piece.items and key in piece.items:
                return start + piece.items.index(key)
        return None

    def _heading(self, key: Hashable) -> int | None:
        pairs = zip(self._starts, self._pieces, strict=False)
        return next((row for row, piece in pairs if piece.text and piece.group == key), None)


def _pieces(vault: Vault, view: View) -> Iterator[_Piece]:
    counts: Sequence[Count] = vault.answer(Ask.COUNTS, vault.chosen) or ()
    shown = [one for one in counts if vault.tenant in (None, one.tenant)]
    for tenant, own in groupby(shown, key=lambda one: one.tenant):
        yield from _tenant((tenant,), list(own), vault, view)


def _tenant(group: Group, own: Sequence[Count], vault: Vault, view: View) -> Iterator[_Piece]:
    # One tenant alone needs no opening.
    opened = (group in vault.unfolded) != (vault.tenant is not None)
    total = sum(one.items for one in own)
    yield _Piece(group, _heading(0, tenant_name(group[0], view), total, opened, view))
    for one in own if opened else ():
        yield from _type((*group, one.provider, one.type), one, vault, view)


def _type(group: Group, count: Count, vault: Vault, view: View) -> Iterator[_Piece]:
    opened = group in vault.unfolded
    title = f"{count.provider} {count.type}"
    yield _Piece(group, _heading(1, title, count.items, opened, view))
    if not opened:
        return
    items = vault.answer(Ask.ITEMS, vault.chosen, count.tenant, count.type)
    if items is None:
        failed = vault.has_failed(Ask.ITEMS, vault.chosen, count.tenant, count.type)
        words = view.say("vault.unread" if failed else "vault.asking")
        yield _Piece((*group, ""), Text(f"    {words}", "dim"))
    else:
        yield _Piece(group, items=_of(count.provider, items))


def _of(provider: str, items: Sequence[Item]) -> Sequence[Item]:
    if all(one.provider == provider for one in items):
        return items
    return [one for one in items if one.provider == provider]


def _heading(level: int, title: str, count: int, opened: bool, view: View) -> Text:
    fold = view.glyphs.open if opened else view.glyphs.folded
    text = Text.assemble("  " * level, (f"{fold} ", "dim"))
    text.append(pad(f"{count:,}", _COUNT), "bold")
    return text.append(view.plain(safe(title)), "" if level else "bold")


def tenant_name(tenant: str, view: View) -> str:
    """Return what people call `tenant`, or what is nobody's."""
    if tenant == SHARED:
        return view.say("vault.shared")
    return view.say("header.tenant", tenant=safe(tenant))


def tenants_of(vault: Vault) -> Mapping[str, int]:
    """Return the tenants of the chosen snapshot, and how many items each has."""
    found: dict[str, int] = {}
    counts: Sequence[Count] = vault.answer(Ask.COUNTS, vault.chosen) or ()
    for one in counts:
        found[one.tenant] = found.get(one.tenant, 0) + one.items
    return found
