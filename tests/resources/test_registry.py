"""Rules that hold for every type of the registry."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from relab.clouds import AwsTarget
from relab.resources.actions import delete_actions, read_actions, write_actions
from relab.resources.document import own_members, taken
from relab.resources.item import Item, canonical
from relab.resources.model import Listing, Lookup, Reading, Removal, ResourceType, Step
from relab.resources.reading import Place, read
from relab.resources.registry import TYPES, by_name
from relab.resources.removing import Taking, loosening, removal, undoing
from relab.resources.shapes import extra_model, members, operation_model, service_model
from relab.resources.tags import MEMBER
from relab.resources.writing import known_handles, payload, problems, secret_paths, updating
from tests.resources.sampler import Fullest
from tests.resources.typed import (
    SURROUNDINGS,
    Struct,
    check_path,
    check_template,
    document_of,
    facts_of,
    type_of,
)

PLACE = Place(Fullest(), AwsTarget("ap-northeast-2"), "123456789012")
every = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.type)
made = pytest.mark.parametrize(
    "kind", [kind for kind in TYPES if kind.restorable], ids=lambda kind: kind.type
)


def inputs(service: str, operation: str) -> dict[str, Any]:
    shape = operation_model(service, operation).input_shape
    return dict(shape.members) if shape else {}


def required(service: str, operation: str) -> set[str]:
    shape = operation_model(service, operation).input_shape
    return set(shape.required_members) if shape else set()


def removals(kind: ResourceType) -> Iterator[Removal]:
    yield from (*kind.loosen, *kind.remove)
    yield from (step.undo for step in (*kind.steps, *kind.updates) if step.undo)


def calls(kind: ResourceType) -> Iterator[Listing | Reading | Step | Lookup | Removal]:
    yield from kind.lists
    yield from kind.reads
    yield from kind.steps
    yield from kind.updates
    for step in kind.steps:
        yield from step.lookups
    for removal_ in removals(kind):
        yield removal_
        yield from removal_.asks


def fullest(kind: ResourceType) -> Item:
    found = list(read(replace(kind, skips=()), PLACE))
    assert len(found) == 1, found
    assert isinstance(found[0], Item)
    return found[0]


def test_names_are_unique_and_plain() -> None:
    assert len(by_name()) == len(TYPES)
    assert all(re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+(-[a-z0-9]+)*", name) for name in by_name())


@every
def test_every_call_exists(kind: ResourceType) -> None:
    known = set(service_model(kind.service).operation_names)
    assert {call.operation for call in calls(kind)} <= known


@every
def test_every_call_that_reads_is_given_what_it_needs(kind: ResourceType) -> None:
    asking: list[Listing | Reading] = [*kind.lists, *kind.reads]
    asking += [asked for one in removals(kind) for asked in one.asks]
    for call in asking:
        given = {*call.args, *call.constants}
        assert given <= set(inputs(kind.service, call.operation)), call.operation
        assert required(kind.service, call.operation) <= given, call.operation


@every
def test_every_call_that_writes_is_given_what_it_needs(kind: ResourceType) -> None:
    for step in kind.steps:
        known = set(inputs(kind.service, step.operation))
        own = own_members(kind, step)
        assert {*step.takes, *step.constants, *step.bind, *step.omit} <= known, step.operation
        assert not step.tags or step.tags in known
        assert set(step.bind.values()) <= {handle.name for handle in kind.handles}
        if not step.each:
            needed = required(kind.service, step.operation)
            assert needed <= own | set(taken(kind, step)), step.operation


@every
def test_every_call_that_takes_away_is_given_what_it_needs(kind: ResourceType) -> None:
    for one in removals(kind):
        given = {*one.args, *one.constants}
        assert given <= set(inputs(kind.service, one.operation)), one.operation
        assert required(kind.service, one.operation) <= given, one.operation
        answer = operation_model(kind.service, one.operation).output_shape
        assert not one.refused or one.refused in answer.members


@made
def test_what_creation_set_is_set_again_only_where_it_changed(kind: ResourceType) -> None:
    item = fullest(kind)
    handles = known_handles(kind, item)
    created = {*taken(kind, kind.create).values(), MEMBER} if kind.create else set()
    for step in kind.updates:
        assert set(taken(kind, step).values()) <= created, step.operation
        assert not step.late
    assert updating(kind, item, handles, ()) == ()
    requests = updating(kind, item, handles, created)
    assert [one for request in requests if (one := problems(request))] == []
    told = {s.operation for s in kind.updates if {*s.takes.values()} & item.document.keys()}
    assert {request.operation for request in requests} == told


@every
def test_a_type_is_removed_or_says_why_not(kind: ResourceType) -> None:
    assert bool(kind.remove) != bool(kind.stays)
    assert kind.remove or not (kind.loosen or kind.gone or kind.keeps)
    if kind.gone:
        waiter = extra_model(kind.service, "waiters")[kind.gone.name]
        assert set(kind.gone.bind) <= set(inputs(kind.service, waiter["operation"]))
        assert set(kind.gone.bind.values()) <= {handle.name for handle in kind.handles}


@pytest.mark.parametrize(
    "kind", [kind for kind in TYPES if kind.remove], ids=lambda kind: kind.type
)
def test_every_call_that_takes_the_fullest_item_away_is_accepted(kind: ResourceType) -> None:
    item = fullest(kind)
    found = [*loosening(kind, item, PLACE), *removal(kind, item, PLACE)]
    takings = [one for one in found if isinstance(one, Taking)]
    assert len(takings) == len(found)
    assert [one for taking in takings if (one := problems(taking.request))] == []
    told = {one.operation for one in (*kind.loosen, *kind.remove)}
    assert {taking.request.operation for taking in takings} == told


@made
def test_all_of_the_fullest_item_is_undone_and_nothing_of_an_equal_one(kind: ResourceType) -> None:
    item = fullest(kind)
    bare = replace(item, document={})
    handles = known_handles(kind, item)
    takings = [
        one for late in (False, True) for one in undoing(kind, bare, item, handles, late=late)
    ]
    assert [one for taking in takings if (one := problems(taking.request))] == []
    undos = {step.undo.operation for step in (*kind.steps, *kind.updates) if step.undo}
    assert {taking.request.operation for taking in takings} == undos
    assert not any(undoing(kind, item, item, handles, late=late) for late in (False, True))


@every
def test_every_member_that_is_read_exists(kind: ResourceType) -> None:
    facts = facts_of(kind) if kind.lists else Struct({})
    around = Struct({**facts.members, **SURROUNDINGS})
    if not kind.lists:
        assert kind.reason
        return
    for template in (kind.arn, *kind.identifiers, *(rule.key for rule in kind.owners)):
        check_template(template, around)
    conditions = [rule.when for rule in kind.owners]
    conditions += [rule.when for rule in (*kind.skips, *kind.keeps)]
    for expression in filter(None, (*conditions, kind.tags, *kind.derive.values(), *kind.volatile)):
        type_of(expression, facts)


@every
def test_every_renamed_member_exists_on_both_sides(kind: ResourceType) -> None:
    document = document_of(kind)
    assert set(kind.derive) <= set(document.members)
    both = Struct({**(facts_of(kind) if kind.lists else Struct({})).members, **document.members})
    for path in kind.sets:
        check_path(path, both)
    for secret in kind.secrets:
        check_path(secret.path, document)
        type_of(secret.when, document)
    for handle in kind.handles:
        type_of(handle.known or handle.name, both)
        if handle.answer:
            assert kind.create
            answer = operation_model(kind.service, kind.create.operation).output_shape
            type_of(handle.answer, answer)


@every
def test_no_member_is_taken_twice(kind: ResourceType) -> None:
    names = Counter(name for step in kind.steps for name in taken(kind, step).values())
    names.update(step.each for step in kind.steps if step.each)
    handles = {handle.name for handle in kind.handles}
    assert not [name for name, n in names.items() if n > 1 and name not in handles]


@every
def test_every_created_thing_can_be_named_later(kind: ResourceType) -> None:
    for step in kind.configure:
        known = set(inputs(kind.service, step.operation))
        named = {handle.name for handle in kind.handles} & known
        assert named or step.bind or not kind.create, step.operation
    if kind.waiter:
        waiter = extra_model(kind.service, "waiters")[kind.waiter.name]
        assert set(kind.waiter.bind) <= set(inputs(kind.service, waiter["operation"]))
        assert set(kind.waiter.bind.values()) <= {handle.name for handle in kind.handles}


@every
def test_every_type_tells_its_rights_and_what_the_wipe_calls_it(kind: ResourceType) -> None:
    rights = (*read_actions(kind), *write_actions(kind), *delete_actions(kind))
    assert all(re.fullmatch(r"[a-z0-9]+:[A-Z][A-Za-z0-9]+", right) for right in rights)
    assert bool(read_actions(kind)) == bool(kind.lists)
    assert bool(write_actions(kind)) == kind.restorable
    assert bool(delete_actions(kind)) == bool(kind.remove)
    assert bool(kind.nuke) != bool(kind.no_nuke)
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]+|AWS::\w+::\w+|", kind.nuke)


@every
def test_a_type_is_made_again_or_says_why_not(kind: ResourceType) -> None:
    assert kind.restorable == bool(kind.steps)
    assert kind.restorable or not (kind.derive or kind.secrets or kind.waiter)


@made
def test_every_payload_of_the_fullest_document_is_accepted(kind: ResourceType) -> None:
    item = fullest(kind)
    requests = payload(kind, item)
    assert [found for found in map(problems, requests) if found] == []
    assert {request.operation for request in requests} == {step.operation for step in kind.steps}
    assert kind.create is None or requests[0].operation == kind.create.operation


@made
def test_items_are_jsonable_and_stable(kind: ResourceType) -> None:
    one, other = fullest(kind), fullest(kind)
    assert canonical(one.document) == canonical(other.document)
    assert canonical(one.observed) == canonical(other.observed)
    assert json.loads(canonical(one.document)) == one.document
    assert one.key


@made
def test_secrets_stand_in_the_document_alone(kind: ResourceType) -> None:
    item = fullest(kind)
    found = list(secret_paths(replace(kind, secrets=_always(kind)), item.document))
    assert len(found) >= len([s for s in kind.secrets if "*" not in s.path])
    for steps in found:
        assert str(steps[-1]) not in canonical(item.observed).decode()


def _always(kind: ResourceType) -> tuple[Any, ...]:
    return tuple(replace(secret, when="@") for secret in kind.secrets)


@every
def test_tags_are_written_where_the_call_takes_them(kind: ResourceType) -> None:
    writes = [step for step in kind.steps if step.tags]
    assert bool(kind.tags) == bool(writes)
    for step in writes:
        shape = members(kind.service, step.operation)[step.tags]
        assert (step.tags == "TagSpecifications") == bool(kind.tag_type), shape


# Members of create calls that nothing which can be read tells, and why that loses nothing.
_BY_ACL_CALL = "the same grants come back by PutBucketAcl"
LEFT_OUT = {
    "s3.bucket": {
        **dict.fromkeys(("ACL", "GrantFullControl", "GrantRead", "GrantReadACP"), _BY_ACL_CALL),
        **dict.fromkeys(("GrantWrite", "GrantWriteACP"), _BY_ACL_CALL),
        "ObjectOwnership": "PutBucketOwnershipControls says it",
        "BucketNamespace": "it is told by the name",
    },
    "kms.key": {"BypassPolicyLockoutSafetyCheck": "a switch of the call"},
    "secretsmanager.secret": {"CrossAccountPrimaryARN": "replicas are skipped"},
    "ec2.vpc": {
        "Ipv6Pool": "only for own ranges",
        "Ipv6CidrBlock": "only for own ranges",
        "Ipv6CidrBlockNetworkBorderGroup": "only for own ranges",
        **dict.fromkeys(("Ipv4IpamPoolId", "Ipv4NetmaskLength"), "the range itself is given"),
        **dict.fromkeys(("Ipv6IpamPoolId", "Ipv6NetmaskLength"), "the range itself is given"),
    },
    "ec2.subnet": {
        **dict.fromkeys(("Ipv4IpamPoolId", "Ipv4NetmaskLength"), "the range itself is given"),
        **dict.fromkeys(("Ipv6IpamPoolId", "Ipv6NetmaskLength"), "the range itself is given"),
    },
    "ec2.nat-gateway": {
        "AvailabilityZoneAddresses": "only for regional gateways, which the notes exclude",
        "SecondaryPrivateIpAddresses": "given by chance, like the first",
        "SecondaryPrivateIpAddressCount": "follows from the secondary allocations",
    },
    "ec2.elastic-ip": {
        "Address": "a released number belongs to somebody else",
        "IpamPoolId": "the pool is not told",
    },
    "ec2.vpc-endpoint": {
        "ClientToken": "guards a retry",
        "SubnetConfigurations": "addresses inside the subnets, given by chance",
    },
    "ec2.flow-log": {"ClientToken": "guards a retry"},
    "eks.cluster": {"bootstrapSelfManagedAddons": "a switch of the call; add-ons are a type"},
}


@made
def test_every_member_of_a_create_call_is_told_or_left_out_for_a_reason(kind: ResourceType) -> None:
    told = {*facts_of(kind).members, *kind.derive}
    names = set(taken(kind, kind.create).values()) if kind.create else set()
    assert names - told == set(LEFT_OUT.get(kind.type, ()))


def known_rights() -> set[str]:
    found: set[str] = set()
    for policy in json.loads(aws_managed_policies_data).values():
        statements = policy["Document"]["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            actions = statement.get("Action", [])
            found.update([actions] if isinstance(actions, str) else actions)
    return found


# Stand in no policy that AWS manages; the service's own list of actions has them.
RARE = {f"s3:Put{name}Configuration" for name in ("Analytics", "IntelligentTiering", "Metrics")}

# Rights that no call here is named after, and no policy of AWS names.
EXTRA = {"kms:CancelKeyDeletion", "kms:EnableKey", "dynamodb:PutResourcePolicy"}


def test_every_right_has_the_name_that_aws_gives_it() -> None:
    known = known_rights() | RARE
    for kind in TYPES:
        operations = {f"{kind.service}:{call.operation}" for call in calls(kind)}
        assert set(read_actions(kind)) <= known, kind.type
        # Many a writing call is in no policy of AWS; then its right must be called as it is.
        assert set(write_actions(kind)) <= known | operations | EXTRA, kind.type
        assert set(delete_actions(kind)) <= known | operations, kind.type


def test_the_registry_loads_no_sdk() -> None:
    modules = ", ".join(f"relab.resources.{name}" for name in ("registry", "reading", "writing"))
    sdks = "('botocore', 'boto3', 'jmespath')"
    told = f"import sys, {modules}; print([n for n in {sdks} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
