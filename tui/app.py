"""The application: it reduces events to a state and shows that state on its screens."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.geometry import Size
from textual.screen import Screen

from relab.errors import Exit, RelabError
from relab.events import Event
from relab.lab import load
from relab.languages import Language
from relab.text import safe
from tui import crash
from tui.clipboard import copy
from tui.cycle_desk import CycleDesk
from tui.glyphs import ASCII, UNICODE
from tui.live import Live, checks_of
from tui.moves import (
    Copied,
    HelperUp,
    LanguageChosen,
    Move,
    Named,
    Paused,
    Resumed,
    Shell,
    ShellChosen,
    StepShown,
    Ticked,
)
from tui.notices import Notices
from tui.options import Options
from tui.pace import overdue
from tui.palette import offered
from tui.restore_desk import RestoreDesk
from tui.screens.base import Shown
from tui.screens.lab import LabScreen
from tui.screens.small import Small, too_small
from tui.session import Session
from tui.vault_desk import Desk
from tui.view import UNKNOWN, View

_HEARTBEAT = 15
_BREATH = 0.05


def now() -> str:
    """Return the present moment, UTC in ISO 8601."""
    return datetime.now(UTC).isoformat()


def short(path: Path) -> str:
    """Return `path` with the home folder written as `~`."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


