"""What is wanted of the world by one save."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

SHARED = ""
# Under this a snapshot keeps, beside its scope, the account, region and cluster that it is of.
HOME = "home"


@dataclass(frozen=True, slots=True)
class Scope:
    """What to save.

    `tenants` are two-digit numbers, and `SHARED` (the empty one) stands for what is no tenant's.
    `only` are patterns over `provider/type` or `type` such as `s3.*` or `kubernetes/*`; none is
    all. `data` takes what is inside, too; `versions` older versions of objects; `reread` reads
    objects again that look unchanged.
    """

    tenants: tuple[str, ...]
    only: tuple[str, ...] = ()
    data: bool = True
    versions: bool = False
    reread: bool = False

    def takes(self, tenant: str) -> bool:
        """Tell whether things of `tenant` are wanted."""
        return tenant in self.tenants

    def wants(self, provider: str, kind: str) -> bool:
        """Tell whether items of type `kind` are wanted."""
        names = (kind, f"{provider}/{kind}")
        return not self.only or any(fnmatchcase(n, p) for n in names for p in self.only)

    def written(self) -> Mapping[str, Any]:
        """Return the scope as the catalogue keeps it; `reread` changes nothing of the result."""
        return {
            "tenants": sorted(self.tenants),
            "only": sorted(self.only),
            "data": self.data,
            "versions": self.versions,
        }
