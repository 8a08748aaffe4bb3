"""The two languages of relab, and which one a person gets."""

from collections.abc import Mapping
from enum import StrEnum

from relab.errors import UsageError

_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Language(StrEnum):
    """A language that every text of relab exists in."""

    KO = "ko"
    EN = "en"


def pick(explicit: str | None, environ: Mapping[str, str]) -> Language:
    """Return the language of `explicit` (`--lang`), else of `RELAB_LANG`, else of the locale.

    Korean comes first: it is also the answer to a `C`, `POSIX` or unset locale; any other language
    reads English. UsageError when a language is asked for by name and is neither.
    """
    if explicit:
        return _named(explicit, "--lang")
    if environ.get("RELAB_LANG"):
        return _named(environ["RELAB_LANG"], "RELAB_LANG")
    return _of_locale(next((environ[name] for name in _LOCALE_VARIABLES if environ.get(name)), ""))


def _named(raw: str, where: str) -> Language:
    try:
        return Language(raw.strip().lower())
    except ValueError:
        names = " or ".join(Language)
        raise UsageError(f"no language '{raw}'", where=where, fix=f"write {names}") from None


def _of_locale(locale: str) -> Language:
    name = locale.partition(".")[0].partition("@")[0].lower()
    plain = name in {"", "c", "posix"}
    return Language.KO if plain or name.startswith("ko") else Language.EN
