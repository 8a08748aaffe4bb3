"""Everything a person can do, as data: its name, its keys, and the pane it belongs to.

Key bindings, the hint bar, the help screen and the command palette are all made from this table.
The first key of each action is one that an input method leaves alone; a letter is bound together
with the jamo that the same key gives while the Hangul input method is on (2-set layout).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType

_LETTERS = "qwertyuiopasdfghjklzxcvbnm"
_JAMO = "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ"
JAMO = dict(zip(_LETTERS, _JAMO, strict=True))

DIGITS = tuple("123456789")
ANYWHERE = ""
OUTLINE = "outline"
PAGE = "page"
PANEL = "panel"
PICKER = "picker"
SNAPSHOTS = "snapshots"
RESTORE = "restore"
CYCLE = "cycle"


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do; `hint` is its rank in the hint bar (0: not shown there).

    `call` is the method that does it: of the lab screen, or of the pane when `pane` is named.
    """

    name: str
    keys: tuple[str, ...]
    pane: str = ANYWHERE
    hint: int = 0
    call: str = ""

    @property
    def method(self) -> str:
        """The method to run, as Textual writes it."""
        call = self.call or self.name
        return call if self.pane or call.startswith("screen.") else f"screen.{call}"

    @property
    def all_keys(self) -> tuple[str, ...]:
        """The keys and the jamo of those that are letters."""
        return (*self.keys, *(JAMO[key] for key in self.keys if key in JAMO))

    @property
    def shown_keys(self) -> str:
        """The keys as a person reads them."""
        return (
            "1-9"
            if self.keys == DIGITS
            else " ".join(_SHOWN.get(key, _plain(key)) for key in self.keys)
        )


_SHOWN = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "enter": "Enter",
    "space": "Space",
    "tab": "Tab",
    "escape": "Esc",
    "delete": "Del",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
}


def _plain(key: str) -> str:
    if key.startswith("ctrl+"):
        return f"Ctrl+{key[5:].upper()}"
    return key.upper() if key.startswith("f") and key[1:].isdigit() else key


ACTIONS = (
    Action("copy", DIGITS, hint=1, call="copy_number(1)"),
    Action("next_step", ("right", "n"), hint=2, call="turn(1)"),
    Action("previous_step", ("left", "p"), hint=3, call="turn(-1)"),
    Action("next_pane", ("tab",), hint=4),
    Action("recheck", ("f5", "r"), hint=5),
    Action("outline", ("f2", "o"), hint=8, call="go('outline')"),
    Action("page", ("f3", "w"), call="go('page')"),
    Action("panel", ("f4", "v"), hint=9, call="go('panel')"),
    Action("check_all", ("f6", "a")),
    Action("language", ("f7", "l"), hint=11),
    Action("shell", ("f8", "s")),
    Action("pause", ("f9", "t")),
    Action("zoom", ("z",)),
    Action("overview", ("i",), call="sheet('overview')"),
    Action("checklist", ("c",), hint=10, call="sheet('checklist')"),
    Action("troubles", ("x",), call="sheet('troubles')"),
    Action("references", ("u",), call="sheet('references')"),
    Action("finish", ("g",), call="sheet('finish')"),
    Action("snapshots", ("d",)),
    Action("restore", ()),
    Action("cycle", ()),
    Action("tenant", ("m",)),
    Action("afresh", ()),
    Action("help", ("question_mark", "f1", "h"), hint=6),
    Action("command_palette", ("ctrl+p", "colon")),
    Action("quit", ("q", "ctrl+q"), hint=7),
    Action("outline_up", ("up", "k"), OUTLINE, call="move(-1)"),
    Action("outline_down", ("down", "j"), OUTLINE, call="move(1)"),
    Action("outline_open", ("enter", "space"), OUTLINE, call="open"),
    Action("outline_close", ("escape",), OUTLINE, call="screen.go('page')"),
    Action("copy_next", ("enter",), PAGE, call="screen.copy_next"),
    Action("read_on", ("space",), PAGE, call="screen.read_on"),
    Action("page_up", ("pageup", "b"), PAGE),
    Action("page_down", ("pagedown", "f"), PAGE),
    Action("panel_up", ("up", "k"), PANEL, call="move(-1)"),
    Action("panel_down", ("down", "j"), PANEL, call="move(1)"),
    Action("evidence", ("enter", "space", "e"), PANEL),
)
_MOVES = (
    Action("vault_up", ("up", "k"), SNAPSHOTS, call="move(-1)"),
    Action("vault_down", ("down", "j"), SNAPSHOTS, call="move(1)"),
    Action("vault_page_up", ("pageup", "b"), SNAPSHOTS, call="turn(-1)"),
    Action("vault_page_down", ("pagedown", "f"), SNAPSHOTS, call="turn(1)"),
    Action("vault_first", ("home",), SNAPSHOTS, call="go(0)"),
    Action("vault_last", ("end",), SNAPSHOTS, call="go(-1)"),
)
BY_NAME = {action.name: action for action in ACTIONS}
ON_SHEETS = tuple(BY_NAME[name] for name in ("copy", "language", "shell"))

