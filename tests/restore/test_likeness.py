"""Things that are all alike are told apart by what refers to them, however their ids are sorted."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import permutations

import pytest

from relab.resources.item import Item
from relab.resources.reading import Place
from restore.live import Live
from restore.model import Action, Planned
from restore.plan import Saved, decided, saved
from tests.resources.account import Account
from tests.restore.aws_world import AwsWorld, account_world, own_state

TYPES = (
    "ec2.elastic-ip",
    "ec2.nat-gateway",
    "ec2.route-table",
    "ec2.security-group",
    "ec2.subnet",
    "ec2.vpc",
)
ADDRESSES = 3
Seeded = tuple[AwsWorld, Saved]


def fill(account: Account) -> None:
    """Make two networks that are alike but for one name far in; two of three addresses are used."""
    addresses = [account.do("ec2", "AllocateAddress", Domain="vpc") for _ in range(ADDRESSES)]
    for number in range(2):
        network(account, f"web{number}", addresses[number]["AllocationId"])


def network(account: Account, name: str, address: str) -> None:
    do = account.do
    vpc = do("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    place = {"VpcId": vpc, "AvailabilityZone": "ap-northeast-2a", "CidrBlock": "10.0.0.0/24"}
    subnet = do("ec2", "CreateSubnet", **place)["Subnet"]["SubnetId"]
    made = do("ec2", "CreateNatGateway", SubnetId=subnet, AllocationId=address)
    table = do("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    way = {"NatGatewayId": made["NatGateway"]["NatGatewayId"]}
    do("ec2", "CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **way)
    do("ec2", "CreateSecurityGroup", GroupName=name, Description="far in", VpcId=vpc)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    folder = tmp_path_factory.mktemp("account")
    with own_state(folder), account_world(folder, fill, TYPES) as world:
        yield world, saved(world.vault, world.save(), world.profile, world.choice)


def every(found: Saved) -> list[Item]:
    return [entry.item for entry in found.entries.values()]


def keys(found: Saved, kind: str) -> list[str]:
    return sorted(item.key for item in every(found) if item.type == kind and not item.owner)


def anew(found: Saved, order: tuple[int, ...]) -> dict[str, str]:
    """Return old id -> new id: of each type the n-th becomes the one that is `order[n]`."""
    names = {}
    for kind in TYPES:
        for number, key in enumerate(keys(found, kind)):
            head = key.rpartition("-")[0]
            names[key] = f"{head}-{order[number % len(order)]:017x}"
    for item in every(found):
        if item.owner:
            names[item.key] = f"{item.key.rpartition('-')[0]}-{'e' * 9}{item.key[-8:]}"
        if item.type == "ec2.elastic-ip":
            names[item.observed["PublicIp"]] = (
                f"9.9.9.{order[keys(found, item.type).index(item.key)]}"
            )
    return names


def said(item: Item, names: dict[str, str]) -> Item:
    """Return `item` with every old id in it as it is called now."""
    text = json.dumps(asdict(item))
    for old, new in names.items():
        text = text.replace(old, new)
    read = json.loads(text)
    return Item(**{**read, "identifiers": tuple(read["identifiers"])})


def plan(seeded: Seeded, stands: list[Item]) -> list[Planned]:
    world, found = seeded
    place = Place(world.account.aws, world.account.target, world.profile.aws.account)
    return list(decided(found, Live(stands), world.choice, place))


@pytest.mark.parametrize("order", list(permutations(range(ADDRESSES))))
def test_what_is_alike_is_adopted_whole(seeded: Seeded, order: tuple[int, ...]) -> None:
    names = anew(seeded[1], order)
    rows = plan(seeded, [said(item, names) for item in every(seeded[1])])
    assert {row.action for row in rows} <= {Action.ADOPT, Action.SKIP}
    now = {row.key: row.now for row in rows if row.action is Action.ADOPT}
    free = spare(seeded[1])
    assert now[free] == names[free]


def spare(found: Saved) -> str:
    """Return the address that nothing uses."""
    used = {item.document.get("AllocationId") for item in every(found)}
    return next(key for key in keys(found, "ec2.elastic-ip") if key not in used)


@pytest.mark.parametrize("order", list(permutations(range(ADDRESSES))))
def test_what_is_gone_takes_nobodys_place(seeded: Seeded, order: tuple[int, ...]) -> None:
    names, free = anew(seeded[1], order), spare(seeded[1])
    rows = plan(seeded, [said(one, names) for one in every(seeded[1]) if one.key != free])
    changed = {row.key: row.action for row in rows if row.action not in (Action.ADOPT, Action.SKIP)}
    assert changed == {free: Action.CREATE}
