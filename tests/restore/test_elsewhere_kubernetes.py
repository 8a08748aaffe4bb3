"""Objects of a cluster under the names of another profile, another cluster, another bucket."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from profiles.model import Profile
from profiles.naming import names
from relab.errors import Refused
from relab.resources.item import canonical
from relab.sandbox.session import Session
from restore import start
from restore.apply import Applier
from restore.model import Choice
from restore.plan import make
from restore.taken import mentioned
from restore.verify import Report, verify
from snapshot.collect.scope import SHARED
from snapshot.vault.model import Snapshot
from tests.restore.aws_world import own_state, through
from tests.restore.kube_world import KubeWorld, kube_world

CLUSTER = "other-cluster"


@pytest.fixture(scope="module")
def world(sandbox: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeWorld]:
    folder = tmp_path_factory.mktemp("kube")
    with own_state(folder), kube_world(sandbox, folder) as made:
        yield made


@pytest.fixture(scope="module")
def seeded(world: KubeWorld) -> Snapshot:
    world.fill()
    return world.save("seeded")


def other(profile: Profile) -> Profile:
    """Return a profile of another cluster, whose names hold some of the old ones."""
    naming = replace(
        profile.naming,
        namespace=("acme-kubeflow-user{nn}",),
        profile=("acme-kubeflow-user{nn}",),
        bucket=("acme-mlops-training-user{nn}",),
    )
    return replace(profile, naming=naming, kubernetes=replace(profile.kubernetes, cluster=CLUSTER))


def text_of(world: KubeWorld, snapshot: Snapshot) -> str:
    """Return all that stands in the cluster and that a snapshot would hold."""
    return canonical([[dict(i.document), i.key] for i in world.items(snapshot)]).decode()


def restored(world: KubeWorld, snapshot: Snapshot, choice: Choice, **taken: str) -> Report:
    made = through(make(world.vault, snapshot, world.profile, choice, os.environ))
    start.keep(made[0])
    hands = start.hands(world.vault, snapshot, world.profile, made)
    try:
        for old, new in taken.items():
            hands.aws.taken.rename(old.replace("_", "-"), new)
        failed = [event for event in Applier(made[0], hands).run() if hasattr(event, "why")]
        assert failed == []
        report: Report = through(verify(hands, world.profile, choice, os.environ))
        return report
    finally:
        hands.journal.close()


def test_another_cluster_and_other_naming_rules(world: KubeWorld, seeded: Snapshot) -> None:
    moved = replace(world, profile=other(world.profile))
    aws = world.profile.aws
    into = f"{aws.account}/{aws.region}"
    choice = Choice((*world.profile.tenants, SHARED), data=False, origin="ha-mlops")
    with pytest.raises(Refused, match=f"--into {into}"):
        restored(moved, seeded, choice)
    world.empty()
    choice = replace(choice, into=into)
    report = restored(moved, seeded, choice)
    assert report.differences == ()
    found = moved.save("moved")
    assert {item.region for item in world.items(found)} == {CLUSTER}
    text = text_of(world, found)
    for tenant in world.profile.tenants:
        old, new = names(world.profile, tenant), names(moved.profile, tenant)
        for before in (old.namespaces[0], old.profiles[0], old.buckets[0]):
            assert before not in text.replace(f"acme-{before}", "")
        for after in (new.namespaces[0], new.buckets[0]):
            assert after in text
            assert f"acme-{after}" not in text
    world.writes.clear()
    again = restored(moved, seeded, choice)
    assert again.differences == ()
    assert world.writes == []


def test_a_bucket_under_another_name_is_said_in_every_object(
    world: KubeWorld, seeded: Snapshot
) -> None:
    world.empty()
    old, new = "mlops-training-user07", "mlops-training-user07-abcdef"
    choice = Choice((*world.profile.tenants, SHARED), data=False)
    report = restored(world, seeded, choice, mlops_training_user07=new)
    assert report.differences == ()
    assert report.renamed == ((old, new),)
    text = text_of(world, world.save("renamed"))
    assert mentioned(text, (old,)) == frozenset()
    before = text_of(world, seeded)
    assert text.count(new) == before.count(old) > 2


def test_one_tenant_becomes_another_with_all_that_refers_to_it(
    world: KubeWorld, seeded: Snapshot
) -> None:
    world.empty()
    first = Choice(("07", SHARED), data=False)
    assert restored(world, seeded, first).differences == ()
    report = restored(world, seeded, Choice(("07", "08"), data=False, source="07"))
    assert report.differences == ()
    items = [item for item in world.items(world.save("cloned")) if item.tenant]
    kinds = {
        tenant: Counter(item.type for item in items if item.tenant == tenant and not item.owner)
        for tenant in ("07", "08")
    }
    assert kinds["08"] == kinds["07"]
    clones = [[dict(i.document), i.key] for i in items if i.tenant == "08"]
    assert "user07" not in canonical(clones).decode()
    for tenant in ("07", "08"):
        name = names(world.profile, tenant)
        profile = world.cluster.get("kubeflow.org/v1", "Profile", name.profiles[0])
        space = world.cluster.get("v1", "Namespace", name.namespaces[0])
        assert profile and space
        (owner,) = space["metadata"]["ownerReferences"]
        assert owner["uid"] == profile["metadata"]["uid"]
