"""IAM: roles, policies, users, groups, instance profiles, OIDC providers, and what has a secret."""

from relab.resources.aws.iam_parts import BOUNDARY, GONE, SETS, policy_reads, policy_steps
from relab.resources.model import (
    Handle,
    Listing,
    Reading,
    ResourceType,
    Scope,
    Skip,
    Step,
    Waiter,
    same,
)

ROLE = ResourceType(
    service="iam",
    name="role",
    scope=Scope.GLOBAL,
    key="{RoleName}",
    arn="{Arn}",
    identifiers=("{RoleId}",),
    lists=(Listing(operation="ListRoles", take="Roles"),),
    reads=(
        Reading(operation="GetRole", args=same("RoleName"), take="Role", missing=GONE),
        *policy_reads("Role"),
    ),
    skips=(
        Skip(
            when="starts_with(Path, '/aws-service-role/')",
            reason="a service-linked role: its service makes it again",
        ),
        Skip(
            when="starts_with(Path, '/aws-reserved/')",
            reason="made by IAM Identity Center, which makes it again",
        ),
    ),
    tags="Tags",
    derive=BOUNDARY,
    create=Step(operation="CreateRole", tags="Tags"),
    configure=policy_steps("Role"),
    handles=(Handle(name="RoleName"),),
    waiter=Waiter(name="RoleExists", bind=same("RoleName")),
    sets=SETS,
    volatile=("RoleLastUsed",),
    nuke="IAMRole",
    writes_too=("iam:TagRole",),
    notes="The new role has a new RoleId: policies that name it must be put again.",
)

POLICY = ResourceType(
    service="iam",
    name="policy",
    scope=Scope.GLOBAL,
    key="{Arn}",
    arn="{Arn}",
    identifiers=("{PolicyId}",),
    lists=(Listing(operation="ListPolicies", take="Policies", constants={"Scope": "Local"}),),
    reads=(
        Reading(operation="GetPolicy", args={"PolicyArn": "Arn"}, take="Policy", missing=GONE),
        Reading(
            operation="GetPolicyVersion",
            args={"PolicyArn": "Arn", "VersionId": "DefaultVersionId"},
            take="PolicyVersion.{PolicyDocument: Document}",
            missing=GONE,
        ),
    ),
    tags="Tags",
    create=Step(operation="CreatePolicy", tags="Tags"),
    handles=(Handle(name="PolicyArn", answer="Policy.Arn", known="Arn"),),
    waiter=Waiter(name="PolicyExists", bind=same("PolicyArn")),
    volatile=("AttachmentCount", "PermissionsBoundaryUsageCount"),
    nuke="IAMPolicy",
    writes_too=("iam:TagPolicy",),
    notes="The default version only. Policies of AWS are not listed.",
)

USER = ResourceType(
    service="iam",
    name="user",
    scope=Scope.GLOBAL,
    key="{UserName}",
    arn="{Arn}",
    identifiers=("{UserId}",),
    lists=(Listing(operation="ListUsers", take="Users"),),
    reads=(
        Reading(operation="GetUser", args=same("UserName"), take="User", missing=GONE),
        *policy_reads("User"),
        Reading(
            operation="ListGroupsForUser",
            args=same("UserName"),
            take="Groups[].{GroupName: GroupName}",
            into="Groups",
        ),
    ),
    tags="Tags",
    derive=BOUNDARY,
    create=Step(operation="CreateUser", tags="Tags"),
    configure=(
        # A user whom somebody has made again already, for a login, gets the tags this way.
        Step(operation="TagUser", tags="Tags"),
        *policy_steps("User"),
        Step(operation="AddUserToGroup", each="Groups"),
    ),
    handles=(Handle(name="UserName"),),
    waiter=Waiter(name="UserExists", bind=same("UserName")),
    sets=(*SETS, "Groups"),
    volatile=("PasswordLastUsed",),
    nuke="IAMUser",
    writes_too=("iam:TagUser",),
    notes="Password, access keys and MFA devices can not be read.",
)

