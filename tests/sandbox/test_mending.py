"""Mending puts back exactly what was: one fault, two at once, in either order."""

from typing import Any

import pytest

from relab.sandbox.faults.about import ABOUT
from relab.sandbox.faults.table import OF_PLATFORM, OF_TENANT
from relab.sandbox.restrictions import Restrictions
from relab.sandbox.world import World
from tests.sandbox import states

FAULTS = tuple(ABOUT)
_TENANT = "07"


def tenant_of(fault: str, tenant: str = _TENANT) -> str | None:
    return None if ABOUT[fault].of == "platform" else tenant


def state(world: World) -> dict[str, Any]:
    return {
        "kubernetes": states.kubernetes(world.cluster),
        "logs": states.logs(world.cluster),
        "aws": states.aws(world.account),
        "restrictions": {
            name: set(getattr(world.restrictions, name)) for name in Restrictions.__slots__
        },
        "faults": world.faults,
    }


def test_the_words_and_the_functions_name_the_same_faults() -> None:
    assert set(ABOUT) == set(OF_TENANT) | set(OF_PLATFORM)
    assert {name for name, about in ABOUT.items() if about.of == "platform"} == set(OF_PLATFORM)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_something_and_mending_restores_all(world: World, fault: str) -> None:
    before = state(world)
    tenant = tenant_of(fault)
    assert world.break_(fault, tenant)
    assert not world.break_(fault, tenant)
    broken = state(world)
    assert {**broken, "faults": ()} != before
    assert world.mend(fault, tenant)
    assert not world.mend(fault, tenant)
    assert state(world) == before


@pytest.mark.parametrize("first", FAULTS)
def test_two_faults_mend_in_either_order(world: World, first: str) -> None:
    before = state(world)
    wrong = []
    for second in FAULTS:
        if second == first:
            continue
        for order in ((first, second), (second, first)):
            world.break_(first, tenant_of(first))
            alone = state(world)
            world.break_(second, tenant_of(second))
            world.mend(order[0], tenant_of(order[0]))
            if order[0] == second and state(world) != alone:
                wrong.append((first, second, "the second left something"))
            world.mend(order[1], tenant_of(order[1]))
            if state(world) != before:
                wrong.append((first, second, f"{order[0]} mended first"))
                before = state(world)
    assert wrong == []


def test_the_same_fault_of_two_tenants_is_two_faults(world: World) -> None:
    before = state(world)
    for tenant in ("07", "08"):
        assert world.break_("no-bucket", tenant)
        assert world.break_("no-namespace", tenant)
    assert world.mend("no-bucket", "07")
    assert "mlops-training-user07" in world.account.s3.buckets
    assert "mlops-training-user08" not in world.account.s3.buckets
    for fault, tenant in (("no-namespace", "08"), ("no-bucket", "08"), ("no-namespace", "07")):
        assert world.mend(fault, tenant)
    assert state(world) == before


def test_what_was_made_in_place_of_a_loss_gives_way_to_the_original(world: World) -> None:
    before = state(world)
    world.break_("no-bucket", "07")
    world.break_("no-poddefault", "07")
    world.account.s3.create_bucket("mlops-training-user07", "ap-northeast-2")
    world.cluster.create(
        {
            "apiVersion": "kubeflow.org/v1alpha1",
            "kind": "PodDefault",
            "metadata": {"name": "access-mlflow", "namespace": "kubeflow-user07"},
            "spec": {"selector": {}},
        }
    )
    world.mend("no-poddefault", "07")
    world.mend("no-bucket", "07")
    assert state(world) == before


def test_the_profile_controller_leaves_a_broken_tenant_alone_and_others_not(world: World) -> None:
    before = states.kubernetes(world.cluster)
    world.break_("no-quota", "07")
    world.cluster.delete("v1", "ResourceQuota", "kf-resource-quota", "kubeflow-user08")
    assert world.cluster.list("v1", "ResourceQuota", "kubeflow-user07") == []
    assert len(world.cluster.list("v1", "ResourceQuota", "kubeflow-user08")) == 1
    world.mend("no-quota", "07")
    quota = (("", "resourcequotas"), "kubeflow-user08", "kf-resource-quota")
    after = states.kubernetes(world.cluster)
    assert {**after, quota: None} == {**before, quota: None}
