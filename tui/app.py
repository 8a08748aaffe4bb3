"""The application: it reduces events to a state and shows that state on its screens."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.geometry import Size
from textual.screen import Screen

from relab.errors import Exit, RelabError
from relab.lab import load
from relab.languages import Language
from relab.text import safe
from tui import crash
from tui.clipboard import copy
from tui.desks import Desks
from tui.glyphs import ASCII, UNICODE
from tui.live import Live, checks_of
from tui.moves import (
    Copied,
    HelperUp,
    LanguageChosen,
    Move,
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
from tui.screens.base import Shown
from tui.screens.lab import LabScreen
from tui.screens.small import Small, too_small
from tui.session import Session
from tui.view import UNKNOWN, View
from tui.whose import Whose

if TYPE_CHECKING:
    from relab.events import Event

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
        self.live: Live | None = None
        self.warned: set[str] = set()
        self._stale = False
        self._beats = 0
        self.notices = Notices(self, self.refresh_soon)
        self._asked_language = options.asked_language
        self.whose = Whose(self)
        self.desks = Desks(options.profile, self.note, live=options.live)
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
        self.whose.open(tenant)
        return LabScreen()

    def on_mount(self) -> None:
        """Ask whose lab it is, where that is not known."""
        if not self.session.state.tenant:
            self.whose.ask_first()
        self._fit(self.size)
        self.set_interval(1.0, self._tick)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if os.name == "posix" else ():
            asyncio.get_running_loop().add_signal_handler(number, self.leave, 128 + number)

    def on_ready(self) -> None:
        """Start the live world, now that the first frame is painted."""
        gc.enable()
        if self.options.live:
            self.live = Live(self.lab, self.options.profile, self.options.sandbox, self.dispatch)
            self.set_timer(_BREATH, self._go_live)

    def _go_live(self) -> None:
        if self.live:
            self.live.start()
            self.whose.follow()

    def leave(self, code: int) -> None:
        """End the application with exit code `code`."""
        self.exit(code)

    async def on_unmount(self) -> None:
        """End the helpers and the session file, however the end came about."""
        self.session.close()
        await self.desks.stop()
        if self.live:
            await self.live.stop()

    def _fatal_error(self) -> None:
        """Write a report in place of Textual's traceback, which would print local values."""
        self.failure = crash.report(self._exception)
        self._close_messages_no_wait()

    # Events

    def dispatch(self, event: Move | Event) -> None:
        """Take `event` into the state and the session file; the screens follow soon."""
        if not self.session.take(event):
            self.notice("notice.journal", reason=safe(self.session.broken))
        if isinstance(event, HelperUp) and event.anew and self.whose.resumed:
            self.notice("notice.anew")
        self.refresh_soon()

    def note(self, event: Event) -> None:
        """Write down what a save, restore or cycle tells; the lab itself shows nothing of it."""
        if self.session.state.tenant and not self.session.take(event):
            self.notice("notice.journal", reason=safe(self.session.broken))

    def refresh_soon(self) -> None:
        """Draw all screens anew, once, when what is under way is done."""
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
        if self.live:
            self.live.tick(view.step.checks)
        for screen in self.screen_stack:
            if isinstance(screen, LabScreen) and screen.is_mounted:
                screen.tick(view)
        for over in overdue(view, self.warned):
            self.warned.add(over.subject)
            self.notice(over.notice, minutes=over.minutes)

    def notice(self, key: str, **values: object) -> None:
        """Say something for a moment in the bottom line, in place of what was said before."""
        self.notices.say(self.view.say(key, **values))

    async def on_event(self, event: events.Event) -> None:
        """Note that somebody is there, then handle `event` as usual."""
        if self.live and isinstance(event, events.Key | events.MouseEvent):
            self.live.touched = time.monotonic()
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
        if self.live:
            self.live.ask(self.view.step.checks)

    def recheck(self, checks: Sequence[str]) -> None:
        """Ask `checks` now; all of the lab when there are none."""
        if self.live and not self.live.ask(checks or checks_of(self.lab)):
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

    def action_cancel(self) -> None:
        """Stop a restore or a cycle first, then leave at once, as Ctrl+C does everywhere."""
        if self.desks.cancel():
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
