"""Draw the pictures of the README anew, from the recorded session beside them."""

import sys
from pathlib import Path

from relab.languages import Language
from tui import shot

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"


def main() -> int:
    """Write one picture a language."""
    for language in Language:
        out = IMAGES / f"lab-{language}.svg"
        words = ["--events", str(IMAGES / "session.jsonl"), "--lang", language, "--out", str(out)]
        shot.main([*words, "--size", "120x36"])
        print(out.relative_to(IMAGES.parent.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
