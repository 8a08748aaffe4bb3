"""What of a snapshot does not become what it was at another home: told in the plan, with reasons.

It is not dropped: the rest of its item is restored, and what can be said anew is.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from relab.resources.item import Item
from restore.aws_needs import Directory
from restore.model import Flag
from restore.references import Finder, strings
from restore.relocate import Home, Relocation
from snapshot.vault.model import Entry


@dataclass(frozen=True, slots=True)
class Rule:
    """Texts that `pattern` finds, and `what` they are."""

    pattern: str
    what: str
    reason: str


RULES: tuple[Rule, ...] = (
    Rule(
        r"(?<![A-Za-z0-9+/=])AQI[CD]AH[A-Za-z0-9+/]{60,}={0,2}",
        "a text sealed by KMS",
        "only the old account's key opens it: seal it anew with a key that is here",
    ),
    Rule(
        r"(?<![A-Za-z0-9-])[a-z]{3,4}\d-az\d(?![A-Za-z0-9])",
        "the id of an availability zone",
        "each region has its own: put that of a zone here",
    ),
    Rule(
        r"(?<![A-Za-z0-9-])mrk-[0-9a-f]{32}(?![A-Za-z0-9-])",
        "a key of several regions",
        "a key does not leave its account: it is made anew, and opens nothing old",
    ),
)
# Why something that the snapshot does not hold is not there under the new number, by service.
ABSENT: Mapping[str, str] = {
    "acm": "a certificate is of one account and region: request one here and name it",
    "kms": "a key does not leave its account: name one that is here",
    "lambda": "the code of a function is not in the snapshot: deploy it here",
    "wafv2": "web ACLs are not in the snapshot: make it here",
    "elasticloadbalancing": "its controller makes it here under another number",
}
_ABSENT = "the snapshot does not hold it: make it here, or name another"
# Nobody makes these: each account has them.
_EVERYWHERE = re.compile(r"root|(role/)?aws-service-role/.*|assumed-role/.*|.*\*.*|")


def flagged(
    relocation: Relocation | None,
    entries: Iterable[Entry],
    clear: Callable[[Entry], Item],
) -> Iterator[Flag]:
    """Yield what of `entries`, as they were saved, the `relocation` cannot say anew.

    `clear` opens what is sealed, as far as there is a key: of it nothing is told but where it is.
    """
    if relocation is None or relocation.old == relocation.new:
        return
    known = list(entries)
    finder = Directory(entry.item for entry in known).finder
    for entry in known:
        identity = relocation.item(entry.item).identity
        for pointer, text in strings(dict(clear(entry).document)):
            for what, reason in _found(text, relocation.old, finder):
                yield Flag(identity, pointer, what, reason)


def _found(text: str, old: Home, finder: Finder) -> Iterator[tuple[str, str]]:
    for rule in RULES:
        if re.search(rule.pattern, text):
            yield rule.what, rule.reason
    if f":{old.account}:" in text:
        yield from _absent(text, old, finder)


def _absent(text: str, old: Home, finder: Finder) -> Iterator[tuple[str, str]]:
    """Yield ARNs of the old account that nothing in the snapshot has."""
    held = [range(start, end) for start, end in finder.found(text)]
    pattern = rf"arn:aws[a-z-]*:([a-z0-9-]+):[a-z0-9-]*:{old.account}:([A-Za-z0-9_:/.@+=,*-]*)"
    for match in re.finditer(pattern, text):
        known = any(match.start() in span for span in held)
        if not known and not _EVERYWHERE.fullmatch(match[2]):
            yield match[0], ABSENT.get(match[1], _ABSENT)
