"""Another account, region or cluster: everything under the numbers and names that hold there.

A number or name is replaced as a whole word, wherever it stands: ARNs, host names of registries
and issuers, availability zones, websites of buckets. What belongs to a third account is left.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from relab.resources.item import Item
from restore.rewrite import Rewriting, holder_only

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):")
AWS, BUCKET = "aws", "s3.bucket"
# Buckets without a location are there, and none may name it.
FIRST_REGION = "us-east-1"
_LOCATION, _REGION = "CreateBucketConfiguration", "LocationConstraint"
# There a website's address has a dash before the region; everywhere else a dot.
_DASHED = frozenset(
    {
        "ap-northeast-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "eu-west-1",
        "sa-east-1",
        "us-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    }
)


@dataclass(frozen=True, slots=True)
class Home:
    """An account (12 digits), a region and a cluster; what is not known is empty."""

    account: str
    region: str
    cluster: str

    def __str__(self) -> str:
        """Return the home as a person writes it: `account/region/cluster`."""
        return "/".join(filter(None, (self.account, self.region, self.cluster)))


def home_of(items: Iterable[Item]) -> Home:
    """Return where `items` were read: what their own identifiers and regions say most often."""
    accounts: Counter[str] = Counter()
    regions: Counter[str] = Counter()
    clusters: Counter[str] = Counter()
    for item in items:
        if item.provider == AWS:
            regions[item.region] += 1
            accounts.update(found for name in item.identifiers for found in _ARN.findall(name))
        else:
            clusters[item.region] += 1
    return Home(_most(accounts), _most(regions), _most(clusters))


def _most(counts: Counter[str]) -> str:
    del counts[""]
    return counts.most_common(1)[0][0] if counts else ""


@dataclass(frozen=True)
class Relocation(Rewriting):
    """From `old` home to `new`; `words` are other names that change with it.

    `zones` are old availability zone -> new one, where the letter does not say it.
    """

    old: Home
    new: Home
    words: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """Return `text` as it is said at the new home."""
        return self._pattern.sub(self._said, text)

    def tenant(self, tenant: str) -> str:
        """Return the tenant, who keeps the number."""
        return tenant

    def region(self, item: Item) -> str:
        """Return the new region of what stood in the old one, and the new cluster."""
        return self._place(item.provider, item.region)

    def key(self, item: Item) -> str:
        """Return the key of `item`; of data only what holds it has another one."""
        return holder_only(self, item)

    def owner(self, item: Item) -> str:
        """Return the identity of the owner at the new home."""
        if not item.owner:
            return ""
        provider, kind, region, key = item.owner.split(":", 3)
        return ":".join((provider, kind, self._place(provider, region), self.text(key)))

    def document(self, item: Item) -> dict[str, Any]:
        """Return the document of `item`; a bucket says its region as the new one wants it."""
        found = super().document(item)
        if item.type != BUCKET or self.old.region == self.new.region:
            return found
        location = {**(found.get(_LOCATION) or {})}
        if not location and self.old.region == FIRST_REGION:
            location[_REGION] = self.new.region
        if location.get(_REGION) == FIRST_REGION:
            del location[_REGION]
        rest = {key: value for key, value in found.items() if key != _LOCATION}
        return {**rest, _LOCATION: location} if location else rest

    def _place(self, provider: str, region: str) -> str:
        before, after = (
            (self.old.region, self.new.region)
            if provider == AWS
            else (self.old.cluster, self.new.cluster)
        )
        return after if region == before else region

    def _said(self, found: re.Match[str]) -> str:
        say = self._says.get(found.lastgroup or "")
        return say(found[0]) if say else found[0]

    @cached_property
    def _says(self) -> Mapping[str, Callable[[str], str]]:
        """Return how what each part of the pattern finds is said."""
        new = self.new
        dash = "-" if new.region in _DASHED else "."
        return {
            "account": lambda _: new.account,
            "region": lambda _: new.region,
            "cluster": lambda _: new.cluster,
            "website": lambda _: f"s3-website{dash}{new.region}",
            "zone": lambda zone: self.zones.get(zone, f"{new.region}{zone[-1]}"),
            "word": lambda word: self._words[word],
        }

    @cached_property
    def _words(self) -> dict[str, str]:
        return {old: new for old, new in self.words.items() if old != new}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = []
        if self._words:
            longest_first = sorted(self._words, key=len, reverse=True)
            parts.append(f"(?P<word>{'|'.join(map(re.escape, longest_first))})")
        if self.old.cluster != self.new.cluster:
            # Other names may begin with it: those are not the cluster's.
            parts.append(rf"(?P<cluster>(?<!-){re.escape(self.old.cluster)}(?!-))")
        if self.old.region != self.new.region:
            region = re.escape(self.old.region)
            parts = [*_of_others(region, self.old.account), *parts]
            parts.append(rf"(?P<website>s3-website[.-]{region})")
            parts += [rf"(?P<zone>{region}[a-z])", rf"(?P<region>{region})"]
        if self.old.account != self.new.account:
            parts.append(rf"(?P<account>{re.escape(self.old.account)})")
        listed = "|".join(parts) or "(?!)"
        return re.compile(rf"(?<![A-Za-z0-9])(?:{listed})(?![A-Za-z0-9])")


def _of_others(region: str, account: str) -> tuple[str, ...]:
    """Return patterns of what another account has in the region: it stays where it is."""
    other = rf"(?!{account})\d{{12}}"
    return (
        rf"arn:aws[a-z-]*:[a-z0-9-]+:{region}:{other}",
        rf"{other}\.dkr\.ecr\.{region}",
        rf"sqs\.{region}\.amazonaws\.com/{other}",
    )
