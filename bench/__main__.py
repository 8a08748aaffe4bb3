"""Run every benchmark; `--quick` uses smaller counts. Exit 1 when one misses its promise.

    python -m bench [--quick] [NAME...]

Each benchmark is a module of this folder with `main(quick: bool) -> int`.
"""

import sys
from importlib import import_module
from pathlib import Path

NAMES = tuple(
    sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem[0] != "_")
)


def main(words: list[str]) -> int:
    """Return 0 when all named benchmarks (default: all) keep their promises."""
    quick = "--quick" in words
    chosen = [word for word in words if word != "--quick"] or list(NAMES)
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        print(
            f"no benchmark {', '.join(unknown)} -> choose from {', '.join(NAMES)}", file=sys.stderr
        )
        return 2
    missed = [name for name in chosen if import_module(f"bench.{name}").main(quick)]
    print(f"benchmarks: {len(chosen) - len(missed)} kept, {len(missed)} missed {' '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
