"""Find, join and validate profiles.

A profile is named by a path, or by a name looked up in the user's own profiles, then in the running
sandbox's, then in the built-in ones. `extends` names the next profile found in that order.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from profiles.document import Document, KeyPath, merge, read
from profiles.fit import fit
from profiles.model import EXPECTED, Profile
from relab.errors import ProfileError, UsageError
from relab.paths import config_dir, state_dir
from relab.text import safe

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

BUILTIN = Path(__file__).parent / "builtin"
VARIABLE = "RELAB_PROFILE"
DEFAULT = "sandbox"


def folders() -> tuple[Path, ...]:
    """Return the folders that are searched for a profile's name, first match wins."""
    return (config_dir() / "profiles", state_dir() / "profiles", BUILTIN)


def load(name_or_path: str) -> Profile:
    """Return the valid profile `name_or_path`.

    UsageError when there is none; ProfileError with file, line and key when it is not valid.
    """
    path = _find(name_or_path, ())
    return _valid(_joined(read(path), path.resolve()))


def from_data(data: Mapping[str, Any], source: str) -> Profile:
    """Return the profile that a file holding `data` would give; `source` names it in errors."""
    places = dict.fromkeys(_paths(data), source)
    return _valid(_joined(Document(source, dict(data), places), Path(source)))


def active(environ: Mapping[str, str], explicit: str | None = None) -> Profile:
    """Return the profile named by `explicit`, else by RELAB_PROFILE, else the sandbox's."""
    return load(explicit or environ.get(VARIABLE) or DEFAULT)


def listing() -> dict[str, Path]:
    """Return every profile that has a name, and the file that the name means."""
    found: dict[str, Path] = {}
    for folder in folders():
        for path in sorted(folder.glob("*.yaml")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def _candidates(name: str) -> Iterator[Path]:
    if "/" in name or name.endswith((".yaml", ".yml")):
        yield Path(name).expanduser()
    elif re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        yield from (folder / f"{name}.yaml" for folder in folders())


def _find(name: str, seen: tuple[Path, ...]) -> Path:
    for path in _candidates(name):
        if path.is_file() and path.resolve() not in seen:
            return path
    if seen:
        raise ProfileError(
            f"extends '{safe(name)}', which does not exist or extends this one",
            where=safe(seen[-1]),
            fix=f"extend one of {', '.join(listing())}",
        )
    raise UsageError(
        f"no profile '{safe(name)}'", fix=f"name a file, or one of {', '.join(listing())}"
    )


def _paths(data: Mapping[str, Any], parent: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in data.items():
        yield (*parent, key)
        if isinstance(value, Mapping):
            yield from _paths(value, (*parent, key))


def _joined(document: Document, *seen: Path) -> Document:
    base = document.data.pop("extends", None)
    if base is None:
        return document
    path = _find(str(base), seen)
    return merge(_joined(read(path), *seen, path.resolve()), document)


def _valid(document: Document) -> Profile:
    try:
        found: Profile = fit(Profile, document.data)
    except ValueError:
        return _judged(document)
    return found


def _judged(document: Document) -> Profile:
    """Let pydantic, which says what is wrong and where, decide on what does not fit at once."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Profile).validate_python(document.data)
    except ValidationError as error:
        first, more = error.errors()[0], error.error_count() - 1
        raise _problem(document, first, more) from error


def _problem(document: Document, first: "ErrorDetails", more: int) -> ProfileError:
    path: KeyPath = first["loc"]
    key = re.sub(r"\.(\d+)", r"[\1]", ".".join(str(part) for part in path)) or "profile"
    what, fix = _explain(first)
    tail = f" (and {more} more)" if more else ""
    return ProfileError(f"{safe(key)}: {safe(what)}{tail}", where=document.place(path), fix=fix)


def _explain(error: "ErrorDetails") -> tuple[str, str]:
    if error["type"] == "unexpected_keyword_argument":
        return "unknown key", "remove it or correct its spelling"
    if error["type"] == "missing":
        return "missing", "add the key"
    expected = EXPECTED.get(str(error.get("ctx", {}).get("pattern")))
    message = re.sub(r"^\w+ should ", "must ", error["msg"].removeprefix("Value error, "))
    got = error["input"]
    shown = f", not '{got}'" if isinstance(got, str | int | float) else ""
    what = f"must be {expected}" if expected else message
    return f"{what}{shown}", "correct it; 'relab profile schema' lists every key"
