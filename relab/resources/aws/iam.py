"""IAM: roles, policies, users, groups, instance profiles, OIDC providers, and what has a secret."""

from relab.resources.aws.iam_parts import (
    BOUNDARY,
    GONE,
    SETS,
    boundary_step,
    policy_reads,
    policy_removals,
    policy_steps,
)
from relab.resources.model import (
    Handle,
    Listing,
    Reading,
    Removal,
    ResourceType,
    Scope,
    Skip,
    Step,
    Waiter,
    same,
)

# How they are listed, the member of the answer, what names one of them, and how it is removed.
_CREDENTIALS = (
    ("ListAccessKeys", "AccessKeyMetadata", "AccessKeyId", "DeleteAccessKey"),
    ("ListMFADevices", "MFADevices", "SerialNumber", "DeactivateMFADevice"),
    ("ListSigningCertificates", "Certificates", "CertificateId", "DeleteSigningCertificate"),
    ("ListSSHPublicKeys", "SSHPublicKeys", "SSHPublicKeyId", "DeleteSSHPublicKey"),
    (
        "ListServiceSpecificCredentials",
        "ServiceSpecificCredentials",
        "ServiceSpecificCredentialId",
        "DeleteServiceSpecificCredential",
    ),
)
_LOCKED_OUT = Skip(
    when="`true`",
    reason="whoever uses it would be locked out, and AWS shows a secret only once",
)


def _credentials(operation: str, listed: str, member: str, remove: str) -> Removal:
    asks = Reading(
        operation=operation,
        args=same("UserName"),
        take=f"{listed}[].{member}",
        into="Credentials",
        missing=GONE,
    )
    return Removal(
        operation=remove,
        asks=(asks,),
        over="Credentials",
        args={"UserName": "UserName", member: "element"},
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
    updates=(
        Step(
            operation="UpdateAssumeRolePolicy", takes={"PolicyDocument": "AssumeRolePolicyDocument"}
        ),
        Step(operation="UpdateRole", takes=same("Description", "MaxSessionDuration")),
        boundary_step("Role"),
    ),
    handles=(Handle(name="RoleName"),),
    waiter=Waiter(name="RoleExists", bind=same("RoleName")),
    loosen=(
        *policy_removals("Role"),
        Removal(
            operation="RemoveRoleFromInstanceProfile",
            asks=(
                Reading(
                    operation="ListInstanceProfilesForRole",
                    args=same("RoleName"),
                    take="InstanceProfiles[].InstanceProfileName",
                    into="Holders",
                    missing=GONE,
                ),
            ),
            over="Holders",
            args={"InstanceProfileName": "element", "RoleName": "RoleName"},
        ),
    ),
    remove=(Removal(operation="DeleteRole", args=same("RoleName")),),
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
    updates=(
        Step(
            operation="CreatePolicyVersion",
            takes=same("PolicyDocument"),
            constants={"SetAsDefault": True},
        ),
    ),
    handles=(Handle(name="PolicyArn", answer="Policy.Arn", known="Arn"),),
    waiter=Waiter(name="PolicyExists", bind=same("PolicyArn")),
    remove=(
        Removal(
            operation="DeletePolicyVersion",
            asks=(
                Reading(
                    operation="ListPolicyVersions",
                    args=same("PolicyArn"),
                    take="Versions[?!IsDefaultVersion].VersionId",
                    into="OldVersions",
                    missing=GONE,
                ),
            ),
            over="OldVersions",
            args={"PolicyArn": "PolicyArn", "VersionId": "element"},
        ),
        Removal(operation="DeletePolicy", args=same("PolicyArn")),
    ),
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
        Step(
            operation="TagUser",
            tags="Tags",
            undo=Removal(operation="UntagUser", args={"UserName": "UserName", "TagKeys": "[Key]"}),
        ),
        *policy_steps("User"),
        Step(
            operation="AddUserToGroup",
            each="Groups",
            undo=Removal(operation="RemoveUserFromGroup", args=same("UserName", "GroupName")),
        ),
    ),
    updates=(boundary_step("User"),),
    handles=(Handle(name="UserName"),),
    waiter=Waiter(name="UserExists", bind=same("UserName")),
    loosen=(
        *policy_removals("User"),
        Removal(operation="RemoveUserFromGroup", args=same("UserName", "GroupName"), over="Groups"),
    ),
    remove=(
        *(_credentials(*row) for row in _CREDENTIALS),
        Removal(operation="DeleteLoginProfile", args=same("UserName")),
        Removal(operation="DeleteUser", args=same("UserName")),
    ),
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
    loosen=policy_removals("Group"),
    remove=(
        Removal(
            operation="RemoveUserFromGroup",
            asks=(
                Reading(
                    operation="GetGroup",
                    args=same("GroupName"),
                    take="Users[].UserName",
                    into="Users",
                    missing=GONE,
                ),
            ),
            over="Users",
            args={"GroupName": "GroupName", "UserName": "element"},
        ),
        Removal(operation="DeleteGroup", args=same("GroupName")),
    ),
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
    configure=(
        Step(
            operation="AddRoleToInstanceProfile",
            each="RoleNames",
            undo=Removal(
                operation="RemoveRoleFromInstanceProfile",
                args=same("InstanceProfileName", "RoleName"),
            ),
        ),
    ),
    handles=(Handle(name="InstanceProfileName"),),
    waiter=Waiter(name="InstanceProfileExists", bind=same("InstanceProfileName")),
    loosen=(
        Removal(
            operation="RemoveRoleFromInstanceProfile",
            args=same("InstanceProfileName", "RoleName"),
            over="RoleNames",
        ),
    ),
    remove=(Removal(operation="DeleteInstanceProfile", args=same("InstanceProfileName")),),
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
    remove=(
        Removal(operation="DeleteOpenIDConnectProvider", args=same("OpenIDConnectProviderArn")),
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
    remove=(Removal(operation="DeleteAccessKey", args=same("UserName", "AccessKeyId")),),
    keeps=(_LOCKED_OUT,),
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
    remove=(Removal(operation="DeleteLoginProfile", args=same("UserName")),),
    keeps=(_LOCKED_OUT,),
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
