"""What IAM roles, users and groups share: inline policies, attached ones, boundaries, tags."""

from relab.resources.model import Reading, Step

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
        Step(operation=f"Put{kind}Policy", each="InlinePolicies"),
        Step(operation=f"Attach{kind}Policy", each="AttachedPolicies"),
    )
