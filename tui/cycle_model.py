"""What `relab cycle` tells: which cycle can be gone on with, and the gate's proof."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from relab.cycle import model as books
from relab.cycle.model import Book
from relab.nuke.model import By, Doomed, Fate, Forecast, Left, Refusal

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """The account that a cycle is about, and the cycle that can be gone on with, if any.

    `soft` says that the profile wants buckets and repositories emptied and kept.
    """

    profile: str = ""
    account: str = ""
    alias: str = ""
    vault: str = ""
    soft: bool = False
    book: Book | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What the gate saw and said; `going` is what goes, by service and tenant."""

    forecast: Forecast
    refusals: tuple[Refusal, ...] = ()
    going: Mapping[Place, tuple[Doomed, ...]] = field(default_factory=dict)

    @property
    def fates(self) -> Counter[Fate]:
        """Return how many things go, by what becomes of them."""
        return Counter(one.fate for one in self.forecast.doomed)

    @property
    def held(self) -> int:
        """Return how many things go with what holds them: nobody removes each of them."""
        return sum(one.by is By.HOLDER for one in self.forecast.doomed)

    @property
    def kept(self) -> Counter[tuple[str, str]]:
        """Return how many things are kept, by reason and type: the reasons are few."""
        return Counter((one.why, one.type) for one in self.forecast.kept)


def known(raw: Any) -> Known:
    """Return what relab told; TypeError, KeyError or UsageError when it is no answer."""
    if not isinstance(raw, Mapping):
        raise TypeError("no answer about a cycle")
    book = books.from_json(raw["cycle"]) if raw["cycle"] else None
    words = {name: str(raw[name]) for name in ("profile", "account", "alias", "vault")}
    return Known(**words, soft=raw.get("preset") == "soft", book=book)


def proof(raw: Any) -> Proof:
    """Return the gate's proof; TypeError, ValueError or KeyError when it is none."""
    if not isinstance(raw, Mapping):
        raise TypeError("no proof")
    doomed = tuple(_doomed(one) for one in raw["doomed"])
    words = ("breaches", "problems", "unread", "notes")
    forecast = Forecast(
        doomed,
        tuple(Left(**one) for one in raw["kept"]),
        tuple(Left(**one) for one in raw["survivors"]),
        **{name: tuple(map(str, raw[name])) for name in words},
    )
    refusals = tuple(Refusal(**one) for one in raw["refusals"])
    return Proof(forecast, refusals, dict(_by_place(doomed)))


def _doomed(raw: Mapping[str, Any]) -> Doomed:
    return Doomed(**{**raw, "by": By(raw["by"]), "fate": Fate(raw["fate"])})


def _place(one: Doomed) -> Place:
    return one.service, one.tenant


def _by_place(doomed: Iterable[Doomed]) -> Iterable[tuple[Place, tuple[Doomed, ...]]]:
    for place, found in groupby(sorted(doomed, key=_place), key=_place):
        yield place, tuple(found)
