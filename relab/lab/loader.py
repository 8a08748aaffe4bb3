"""Where labs lie on disk, and how one is read."""

import re
from pathlib import Path
from typing import Any

import labs as content
from relab.errors import UsageError
from relab.lab.model import Lab
from relab.lab.shape import ShapeError, build, dotted
from relab.languages import Language
from relab.parsed import NotYaml, parsed

ROOT = Path(content.__file__).parent
_PAGE = re.compile(r"[0-9a-z]+([.-][0-9a-z]+)*")  # no way out of the lab's folder


class OutlineError(Exception):
    """A `lab.yaml` that is no lab: the line (from 1), what is wrong with it, what to write."""

    def __init__(self, line: int, what: str, fix: str) -> None:
        super().__init__(f"line {line}: {what} ({fix})")
        self.line = line
        self.what = what
        self.fix = fix


def labs(root: Path = ROOT) -> tuple[Lab, ...]:
    """Return every lab under `root`, in order of slug; UsageError when one is broken."""
    return tuple(load(slug, root) for slug in slugs(root))


def slugs(root: Path = ROOT) -> tuple[str, ...]:
    """Return the folder names of the labs under `root`, in order."""
    return tuple(sorted(outline.parent.name for outline in root.glob("*/lab.yaml")))


def load(slug: str, root: Path = ROOT) -> Lab:
    """Return the lab called `slug`; UsageError names the labs, or the line that is wrong."""
    known = slugs(root)
    if slug not in known:
        raise UsageError(f"no lab '{slug}'", fix=f"choose one of {', '.join(known)}")
    outline = root / slug / "lab.yaml"
    try:
        return parse(outline)
    except OutlineError as error:
        raise UsageError(error.what, where=f"{outline}:{error.line}", fix=error.fix) from error


def parse(outline: Path) -> Lab:
    """Return the lab that file `outline` describes; OutlineError names the first wrong line."""
    raw = read_yaml(outline)
    try:
        return _agreeing(build(Lab, raw), outline.parent.name)
    except ShapeError as error:
        from relab.lab.lines import line_of, positions

        line = line_of(positions(outline), error.path)
        raise OutlineError(line, f"{dotted(error.path)}: {error.what}", error.fix) from error


def _agreeing(lab: Lab, folder: str) -> Lab:
    if lab.slug != folder:
        raise ShapeError(("slug",), f"'{lab.slug}' is not its folder's name", f"write {folder}")
    return lab


def read_yaml(path: Path) -> Any:
    """Return the plain data of YAML file `path`; OutlineError when it is not YAML."""
    try:
        return parsed(path)
    except NotYaml as error:
        raise OutlineError(error.line, error.what, "correct that line") from error
    except OSError as error:
        raise OutlineError(1, f"cannot be read: {error}", "repair the file") from error


def text(slug: str, page: str, language: Language, root: Path = ROOT) -> str:
    """Return the Markdown of page `page` in `language`; UsageError when there is none.

    `page` is a step's id, a known problem's id, `overview` or `finish`.
    """
    if slug not in slugs(root) or not _PAGE.fullmatch(page):
        raise UsageError(f"no page '{page}' in lab '{slug}'", fix="see `relab lab show`")
    path = root / slug / language / f"{page}.md"
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        fix = "see `relab lab show`"
        raise UsageError(f"no page '{page}' in lab '{slug}'", where=str(path), fix=fix) from error
    except (OSError, UnicodeDecodeError) as error:
        fix = "install relab again, or correct the file"
        raise UsageError("the page cannot be read", where=str(path), fix=fix) from error
