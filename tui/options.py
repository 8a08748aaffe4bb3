"""How a lab is opened."""

import sys
from dataclasses import dataclass
from pathlib import Path

from relab.languages import Language
from tui.moves import Shell


@dataclass(frozen=True, slots=True)
class Options:
    """How the lab is opened.

    `tenant` and `asked_language` are what was asked for by name; `live` is off for a screen that is
    fed from a recording.
    """

    lab: str = "lab-1-1"
    profile: str = "sandbox"
    sandbox: bool = True
    tenant: str | None = None
    asked_language: Language | None = None
    language: Language = Language.KO
    shell: Shell = Shell.POWERSHELL if sys.platform == "win32" else Shell.SH
    ascii: bool = False
    relab: str = "relab"
    live: bool = True

    @property
    def environment(self) -> str:
        """The profile's name, as a part of a file name."""
        return Path(self.profile).stem
