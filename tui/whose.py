"""Whose lab is open: asked for, opened where it was left, changed, or begun afresh."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from relab.errors import RelabError
from relab.text import safe
from tui.moves import LanguageChosen, Named
from tui.screens.lab import LabScreen

if TYPE_CHECKING:
    from tui.app import RelabApp


class Whose:
    """Opens the sessions of `app`; `resumed` tells whether the open one was there before."""

    def __init__(self, app: "RelabApp") -> None:
        self.resumed = False
        self._app = app

    def ask_first(self) -> None:
        """Ask whose lab it is, and show it; nobody goes on without an answer."""
        self._pick(self._begin, leaving=True)

    def ask_another(self) -> None:
        """Ask whose lab it is to be, and open that one."""
        self._pick(self._change, leaving=False)

    def open(self, tenant: str, *, afresh: bool = False) -> None:
        """Open the session of `tenant`, where it was left unless `afresh`."""
        app, language = self._app, self._app.session.state.language
        new = app.session.open(tenant, app.lab.steps[0].id, afresh=afresh)
        if language and language != app.session.state.language:
            app.dispatch(LanguageChosen(language))
        self.resumed = not new
        if new:
            app.call_after_refresh(self._welcome)
        if app.session.broken:
            reason = safe(app.session.broken)
            app.call_after_refresh(app.notice, "notice.journal", reason=reason)

    def open_afresh(self) -> None:
        """Forget marks and clock of the one whose lab it is; the old session file stays."""
        self._app.warned.clear()
        self.open(self._app.session.state.tenant, afresh=True)
        self.follow()

    def follow(self) -> None:
        """Draw the lab that was opened, and let the live world look at it."""
        self._app.refresh_soon()
        self._app.run_worker(self._meet(), exclusive=True, group="meet")

    def _pick(self, then: Callable[[str | None], None], *, leaving: bool) -> None:
        from tui.screens.picker import Picker

        self._app.push_screen(Picker(leaving=leaving), then)

    def _begin(self, tenant: str | None) -> None:
        self.open(str(tenant))
        self._app.push_screen(LabScreen())
        self.follow()

    def _change(self, tenant: str | None) -> None:
        if tenant and tenant != self._app.session.state.tenant:
            self.open(tenant)
            self.follow()

    def _welcome(self) -> None:
        if not self._app.notices.text:
            self._app.notice("notice.welcome")

    async def _meet(self) -> None:
        """Learn from the profile who may be meant, and check whoever is."""
        app, live, tenant = self._app, self._app.live, self._app.session.state.tenant
        if live is None:
            return
        try:
            if tenant:
                await live.choose(tenant)
            else:
                app.dispatch(Named(await live.roster(), {}))
        except RelabError as error:
            app.failure = error
            app.leave(int(error.exit_code))