GROUP = ResourceType(
    service="iam",
    name="group",
    scope=Scope.GLOBAL,
    key="{GroupName}",
    arn="{Arn}",
    identifiers=("{GroupId}",),
    lists=(Listing(operation="ListGroups", take="Groups"),),
    reads=policy_reads("Group"),
    create=Step(operation="CreateGroup"),
    configure=policy_steps("Group"),
    handles=(Handle(name="GroupName"),),
    sets=SETS,
    nuke="IAMGroup",
    notes="Members stand with the users.",
)

INSTANCE_PROFILE = ResourceType(
    service="iam",
    name="instance-profile",
    scope=Scope.GLOBAL,
    key="{InstanceProfileName}",
    arn="{Arn}",
    identifiers=("{InstanceProfileId}",),
    lists=(Listing(operation="ListInstanceProfiles", take="InstanceProfiles"),),
    reads=(
        Reading(
            operation="GetInstanceProfile",
            args=same("InstanceProfileName"),
            take="InstanceProfile",
            missing=GONE,
        ),
    ),
    tags="Tags",
    derive={"RoleNames": "Roles[].{RoleName: RoleName}"},
    create=Step(operation="CreateInstanceProfile", tags="Tags"),
    configure=(Step(operation="AddRoleToInstanceProfile", each="RoleNames"),),
    handles=(Handle(name="InstanceProfileName"),),
    waiter=Waiter(name="InstanceProfileExists", bind=same("InstanceProfileName")),
    volatile=("Roles",),
    nuke="IAMInstanceProfile",
    writes_too=("iam:PassRole", "iam:TagInstanceProfile"),
)

OIDC_PROVIDER = ResourceType(
    service="iam",
    name="oidc-provider",
    scope=Scope.GLOBAL,
    key="{Arn}",
    arn="{Arn}",
    lists=(Listing(operation="ListOpenIDConnectProviders", take="OpenIDConnectProviderList"),),
    reads=(
        Reading(
            operation="GetOpenIDConnectProvider",
            args={"OpenIDConnectProviderArn": "Arn"},
            missing=GONE,
        ),
    ),
    tags="Tags",
    # The address is told without its scheme, and wanted with it.
    derive={"Url": "join('', ['https://', Url])"},
    create=Step(operation="CreateOpenIDConnectProvider", tags="Tags"),
    handles=(
        Handle(name="OpenIDConnectProviderArn", answer="OpenIDConnectProviderArn", known="Arn"),
    ),
    sets=("ClientIDList", "ThumbprintList"),
    nuke="IAMOpenIDConnectProvider",
    writes_too=("iam:TagOpenIDConnectProvider",),
    notes="A cluster made again has another issuer: its address comes through the id map.",
)

ACCESS_KEY = ResourceType(
    service="iam",
    name="access-key",
    scope=Scope.GLOBAL,
    key="{UserName}/{AccessKeyId}",
    identifiers=("{AccessKeyId}",),
    lists=(
        Listing(operation="ListUsers", take="Users[].{UserName: UserName}"),
        Listing(
            operation="ListAccessKeys",
            args=same("UserName"),
            take="AccessKeyMetadata",
            empty=GONE,
        ),
    ),
    nuke="IAMUserAccessKey",
    reason="AWS shows the secret once, when the key is made; hand out a new key",
)

LOGIN_PROFILE = ResourceType(
    service="iam",
    name="login-profile",
    scope=Scope.GLOBAL,
    key="{UserName}",
    lists=(
        Listing(operation="ListUsers", take="Users[].{UserName: UserName}"),
        Listing(
            operation="GetLoginProfile",
            args=same("UserName"),
            take="[LoginProfile]",
            empty=GONE,
        ),
    ),
    nuke="IAMLoginProfile",
    reason="a password can not be read; set a new one",
)

IAM = (
    ROLE,
    POLICY,
    USER,
    GROUP,
    INSTANCE_PROFILE,
    OIDC_PROVIDER,
    ACCESS_KEY,
    LOGIN_PROFILE,
)