ON_PICKER = tuple(BY_NAME[name] for name in ("language", "help", "quit"))
ON_SNAPSHOTS = (
    Action("vault_open", ("enter", "space"), hint=1, call="choose"),
    Action("vault_pane", ("tab",), hint=2),
    Action("vault_contents", ("1",), hint=3, call="tab('contents')"),
    Action("vault_coverage", ("2",), hint=4, call="tab('coverage')"),
    Action("vault_diff", ("3",), hint=5, call="tab('diff')"),
    Action("vault_save", ("f2", "s"), hint=6, call="save"),
    Action("vault_restore", ("f6", "r"), hint=7, call="restore"),
    Action("vault_back", ("escape", "q"), hint=8, call="back"),
    Action("vault_cycle", ("5", "c"), hint=16, call="cycle"),
    Action("help", ("question_mark", "f1", "h"), hint=9),
    Action("vault_progress", ("4",), hint=10, call="tab('progress')"),
    Action("vault_against", ("f3", "d"), hint=11, call="against"),
    Action("vault_tenant", ("f4", "t"), hint=12, call="tenant"),
    Action("vault_cancel", ("delete", "x"), hint=13, call="stop"),
    Action("vault_verify", ("f8", "v"), hint=14, call="verify"),
    Action("vault_pin", ("f9", "p"), hint=15, call="pin"),
    Action("vault_reload", ("f5", "u"), call="reload"),
    BY_NAME["language"],
    BY_NAME["command_palette"],
    *_MOVES,
)
ON_RESTORE = (
    Action("restore_open", ("enter", "space"), hint=1, call="choose"),
    Action("restore_go", ("f2", "g"), hint=2, call="start"),
    Action("restore_plan", ("1",), hint=3, call="page('plan')"),
    Action("restore_progress", ("2",), hint=4, call="page('progress')"),
    Action("restore_result", ("3",), hint=5, call="page('result')"),
    Action("restore_scope", ("f3", "s"), hint=6, call="scope"),
    Action("restore_back", ("escape", "q"), hint=7, call="back"),
    Action("help", ("question_mark", "f1", "h"), hint=8),
    Action("restore_tenant", ("f4", "t"), hint=9, call="tenant"),
    Action("restore_again", ("f5", "r"), hint=10, call="again"),
    Action("restore_stop", ("delete", "x"), hint=11, call="stop"),
    BY_NAME["language"],
    BY_NAME["command_palette"],
    *_MOVES,
)
ON_CYCLE = (
    Action("cycle_open", ("enter", "space"), hint=1, call="choose"),
    Action("cycle_go", ("f2", "g"), hint=2, call="start"),
    Action("cycle_stages", ("1",), hint=3, call="page('stages')"),
    Action("cycle_proof", ("2",), hint=4, call="page('proof')"),
    Action("cycle_report", ("3",), hint=5, call="page('report')"),
    Action("cycle_back", ("escape", "q"), hint=6, call="back"),
    Action("help", ("question_mark", "f1", "h"), hint=7),
    Action("cycle_stop", ("delete", "x"), hint=8, call="stop"),
    Action("cycle_again", ("f5", "r"), hint=9, call="again"),
    Action("cycle_accept", ("f3", "s"), hint=10, call="accept"),
    Action("cycle_anew", ("f4", "n"), hint=11, call="anew"),
    BY_NAME["language"],
    BY_NAME["command_palette"],
    *_MOVES,
)
_SCREENS = {SNAPSHOTS: ON_SNAPSHOTS, RESTORE: ON_RESTORE, CYCLE: ON_CYCLE}


def bindings(pane: str) -> list[BindingType]:
    """Return the key bindings of `pane`."""
    return bind(action for action in ACTIONS if action.pane == pane)


def of_screen(pane: str) -> list[BindingType]:
    """Return the key bindings of the screen `pane` itself, whatever of it has the focus."""
    return bind(action for action in _SCREENS[pane] if action.pane == ANYWHERE)


def bind(actions: Iterable[Action]) -> list[BindingType]:
    """Return the key bindings of `actions`."""
    return [
        Binding(key, _call(action, key), show=False)
        for action in actions
        for key in action.all_keys
    ]


def _call(action: Action, key: str) -> str:
    return f"screen.copy_number({key})" if action.keys == DIGITS else action.method


def of_pane(pane: str) -> tuple[Action, ...]:
    """Return the actions that work while `pane` has the focus, its own first."""
    if pane == PICKER:
        return ON_PICKER
    if pane in _SCREENS:
        return _SCREENS[pane]
    own = tuple(action for action in ACTIONS if pane and action.pane == pane)
    return own + tuple(action for action in ACTIONS if action.pane == ANYWHERE)
