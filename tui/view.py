"""What a widget needs to draw itself, in one frozen value."""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from relab.lab import PLACEHOLDERS, Block, Lab, Step, blocks, fill, text
from relab.lab.block import Command
from relab.languages import Language
from tui import texts
from tui.glyphs import Glyphs, drawable
from tui.moves import Shell
from tui.state import State

UNKNOWN = "…"
_OWN = re.compile(r"^relab(?= )", re.MULTILINE)
_body = cache(text)


@dataclass(frozen=True, slots=True)
class View:
    """The state, the lab it is about, and how to show it.

    `at` is the present moment (UTC); `relab` is how a shell runs this program; `notice` is what is
    said for a moment, or empty.
    """

    state: State
    lab: Lab
    language: Language
    shell: Shell
    glyphs: Glyphs
    sandbox: bool
    relab: str
    at: str
    notice: str = ""

    def say(self, key: str, **values: object) -> str:
        """Return the screen's text `key`."""
        return drawable(texts.say(self.language, key, **values), self.glyphs)

    def plain(self, text: str) -> str:
        """Return `text` without signs that this terminal draws wrong."""
        return drawable(text, self.glyphs)

    @property
    def overflow(self) -> Literal["crop", "ellipsis"]:
        """How a line that is too long ends."""
        return "crop" if self.glyphs.ascii else "ellipsis"

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return next(
            (step for step in self.lab.steps if step.id == self.state.step), self.lab.steps[0]
        )

    def page(self, page: str) -> tuple[Block, ...]:
        """Return the blocks of page `page` for this shell, with the tenant's names filled in."""
        found = (block for block in blocks(self.source(page)) if self._meant(block))
        return tuple(
            replace(block, text=self.command(block.text)) if isinstance(block, Command) else block
            for block in found
        )

    def command(self, text: str) -> str:
        """Return command `text` so that it works in a new terminal, where PATH may lack relab."""
        return _OWN.sub(lambda _: self.own, text)

    @property
    def own(self) -> str:
        """How the shown shell runs this program."""
        quoted = self.relab.startswith(("'", '"'))
        return f"& {self.relab}" if quoted and self.shell is Shell.POWERSHELL else self.relab

    def source(self, page: str) -> str:
        """Return the Markdown of page `page` with the tenant's names filled in."""
        return self.prose(_body(self.lab.slug, page, self.language))

    @property
    def values(self) -> dict[str, str]:
        """The lab's placeholders as far as they are known."""
        number = self.state.tenant
        unknown = dict.fromkeys(PLACEHOLDERS, UNKNOWN)
        known = {"user_num": number, "tenant": number, **self.lab.values, **self.state.values}
        return {**unknown, **known}

    def prose(self, text: str) -> str:
        """Return `text` with the tenant's names filled in."""
        return fill(text, self.values)

    def _meant(self, block: Block) -> bool:
        return not isinstance(block, Command) or block.shell in {"any", self.shell.value}
