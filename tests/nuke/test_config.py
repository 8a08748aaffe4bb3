"""aws-nuke is told to look at what we know, and to leave the vault, the caller and the like."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from profiles.model import Kept, Nuke
from relab.errors import ProfileError, Refused
from relab.nuke.binary import Binary
from relab.nuke.config import arguments, check, config, kinds, text
from relab.nuke.names import PIECES, SOFT, included, native, quoted, types_of
from relab.nuke.rules import ALWAYS, CDK, Caller, Rule, rules, why_kept
from relab.resources.registry import TYPES, by_name
from tests.nuke.world import ACCOUNT, CALLER, REGION, item, profile

THREE = Binary(Path("/bin/aws-nuke"), (3, 64, 1))
TWO = Binary(Path("/bin/aws-nuke"), (2, 16, 0))
ROLE = Caller(f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/session", ACCOUNT)
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/own"
ITEMS = (
    item("iam.user", "teacher", {"Groups": [{"GroupName": "staff"}]}),
    item("iam.group", "staff", {"AttachedPolicies": [{"PolicyArn": POLICY}]}),
    item("iam.policy", POLICY),
    item("iam.role", "admin", {"PermissionsBoundary": POLICY}),
    item("iam.role", "other"),
    item("s3.bucket", "vault", {"Encryption": {"KMSMasterKeyID": f"arn:aws:kms:{REGION}:1:key/k"}}),
    item("kms.key", "k", identifiers=(f"arn:aws:kms:{REGION}:1:key/k",)),
    item("kms.key", "other"),
)


def stays(kind: str, name: str, caller: Caller = CALLER, vault: str = "/v", **nuke: Any) -> bool:
    """Tell whether aws-nuke's filters keep a thing of its type `kind` with this name."""
    found = profile(**nuke)
    written = config(found, THREE, kinds(found, soft=False), rules(found, caller, vault, ITEMS))
    return any(
        not one.get("property") and _matches(one, name)
        for one in written["accounts"][ACCOUNT]["filters"].get(kind, [])
    )


def _matches(one: dict[str, str], name: str) -> bool:
    if one["type"] == "exact":
        return one["value"] == name
    return re.search(one["value"], name) is not None


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("IAMUser", "teacher"),
        ("IAMUserAccessKey", "teacher -> AKIA"),
        ("IAMUserPolicy", "teacher -> inline"),
        ("IAMUserPolicyAttachment", "teacher -> AdministratorAccess"),
        ("IAMUserGroupAttachment", "teacher -> staff"),
        ("IAMLoginProfile", "teacher"),
        ("IAMGroup", "staff"),
        ("IAMGroupPolicyAttachment", "staff -> own"),
        ("IAMPolicy", POLICY),
        ("IAMRole", "AWSReservedSSO_Admin_0123456789abcdef"),
        ("IAMRolePolicyAttachment", "AWSReservedSSO_Admin_0123 -> AdministratorAccess"),
        ("CloudWatchEventsBuses", "default"),
    ],
)
def test_the_caller_and_what_it_leans_on_stay(kind: str, name: str) -> None:
    assert stays(kind, name)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("IAMUser", "teacher2"),
        ("IAMUser", "ateacher"),
        ("IAMUserAccessKey", "teacher2 -> AKIA"),
        ("IAMRole", "admin"),
        ("IAMGroup", "students"),
        ("IAMRole", "not-AWSReservedSSO_Admin"),
        ("S3Bucket", "s3://vault"),
        ("KMSKey", "k"),
    ],
)
def test_others_go(kind: str, name: str) -> None:
    assert not stays(kind, name)


def test_a_role_that_calls_stays_with_its_policies() -> None:
    assert stays("IAMRole", "admin", ROLE)
    assert stays("IAMRolePolicyAttachment", "admin -> own", ROLE)
    assert stays("IAMInstanceProfileRole", "admin -> admin", ROLE)
    assert stays("IAMPolicy", POLICY, ROLE)
    assert not stays("IAMUser", "teacher", ROLE)


def test_the_vaults_bucket_stays_with_uploads_and_key() -> None:
    for kind, name in (
        ("S3Bucket", "s3://vault"),
        ("S3MultipartUpload", "s3://vault/blobs/a#1"),
        ("KMSKey", "k"),
    ):
        assert stays(kind, name, vault="s3://vault/prefix")
    assert not stays("S3Bucket", "s3://vault-2", vault="s3://vault/prefix")
    assert not stays("KMSKey", "other", vault="s3://vault/prefix")


BOOTSTRAP = (
    ("S3Bucket", f"s3://cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"),
    ("ECRRepository", f"Repository: cdk-hnb659fds-container-assets-{ACCOUNT}-{REGION}"),
    ("IAMRole", f"cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}"),
    ("IAMRolePolicy", f"cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION} -> default"),
    ("SSMParameter", "/cdk-bootstrap/hnb659fds/version"),
)


def test_the_bootstrap_of_the_cdk_stays_as_a_whole_or_not_at_all() -> None:
    assert all(stays(*one) for one in BOOTSTRAP)
    assert not any(stays(*one, cdk="wipe") for one in BOOTSTRAP)
    found = profile(cdk="wipe")
    written = config(found, THREE, kinds(found, soft=False), ())
    assert "CloudFormationStack" in written["resource-types"]["includes"]
    [only] = written["accounts"][ACCOUNT]["filters"]["CloudFormationStack"]
    assert (only["value"], only["invert"]) == ("CDKToolkit", "true")
    kept = config(profile(), THREE, kinds(profile(), soft=False), ())
    assert "CloudFormationStack" not in kept["resource-types"]["includes"]


