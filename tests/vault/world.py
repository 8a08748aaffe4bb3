"""A synthetic world to save: tenants with resources, data, secrets and a ledger."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from relab.resources.item import Item
from snapshot.vault.model import Coverage, Covered, Snapshot, State
from snapshot.vault.vault import Vault
from snapshot.vault.writer import Saving

CANARY = "CANARY-7f3a-do-not-write-me"
SCOPE = {"tenants": ["01", "02", "03"]}


@dataclass(frozen=True, slots=True)
class Work:
    """A unit of work of the synthetic world: one tenant's one type."""

    tenant: str
    type: str
    things: int = 4

    @property
    def name(self) -> str:
        return f"{self.type}/{self.tenant}"


def world(tenants: int = 3, types: int = 4, things: int = 4) -> list[Work]:
    return [
        Work(f"{tenant:02}", f"made.type{kind}", things)
        for tenant in range(1, tenants + 1)
        for kind in range(types)
    ]


def data(work: Work, number: int) -> Iterator[bytes]:
    """Give what a thing holds; every second thing of all tenants holds the same."""
    shared = number % 2 == 0
    text = f"{work.type} {number} {'shared' if shared else work.tenant}"
    yield from (text.encode() * 200, b"end")


def item(work: Work, number: int) -> Item:
    return Item(
        provider="aws",
        type=work.type,
        region="ap-northeast-2",
        key=f"{work.tenant}-{number}",
        document={"Size": number, "Password": CANARY, "Tags": [{"Key": "k", "Value": "v"}]},
        observed={"Arn": f"arn:made:{work.tenant}:{number}", "Env": {"TOKEN": CANARY}},
        tenant=work.tenant,
        identifiers=(f"arn:made:{work.tenant}:{number}",),
    )


SECRETS = ("/document/Password", "/observed/Env/TOKEN")


def save_unit(saving: Saving, work: Work) -> None:
    with saving.unit(work.name) as unit:
        for number in range(work.things):
            blobs = {"body": saving.put_blob(data(work, number))}
            unit.add(item(work, number), blobs, SECRETS)
        unit.cover(covered(work, Covered.CAPTURED, work.things))


def covered(work: Work, state: Covered, count: int = 0, detail: str = "") -> Coverage:
    return Coverage("made", work.type, "ap-northeast-2", work.tenant, state, count, detail)


def save_all(
    vault: Vault, name: str, works: Iterable[Work] | None = None, *, resume: bool = False
) -> State:
    """Save the whole world as `name`, or what of it is left."""
    with vault.saving(name, SCOPE, cohort="2026-1", resume=resume) as saving:
        finished = saving.finished
        for work in works if works is not None else world():
            if work.name not in finished:
                save_unit(saving, work)
        return saving.finish()


def saved(vault: Vault, name: str) -> Snapshot:
    return vault.reader().snapshot(name)


def harm(vault: Vault, *, deep: bool = True) -> list[str]:
    """Return the kinds of harm that a check finds."""
    return [finding.kind.value for finding in vault.check(deep=deep) if finding.harmful]