class RelabApp(App[int]):
    """Owns the state, the session file and the helpers; the screens own nothing."""

    CSS_PATH = Path(__file__).with_name("relab.tcss")
    TITLE = "relab"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - declared without ClassVar by Textual
        (0, "-narrow"),
        (110, "-wide"),
        (150, "-broad"),
    ]
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar = [
        Binding("ctrl+c,ctrl+ㅊ", "cancel", show=False, priority=True),
        Binding("ctrl+q,ctrl+ㅂ", "quit", show=False, priority=True),
    ]

    def __init__(self, options: Options) -> None:
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.options = options
        self.lab = load(options.lab)
        self.session = Session(options.lab, options.environment)
        self.failure: RelabError | None = None
        self._live: Live | None = None
        self._warned: set[str] = set()
        self._stale = self._resumed = False
        self._beats = 0
        self.notices = Notices(self, self._refresh)
        self._asked_language = options.asked_language
        self.desk = Desk(options.profile, self.note, live=options.live)
        self.restores = RestoreDesk(options.profile, self.note, live=options.live)
        self.cycles = CycleDesk(options.profile, self.note, live=options.live)
        self.set_class(options.ascii, "-ascii")

    @property
    def view(self) -> View:
        """What the screens draw at this moment."""
        state = self.session.state
        return View(
            state=state,
            lab=self.lab,
            language=self._asked_language or state.language or self.options.language,
            shell=state.shell or self.options.shell,
            glyphs=ASCII if self.options.ascii else UNICODE,
            sandbox=self.options.sandbox,
            relab=self.options.relab,
            at=now(),
            notice=self.notices.text,
        )

    def get_default_screen(self) -> Screen[Any]:
        """Give the lab as it was left as the very first screen, where it is known whose it is."""
        tenant = self.options.tenant or self.session.last_tenant()
        if not tenant:
            return super().get_default_screen()
        self._open(tenant)
        return LabScreen()

    def on_mount(self) -> None:
        """Ask whose lab it is, where that is not known."""
        if not self.session.state.tenant:
            self._pick(self._begin, leaving=True)
        self._fit(self.size)
        self.set_interval(1.0, self._tick)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if os.name == "posix" else ():
            asyncio.get_running_loop().add_signal_handler(number, self.leave, 128 + number)

    def on_ready(self) -> None:
        """Start the live world, now that the first frame is painted."""
        gc.enable()
        if self.options.live:
            self._live = Live(self.lab, self.options.profile, self.options.sandbox, self.dispatch)
            self.set_timer(_BREATH, self._go_live)

    def _go_live(self) -> None:
        if self._live:
            self._live.start()
            self._follow_tenant()

    async def _meet(self) -> None:
        """Learn from the profile who may be meant, and check whoever is."""
        live, tenant = self._live, self.session.state.tenant
        if live is None:
            return
        try:
            if tenant:
                await live.choose(tenant)
            else:
                self.dispatch(Named(await live.roster(), {}))
        except RelabError as error:
            self.failure = error
            self.leave(int(error.exit_code))

    def _open(self, tenant: str, *, afresh: bool = False) -> None:
        """Open the session of `tenant`, where it was left unless `afresh`."""
        language = self.session.state.language
        new = self.session.open(tenant, self.lab.steps[0].id, afresh=afresh)
        if language and language != self.session.state.language:
            self.dispatch(LanguageChosen(language))
        self._resumed = not new
        if new:
            self.call_after_refresh(self._welcome)
        if self.session.broken:
            self.call_after_refresh(self.notice, "notice.journal", reason=safe(self.session.broken))

    def _begin(self, tenant: str | None) -> None:
        self._open(str(tenant))
        self.push_screen(LabScreen())
        self._follow_tenant()

    def _follow_tenant(self) -> None:
        self._refresh()
        self.run_worker(self._meet(), exclusive=True, group="meet")

    def _pick(self, then: Callable[[str | None], None], *, leaving: bool) -> None:
        from tui.screens.picker import Picker

        self.push_screen(Picker(leaving=leaving), then)

    def leave(self, code: int) -> None:
        """End the application with exit code `code`."""
        self.exit(code)

    async def on_unmount(self) -> None:
        """End the helpers and the session file, however the end came about."""
        self.session.close()
        await asyncio.gather(self.desk.stop(), self.restores.stop(), self.cycles.stop())
        if self._live:
            await self._live.stop()

    def _fatal_error(self) -> None:
        """Write a report in place of Textual's traceback, which would print local values."""
        self.failure = crash.report(self._exception)
        self._close_messages_no_wait()

    # Events

    def dispatch(self, event: Move | Event) -> None:
        """Take `event` into the state and the session file; the screens follow soon."""
        if not self.session.take(event):
            self.notice("notice.journal", reason=safe(self.session.broken))
        if isinstance(event, HelperUp) and event.anew and self._resumed:
            self.notice("notice.anew")
        self._refresh()

    def note(self, event: Event) -> None:
        """Write down what a save, restore or cycle tells; the lab itself shows nothing of it."""
        if self.session.state.tenant and not self.session.take(event):
            self.notice("notice.journal", reason=safe(self.session.broken))

    def _refresh(self) -> None:
        if not self._stale:
            self._stale = True
            self.call_later(self._show)

    def _show(self) -> None:
        self._stale = False
        view = self.view
        for screen in self.screen_stack:
            if isinstance(screen, Shown) and screen.is_mounted:
                screen.show(view)

    def _tick(self) -> None:
        view = self.view
        if not view.state.tenant:
            return
        self._beats += 1
        if self._beats % _HEARTBEAT == 0:
            self.dispatch(Ticked(view.at))
        if self._live:
            self._live.tick(view.step.checks)
        for screen in self.screen_stack:
            if isinstance(screen, LabScreen) and screen.is_mounted:
                screen.tick(view)
        for over in overdue(view, self._warned):
            self._warned.add(over.subject)
            self.notice(over.notice, minutes=over.minutes)

    def notice(self, key: str, **values: object) -> None:
        """Say something for a moment in the bottom line, in place of what was said before."""
        self.notices.say(self.view.say(key, **values))

    def _welcome(self) -> None:
        if not self.notices.text:
            self.notice("notice.welcome")

    async def on_event(self, event: events.Event) -> None:
        """Note that somebody is there, then handle `event` as usual."""
        if self._live and isinstance(event, events.Key | events.MouseEvent):
            self._live.touched = time.monotonic()
        await super().on_event(event)

    def on_resize(self, event: events.Resize) -> None:
        """Say so when the terminal is too small, and go on when it has grown."""
        self._fit(event.size)

    def _fit(self, size: Size) -> None:
        small = too_small(size.width, size.height)
        if small and not isinstance(self.screen, Small):
            self.push_screen(Small())
        elif not small and isinstance(self.screen, Small):
            self.pop_screen()

    # What a person does

    def turn_to(self, step: str) -> None:
        """Show `step`."""
        self.dispatch(StepShown(now(), step))
        if self._live:
            self._live.ask(self.view.step.checks)

    def recheck(self, checks: Sequence[str]) -> None:
        """Ask `checks` now; all of the lab when there are none."""
        if self._live and not self._live.ask(checks or checks_of(self.lab)):
            self.notice("notice.not-ready")

    def switch_language(self) -> None:
        """Read the other language, also next time; nothing else changes."""
        other = next(each for each in Language if each != self.view.language)
        self._asked_language = None
        self.dispatch(LanguageChosen(other))

    def switch_shell(self) -> None:
        """Show the commands of the other shell."""
        shell = next(each for each in Shell if each != self.view.shell)
        self.dispatch(ShellChosen(shell))
        self.notice(f"notice.shell-{shell}")

    def switch_clock(self) -> None:
        """Pause the clock, or let it go on."""
        paused = self.session.state.paused
        self.dispatch(Resumed(now()) if paused else Paused(now()))
        self.notice("notice.resumed" if paused else "notice.paused")

    def follow(self, target: str) -> None:
        """Go where a link of the text leads; the address of a page on the web is copied."""
        kind, _, name = target.partition(":")
        if kind == "step":
            self.turn_to(name)
        elif kind == "trouble":
            self.show_sheet("troubles", name)
        else:
            self.copy(target)

    def show_sheet(self, name: str, about: str = "") -> None:
        """Lay the sheet `name` over the lab; `about` is the problem that "troubles" tells of."""
        from tui.screens.problems import Problems
        from tui.screens.reader import Reader

        self.push_screen(Reader(name, about) if about or name != "troubles" else Problems())

    def copy(self, text: str) -> None:
        """Copy `text` by every way there is, and say which worked."""
        if UNKNOWN in text:
            self.notice("notice.names")
            return
        self.copy_to_clipboard(text)
        self.run_worker(self._copy(text), group="copy")

    async def _copy(self, text: str) -> None:
        report = await copy(text, os.environ)
        self.dispatch(Copied(now(), text))
        ways, file = ", ".join(report.programs), safe(short(report.file)) if report.file else ""
        self.notice(report.notice, ways=ways, file=file)

    def choose_tenant(self) -> None:
        """Ask whose lab it is, and open that one."""
        self._pick(self._change, leaving=False)

    def _change(self, tenant: str | None) -> None:
        if tenant and tenant != self.session.state.tenant:
            self._open(tenant)
            self._follow_tenant()

    def start_afresh(self) -> None:
        """Forget marks and clock of this tenant; the old session file stays."""
        self._warned.clear()
        self._open(self.session.state.tenant, afresh=True)
        self._follow_tenant()

    def action_cancel(self) -> None:
        """Stop a restore or a cycle first, then leave at once, as Ctrl+C does everywhere."""
        if self.cycles.cancel() or self.restores.cancel():
            self.notice("notice.stopping-first")
        else:
            self.leave(int(Exit.CANCELLED))

    async def action_quit(self) -> None:
        """Leave; the lab is kept as it is."""
        self.leave(0)

    def action_command_palette(self) -> None:
        """Find any action of the screen by name."""
        from textual.command import CommandPalette

        if isinstance(self.screen, Shown) and self.screen.offers:
            words = self.view.say("help.search")
            self.push_screen(CommandPalette(placeholder=words, id="--command-palette"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every action of the screen by name."""
        return offered(self.view, screen) if isinstance(screen, Shown) else ()
