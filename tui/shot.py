"""A picture of the screen as SVG, from recorded events; no live world is needed.

    python -m tui.shot --events docs/images/session.jsonl --size 120x36 --lang ko --out lab-ko.svg

Textual's own export counts a Hangul syllable as one cell in `textLength`, which squeezes it; here
every run is as long as its cells.
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import unescape
from pathlib import Path

from relab.languages import Language
from relab.text import width

_FONTS = "'Noto Sans Mono CJK KR','D2Coding','Nanum Gothic Coding','DejaVu Sans Mono',monospace"
_RUN = re.compile(
    r'<text (?P<before>[^>]*?)textLength="(?P<length>[\d.]+)"(?P<after>[^>]*)>'
    r"(?P<words>[^<]*)</text>"
)
_FACES = re.compile(r"@font-face \{.*?\}", re.DOTALL)
_FAMILY = re.compile(r"font-family: Fira Code, monospace")


def corrected(svg: str) -> str:
    """Return `svg` with each run of text as long as its terminal cells, in fonts with Hangul."""
    found = [match for match in _RUN.finditer(svg) if _words(match).isascii()]
    cells = [float(match["length"]) / len(_words(match)) for match in found if _words(match)]
    cell = max(set(cells), key=cells.count) if cells else 12.2

    def _run(match: re.Match[str]) -> str:
        length = width(_words(match)) * cell
        start = f'<text {match["before"]}textLength="{length:g}"{match["after"]}>'
        return f"{start}{match['words']}</text>"

    return _FAMILY.sub(f"font-family: {_FONTS}", _FACES.sub("", _RUN.sub(_run, svg)))


def _words(match: re.Match[str]) -> str:
    return unescape(match["words"]).replace("\xa0", " ")


@contextmanager
def _empty_home() -> Iterator[None]:
    """Keep the session file of a picture out of the person's own."""
    before = os.environ.get("XDG_STATE_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        try:
            yield
        finally:
            os.environ.pop("XDG_STATE_HOME")
            if before is not None:
                os.environ["XDG_STATE_HOME"] = before


async def shoot(
    events: Path, size: tuple[int, int], language: Language, keys: Sequence[str]
) -> str:
    """Return the screen after `events` (a session file) and `keys`, as SVG."""
    from tui.app import RelabApp
    from tui.journal import read
    from tui.moves import LanguageChosen, Opened
    from tui.options import Options

    recorded = list(read(events))
    tenant = next(event.tenant for event in recorded if isinstance(event, Opened))
    app = RelabApp(Options(tenant=tenant, live=False, asked_language=language, language=language))
    with _empty_home():
        async with app.run_test(size=size) as pilot:
            app.notices.hush()
            for event in recorded:
                app.session.take(event)
            app.dispatch(LanguageChosen(language))
            await pilot.press(*keys)
            for _ in range(4):
                await pilot.pause()
            return corrected(app.export_screenshot(title="relab"))


def main(words: Sequence[str]) -> int:
    """Write the picture that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tui.shot", description=__doc__)
    parser.add_argument("--events", type=Path, required=True, help="a session file")
    parser.add_argument("--size", default="120x36")
    parser.add_argument("--lang", type=Language, default=Language.KO)
    parser.add_argument("--keys", default="", help="keys to press first, with commas")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args(words)
    across, _, down = asked.size.partition("x")
    keys = [key for key in asked.keys.split(",") if key]
    svg = asyncio.run(shoot(asked.events, (int(across), int(down)), asked.lang, keys))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(svg, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
