"""What the snapshots screen draws of the vault's state: header, tabs, status, and each page."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import datetime

from rich.text import Text

from relab.text import safe
from tui.marks import Mark
from tui.vault_model import Count
from tui.vault_moves import LIVE, Ask, Order, Question, Tab
from tui.vault_state import Group, Vault
from tui.view import UNKNOWN, View
from tui.widgets import drawn
from tui.widgets.drawn import Drawn
from tui.widgets.outline import MARK_INKS
from tui.widgets.snapshot_contents import Contents, tenant_name, tenants_of
from tui.widgets.snapshot_coverage import Coverage
from tui.widgets.snapshot_diff import Differences
from tui.widgets.snapshot_list import Snapshots
from tui.widgets.snapshot_progress import failure, lines
from tui.widgets.snapshot_rows import Source, Texts

_ALL = "all"


def _waiting(vault: Vault, view: View, ask: Ask, *names: str) -> Source:
    failed = vault.has_failed(ask, *names)
    return Texts([Text(view.say("vault.unread" if failed else "vault.asking"), "dim")])


def _none(view: View) -> Source:
    return Texts([Text(view.say("vault.choose"), "dim")])


def _list_key(vault: Vault, _: float) -> object:
    running = vault.save.order.name if vault.save and vault.save.is_running else ""
    problem = (vault.known, vault.is_missing, vault.trouble is None, vault.other, running)
    return (vault.snapshots, tuple(one.name for one in vault.unfinished), *problem)


def _contents_key(vault: Vault, _: float) -> object:
    told = [answer for one, answer in vault.told.items() if one.ask in {Ask.COUNTS, Ask.ITEMS}]
    return (vault.chosen, vault.tenant, vault.unfolded, told, vault.failed)


def _contents(vault: Vault, _: float, view: View) -> Source:
    if not vault.chosen:
        return _none(view)
    if vault.answer(Ask.COUNTS, vault.chosen) is None:
        return _waiting(vault, view, Ask.COUNTS, vault.chosen)
    return Contents(vault, view)


def _coverage_key(vault: Vault, _: float) -> object:
    told = vault.answer(Ask.COVERAGE, vault.chosen)
    return (vault.chosen, vault.tenant, told, vault.failed)


def _coverage(vault: Vault, _: float, view: View) -> Source:
    if not vault.chosen:
        return _none(view)
    found = vault.answer(Ask.COVERAGE, vault.chosen)
    if found is None:
        return _waiting(vault, view, Ask.COVERAGE, vault.chosen)
    return Coverage(found, vault.tenant, view)


def _diff_key(vault: Vault, _: float) -> object:
    told = vault.sides and vault.answer(Ask.DIFF, *vault.sides)
    return (vault.sides, vault.tenant, vault.unfolded, told, vault.failed)


def _diff(vault: Vault, _: float, view: View) -> Source:
    if vault.sides is None:
        return Texts([Text(view.say("diff.how"))])
    found = vault.answer(Ask.DIFF, *vault.sides)
    if found is None:
        if vault.sides[1] == LIVE and not vault.has_failed(Ask.DIFF, *vault.sides):
            return Texts([Text(view.say("diff.reading"), "dim")])
        return _waiting(vault, view, Ask.DIFF, *vault.sides)
    return Differences(found, vault.unfolded, vault.tenant, view)


def _progress_key(vault: Vault, now: float) -> object:
    save = vault.save
    return (id(save), int(now) if save and save.is_running else 0)


def _progress(vault: Vault, now: float, view: View) -> Source:
    return Texts(lines(vault.save, now, view))


LIST = Drawn(_list_key, lambda vault, _, view: Snapshots(vault, view))
PAGES: Mapping[Tab, Drawn[Vault]] = {
    Tab.CONTENTS: Drawn(_contents_key, _contents),
    Tab.COVERAGE: Drawn(_coverage_key, _coverage),
    Tab.DIFF: Drawn(_diff_key, _diff),
    Tab.PROGRESS: Drawn(_progress_key, _progress),
}


def shown(name: str, view: View) -> str:
    """Return a name from outside as it may be drawn."""
    return view.say("diff.live") if name == LIVE else view.plain(safe(name))


def head(vault: Vault, view: View) -> Text:
    """Return the top line: what this is, of which account, and the save that goes on meanwhile."""
    account = safe(view.state.values.get("account", UNKNOWN))
    about = view.say("vault.head", profile=safe(view.state.environment), account=account)
    between = view.glyphs.between
    text = Text(no_wrap=True, overflow=view.overflow)
    text.append(view.say("vault.title"), "bold").append(f"{between}{about}")
    if vault.save and vault.save.is_running:
        words = view.say("vault.saving-now", items=f"{vault.save.pace.items:,}")
        text.append(between).append(f"{view.glyphs.asking} {words}", "cyan")
    return text


def tabs(vault: Vault, view: View) -> Text:
    """Return the names of the pages, the shown one marked; and below what they are about."""
    line = drawn.tabs(list(Tab), vault.tab, "tab", "tab.", view)
    return line.append(f"\n{_about(vault, view)}", "dim")


def _about(vault: Vault, view: View) -> str:
    if vault.tab is Tab.PROGRESS:
        return ""
    words = shown(vault.chosen, view)
    if vault.tab is Tab.DIFF and vault.sides:
        before, after = (shown(side, view) for side in vault.sides)
        words = view.say("diff.sides", before=before, after=after)
    if vault.tenant is not None:
        words += view.glyphs.between + view.say("vault.only", whose=tenant_name(vault.tenant, view))
    return words


def status(vault: Vault, view: View) -> Text:
    """Return what is wrong or under way, in one piece; empty when there is nothing to say."""
    if vault.trouble and not vault.is_missing:
        return failure(vault.trouble.code, vault.trouble.words, view)
    if Question(Ask.VERIFY, (vault.chosen,)) in vault.asked:
        return Text(view.say("vault.verifying", name=shown(vault.chosen, view)), "cyan")
    if vault.tab is Tab.DIFF and vault.sides and vault.is_partial(Ask.DIFF, *vault.sides):
        return Text(f"{view.glyphs.marks[Mark.WARN]} {view.say('diff.partial')}", "yellow")
    found = vault.answer(Ask.VERIFY, vault.chosen)
    if found is None:
        return Text("")
    harm = [one for one in found if one.harmful]
    mark = Mark.FAIL if harm else Mark.PASS
    words = view.say("vault.damaged" if harm else "vault.sound", count=f"{len(harm):,}")
    first = "".join(f": {shown(f'{one.kind} {one.what}', view)}" for one in harm[:1])
    return Text.assemble((f"{view.glyphs.marks[mark]} {words}", MARK_INKS[mark]), first)


def group(key: Hashable, tab: Tab) -> Group | None:
    """Return what is opened or closed by choosing `key`; None when nothing is."""
    if not isinstance(key, tuple) or key[:1] == ("heading",):
        return None
    # A value is closed together with its item.
    return key[:5] if tab is Tab.DIFF else key


def wanted(vault: Vault) -> Iterator[Question]:
    """Yield what has to be known for the page that is shown."""
    if not vault.chosen:
        return
    yield Question(Ask.COUNTS, (vault.chosen,))
    if vault.tab is Tab.COVERAGE:
        yield Question(Ask.COVERAGE, (vault.chosen,))
    if vault.tab is Tab.DIFF and vault.sides:
        yield Question(Ask.DIFF, vault.sides)
    if vault.tab is Tab.CONTENTS:
        yield from _items(vault)


def _items(vault: Vault) -> Iterator[Question]:
    counts: Sequence[Count] = vault.answer(Ask.COUNTS, vault.chosen) or ()
    for one in counts:
        if (one.tenant, one.provider, one.type) in vault.unfolded:
            yield Question(Ask.ITEMS, (vault.chosen, one.tenant, one.type))


def tenants(vault: Vault, view: View) -> Sequence[tuple[str, str]]:
    """Return the tenants of the chosen snapshot and what people call them."""
    return [(tenant, tenant_name(tenant, view)) for tenant in tenants_of(vault)]


def usual(view: View) -> Order:
    """Return a save of everything, named by profile and moment (UTC)."""
    at = datetime.fromisoformat(view.at)
    return Order(f"{view.state.environment}-{at:%Y-%m-%d-%H%M%S}")


def again(vault: Vault, name: str) -> Order:
    """Return what goes on with the unfinished save `name`: in the scope it was begun with."""
    scope = next((one.scope for one in vault.unfinished if one.name == name), None) or {}
    numbers = [str(one) for one in scope.get("tenants", ())]
    return Order(
        name=name,
        tenants=_ALL if "" in numbers or not numbers else ",".join(numbers),
        only=tuple(str(one) for one in scope.get("only", ())),
        data=bool(scope.get("data", True)),
        versions=bool(scope.get("versions", False)),
        resume=True,
    )
