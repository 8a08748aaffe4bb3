"""All desks of the application: the vault's, the restore's, the cycle's.

A desk is loaded when it is first asked for: the lab's first frame needs none of them.
"""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from relab.events import Event
    from tui.cycle_desk import CycleDesk
    from tui.desk import Desk
    from tui.restore_desk import RestoreDesk
    from tui.vault_desk import VaultDesk


class Desks:
    """Work that goes on beside the screens; `record` is told what is to be written down of it."""

    def __init__(self, profile: str, record: Callable[[Event], None], *, live: bool) -> None:
        self._profile = profile
        self._record = record
        self._live = live

    @cached_property
    def vault(self) -> VaultDesk:
        """What is known of the vault, and the save under way."""
        from tui.vault_desk import VaultDesk

        return VaultDesk(self._profile, self._record, live=self._live)

    @cached_property
    def restore(self) -> RestoreDesk:
        """The restore that is planned or under way."""
        from tui.restore_desk import RestoreDesk

        return RestoreDesk(self._profile, self._record, live=self._live)

    @cached_property
    def cycle(self) -> CycleDesk:
        """The cycle that is planned or under way."""
        from tui.cycle_desk import CycleDesk

        return CycleDesk(self._profile, self._record, live=self._live)

    @property
    def restore_left_over(self) -> str:
        """The snapshot whose restore is unfinished; empty when there is none."""
        return self.restore.left_over if self._loaded("restore") else ""

    @property
    def is_cycle_left_over(self) -> bool:
        """Whether a cycle is unfinished."""
        return bool(self._loaded("cycle")) and self.cycle.is_left_over

    def cancel(self) -> bool:
        """Ask a cycle, else a restore to end; True when one was asked just now."""
        return any(desk.cancel() for desk in self._loaded("cycle", "restore"))

    async def stop(self) -> None:
        """End all that runs: nothing of it is left afterwards."""
        await asyncio.gather(*(desk.stop() for desk in self._loaded("cycle", "restore", "vault")))

    def _loaded(self, *names: str) -> list[Desk[Any, Any]]:
        return [vars(self)[name] for name in names if name in vars(self)]
