"""What IAM roles, users and groups share: inline policies, attached ones, boundaries, tags."""

from relab.resources.model import Reading, Removal, Step, same

GONE = ("NoSuchEntity",)
BOUNDARY = {"PermissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn"}
SETS = ("InlinePolicies", "AttachedPolicies")


def policy_reads(kind: str) -> tuple[Reading, ...]:
    """Return the readings of the policies of a `Role`, `User` or `Group`."""
    named = {f"{kind}Name": f"{kind}Name"}
    return (
        Reading(
            operation=f"List{kind}Policies",
            args=named,
            take="PolicyNames",
            into="InlinePolicyNames",
        ),
        Reading(
            operation=f"Get{kind}Policy",
            args={**named, "PolicyName": "element"},
            take="{PolicyName: PolicyName, PolicyDocument: PolicyDocument}",
            over="InlinePolicyNames",
            into="InlinePolicies",
        ),
        Reading(
            operation=f"ListAttached{kind}Policies",
            args=named,
            take="AttachedPolicies",
            into="AttachedPolicies",
        ),
    )


def policy_steps(kind: str) -> tuple[Step, ...]:
    """Return the calls that put those policies back."""
    return (
        Step(
            operation=f"Put{kind}Policy",
            each="InlinePolicies",
            undo=Removal(operation=f"Delete{kind}Policy", args=_named(kind, "PolicyName")),
        ),
        Step(
            operation=f"Attach{kind}Policy",
            each="AttachedPolicies",
            undo=Removal(operation=f"Detach{kind}Policy", args=_named(kind, "PolicyArn")),
        ),
    )


def boundary_step(kind: str) -> Step:
    """Return the call that sets the permissions boundary of a `Role` or `User` that stands."""
    name = f"{kind}Name"
    undo = Removal(operation=f"Delete{kind}PermissionsBoundary", args=same(name))
    return Step(
        operation=f"Put{kind}PermissionsBoundary", takes=same("PermissionsBoundary"), undo=undo
    )


def policy_removals(kind: str) -> tuple[Removal, ...]:
    """Return the calls that take them off, without which nothing that has them can be removed."""
    return (
        Removal(
            operation=f"Delete{kind}Policy",
            args=_named(kind, "PolicyName"),
            over="InlinePolicies",
        ),
        Removal(
            operation=f"Detach{kind}Policy",
            args=_named(kind, "PolicyArn"),
            over="AttachedPolicies",
        ),
    )


def _named(kind: str, member: str) -> dict[str, str]:
    return same(f"{kind}Name", member)
