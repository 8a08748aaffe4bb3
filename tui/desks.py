"""All desks of the application: the vault's, the restore's, the cycle's."""

import asyncio
from collections.abc import Callable

from relab.events import Event
from tui.cycle_desk import CycleDesk
from tui.restore_desk import RestoreDesk
from tui.vault_desk import VaultDesk


class Desks:
    """Work that goes on beside the screens; `record` is told what is to be written down of it."""

    def __init__(self, profile: str, record: Callable[[Event], None], *, live: bool) -> None:
        self.vault = VaultDesk(profile, record, live=live)
        self.restore = RestoreDesk(profile, record, live=live)
        self.cycle = CycleDesk(profile, record, live=live)

    def cancel(self) -> bool:
        """Ask a cycle, else a restore to end; True when one was asked just now."""
        return self.cycle.cancel() or self.restore.cancel()

    async def stop(self) -> None:
        """End all that runs: nothing of it is left afterwards."""
        await asyncio.gather(self.vault.stop(), self.restore.stop(), self.cycle.stop())
