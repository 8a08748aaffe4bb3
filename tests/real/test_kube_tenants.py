"""The lab's sixteen tenants on a real control plane: saved, deleted, restored, and kept apart."""

from collections.abc import Iterator

import pytest

from profiles.naming import names
from relab.sandbox.session import Session
from restore.model import Action
from snapshot.vault.model import Covered, Snapshot
from tests.real.kube_server import NoServer
from tests.real.kube_tenants import Restored, Tenants, tenants
from tests.restore.aws_world import own_state

_WRITES = {Action.CREATE, Action.UPDATE, Action.REPLACE}
_WHOLE = {Covered.CAPTURED, Covered.EMPTY, Covered.UNSUPPORTED}


@pytest.fixture(scope="module")
def world(sandbox: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    folder = tmp_path_factory.mktemp("kube")
    try:
        with own_state(folder), tenants(sandbox.profile, folder) as made:
            yield made
    except NoServer as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def brought(world: Tenants, sandbox: Session) -> Restored:
    """Bring the sandbox's tenants to the real cluster."""
    return world.restore(world.save("sandbox", sandbox.profile))


@pytest.fixture(scope="module")
def saved(world: Tenants, brought: Restored) -> Snapshot:
    """Save the real cluster with the tenants in it."""
    assert brought.clean, (brought.failures, brought.report, brought.plan.blocked)
    return world.save("real")


@pytest.fixture(scope="module")
def restored(world: Tenants, saved: Snapshot) -> Restored:
    """Delete all that was saved, and restore it."""
    world.wipe(saved)
    return world.restore(saved)


def test_all_of_a_real_cluster_is_read(world: Tenants, saved: Snapshot) -> None:
    lines = [*world.vault.reader().coverage(saved)]
    assert {line.state for line in lines} <= _WHOLE
    assert {line.tenant for line in lines} >= set(world.profile.tenants)


def test_tenants_come_back_equal_and_a_second_restore_changes_nothing(
    world: Tenants, saved: Snapshot, restored: Restored
) -> None:
    assert restored.clean, (restored.failures, restored.report, restored.plan.blocked)
    assert restored.writes
    again = world.restore(saved)
    assert again.clean, (again.failures, again.report, again.plan.blocked)
    assert again.writes == ()
    assert not again.actions() & _WRITES


def test_the_sandbox_cannot_be_told_from_a_real_cluster(
    world: Tenants, saved: Snapshot, sandbox: Session
) -> None:
    plan = world.plan(saved, sandbox.profile)[0]
    wrong = [row for row in plan.items if row.action not in {Action.ADOPT, Action.SKIP}]
    assert [(row.type, row.key, row.reason) for row in wrong] == []


def test_namespaces_are_owned_by_their_profiles_without_the_controller(
    world: Tenants, restored: Restored
) -> None:
    for tenant in world.profile.tenants:
        called = names(world.profile, tenant)
        profile = world.ask(f"/apis/kubeflow.org/v1/profiles/{called.profiles[0]}").body
        space = world.ask(f"/api/v1/namespaces/{called.namespaces[0]}").body
        (owner,) = space["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"]) == ("Profile", profile["metadata"]["uid"])
        assert any(f"{called.profiles[0]} has not made it" in note for note in restored.notes)


@pytest.mark.usefixtures("restored")
def test_each_token_opens_its_own_namespace_and_no_other(world: Tenants) -> None:
    called = [names(world.profile, tenant) for tenant in world.profile.tenants]
    spaces = {one.user: one.namespaces[0] for one in called}
    assert len(spaces) == 16
    for user in spaces:
        for owner, space in spaces.items():
            for plural in ("configmaps", "secrets"):
                reply = world.ask(f"/api/v1/namespaces/{space}/{plural}", user)
                assert reply.status == ("200" if owner == user else "403"), (user, space, reply)
        assert world.ask("/api/v1/secrets", user).status == "403"