def test_what_the_profile_keeps_stays_for_every_tenant() -> None:
    keep = (Kept(type="s3.bucket", name="notes-{user}", why="mine"),)
    found = replace(profile(), nuke=Nuke(keep=keep))
    kept = rules(found, CALLER, "/v", ())
    assert why_kept(item("s3.bucket", "notes-user07"), kept) == "mine"
    assert not why_kept(item("s3.bucket", "notes-user99"), kept)


def test_names_are_no_patterns_but_for_the_star() -> None:
    kept = (Rule("s3.bucket", "a.b[c]?*", "x"),)
    assert why_kept(item("s3.bucket", "a.b[c]?d"), kept)
    assert not why_kept(item("s3.bucket", "a-b[c]?d"), kept)
    assert not why_kept(item("s3.bucket", "a.bcxd"), kept)
    assert re.fullmatch(quoted("a.b[c]? -> (x)"), "a.b[c]? -> (x)")


def test_the_configuration_names_account_regions_blocklist_and_types() -> None:
    real = replace(profile(), aws=replace(profile().aws, endpoint=None))
    written = yaml.safe_load(text(config(real, THREE, kinds(real, soft=False), ())))
    assert list(written["accounts"]) == [ACCOUNT]
    assert written["regions"] == [REGION, "global"]
    assert written["blocklist"]
    assert {"S3Bucket", "IAMRole", "IAMRolePolicyAttachment"} <= {
        *written["resource-types"]["includes"]
    }
    assert "endpoints" not in written


def test_version_2_gets_its_own_words() -> None:
    written = config(profile(), TWO, kinds(profile(), soft=False), ())
    assert written["account-blocklist"]
    assert "S3Bucket" in written["resource-types"]["targets"]
    assert "blocklist" not in written


def test_an_endpoint_is_named_for_every_type_and_for_the_start() -> None:
    """Else a call would go to the real AWS."""
    found = profile()
    written = config(found, THREE, kinds(found, soft=False), ())
    [region] = written["endpoints"]
    services = {one["service"]: one["url"] for one in region["services"]}
    assert region["region"] == REGION
    assert written["regions"] == [REGION]
    assert {*services.values()} == {found.aws.endpoint}
    wanted = {name.lower() for name in written["resource-types"]["includes"]}
    assert wanted | {"sts", "iam", ""} == {*services}


@pytest.mark.parametrize(
    ("nuke", "where"),
    [
        (Nuke(keep=(Kept(type="s3.buckets", name="a", why="b"),)), r"nuke.keep\[0\].type"),
        (Nuke(leave=("s3.*", "ima.*")), r"nuke.leave\[1\]"),
    ],
)
def test_a_type_that_there_is_not_is_an_error(nuke: Nuke, where: str) -> None:
    with pytest.raises(ProfileError, match=where):
        check(replace(profile(), nuke=nuke))
    check(replace(profile(), nuke=Nuke(leave=("s3.*",))))


def test_an_account_on_the_blocklist_is_refused() -> None:
    with pytest.raises(Refused, match="never wiped"):
        config(profile(blocklist=(ACCOUNT,)), THREE, (), ())


@pytest.mark.parametrize("binary", [THREE, TWO])
@pytest.mark.parametrize("dry", [True, False])
def test_the_command_line_never_waits_for_ever_nor_says_a_secret(binary: Binary, dry: bool) -> None:
    words = arguments(binary, "/c.yaml", profile(), dry=dry)
    assert words[words.index("--max-wait-retries") + 1] == "60"
    assert words[words.index("--default-region") + 1] == REGION
    assert ("--no-dry-run" in words) is not dry
    assert not any("key" in word or "secret" in word or "token" in word for word in words)
    assert ("--no-prompt" in words) is binary.structured
    free = arguments(binary, "/c.yaml", profile(), dry=dry, ordered=False)
    order = ("--feature-flag", "wait-on-dependencies") if binary.structured else ()
    assert words == (*free, *order)


def test_a_soft_wipe_leaves_buckets_repositories_and_keys() -> None:
    found = kinds(profile(), soft=True)
    assert not {*found} & {*SOFT}
    assert {*kinds(profile(), soft=False)} == {kind.type for kind in TYPES}
    assert not {"S3Bucket", "ECRRepository", "KMSKey"} & {*included(found)}


def test_what_the_profile_leaves_is_not_looked_at() -> None:
    found = profile(leave=("iam.*",), also=("EC2Instance",))
    written = config(found, THREE, kinds(found, soft=False), ())
    names = written["resource-types"]["includes"]
    assert not any(name.startswith("IAM") for name in names)
    assert "EC2Instance" in names


def test_pieces_and_filters_are_of_types_that_exist() -> None:
    assert {one.of for one in PIECES} <= {*by_name()}
    assert {*CDK} <= {*by_name()}
    known = {native(kind.type) for kind in TYPES} | {one.nuke for one in PIECES}
    assert {one.type for one in ALWAYS} <= known
    assert types_of("CloudWatchAlarm") == ("cloudwatch.metric-alarm", "cloudwatch.composite-alarm")


def test_who_calls_is_kept_by_our_own_rules_as_by_aws_nukes() -> None:
    kept = rules(profile(), CALLER, "s3://vault", ITEMS)
    told = {one.key: why_kept(one, kept) for one in ITEMS}
    assert told["other"] == ""
    assert {name for name, why in told.items() if why} == {"teacher", "staff", POLICY, "vault", "k"}
