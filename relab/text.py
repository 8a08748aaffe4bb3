"""Text for a terminal: the outside world's made safe, cell widths of Hangul, numbers of bytes."""

import unicodedata

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _shown(char: str, keep: str) -> str:
    if char in keep:
        return char
    if char in _BIDI or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}:
        return f"\\u{ord(char):04x}" if ord(char) > 0xFF else f"\\x{ord(char):02x}"
    return char


def safe(text: object, *, keep: str = "") -> str:
    """Return `text` with control, bidi and line-separator characters written as escapes.

    `keep` lists characters to let through, such as a newline in a multi-line block.
    """
    raw = str(text)
    if raw.isascii() and raw.isprintable():
        return raw
    return "".join(_shown(char, keep) for char in raw)


def width(text: str) -> int:
    """Return the number of terminal cells `text` takes; 0 or more."""
    if text.isascii() and text.isprintable():
        return len(text)
    from wcwidth import wcswidth  # its tables cost more than the rest of a short command

    return max(wcswidth(text), 0)


def pad(text: str, cells: int) -> str:
    """Return `text` followed by spaces up to `cells` terminal cells."""
    return text + " " * max(cells - width(text), 0)


def size_of(size: float) -> str:
    """Return a number of bytes as people write it, such as `1.5 MiB`."""
    power = 0
    while size >= _STEP and power < len(_UNITS) - 1:
        size, power = size / _STEP, power + 1
    return f"{size:.0f} {_UNITS[power]}" if power == 0 else f"{size:.1f} {_UNITS[power]}"
