"""ECR repositories and the settings of the registry; the images are data and stand elsewhere."""

from relab.resources.model import Handle, Listing, Reading, Removal, ResourceType, Step, same

_NAMED = {"repositoryName": "repositoryName"}

REPOSITORY = ResourceType(
    service="ecr",
    name="repository",
    key="{repositoryName}",
    arn="{repositoryArn}",
    identifiers=("{repositoryUri}",),
    lists=(Listing(operation="DescribeRepositories", take="repositories"),),
    reads=(
        Reading(
            operation="GetRepositoryPolicy",
            args=_NAMED,
            take="policyText",
            into="policyText",
            missing=("RepositoryPolicyNotFoundException",),
        ),
        Reading(
            operation="GetLifecyclePolicy",
            args=_NAMED,
            take="lifecyclePolicyText",
            into="lifecyclePolicyText",
            missing=("LifecyclePolicyNotFoundException",),
        ),
        Reading(
            operation="ListTagsForResource",
            args={"resourceArn": "repositoryArn"},
            take="tags",
            into="tags",
        ),
    ),
    tags="tags",
    create=Step(
        operation="CreateRepository",
        tags="tags",
        omit=("registryId", "imageTagMutability", "imageTagMutabilityExclusionFilters"),
    ),
    configure=(
        Step(
            operation="SetRepositoryPolicy",
            takes=same("policyText"),
            undo=Removal(operation="DeleteRepositoryPolicy", args=_NAMED),
        ),
        # Immutable tags and expiry rules would work against the images that are still to come.
        Step(
            operation="PutImageTagMutability",
            takes=same("imageTagMutability", "imageTagMutabilityExclusionFilters"),
            late=True,
        ),
        Step(
            operation="PutLifecyclePolicy",
            takes=same("lifecyclePolicyText"),
            late=True,
            undo=Removal(operation="DeleteLifecyclePolicy", args=_NAMED),
        ),
    ),
    handles=(Handle(name="repositoryName"),),
    # With all images in it.
    remove=(Removal(operation="DeleteRepository", args=_NAMED, constants={"force": True}),),
    nuke="ECRRepository",
    writes_too=("ecr:TagResource",),
    notes="Images are data.",
)

REGISTRY = ResourceType(
    service="ecr",
    name="registry",
    key="{registryId}",
    lists=(Listing(operation="DescribeRegistry", take="[@]"),),
    reads=(
        Reading(
            operation="GetRegistryScanningConfiguration",
            args={},
            take="scanningConfiguration",
            into="scanningConfiguration",
        ),
        Reading(
            operation="GetRegistryPolicy",
            args={},
            take="policyText",
            into="policyText",
            missing=("RegistryPolicyNotFoundException",),
        ),
    ),
    derive={
        "scanType": "scanningConfiguration.scanType",
        "rules": "scanningConfiguration.rules",
    },
    configure=(
        Step(operation="PutRegistryScanningConfiguration", takes=same("scanType", "rules")),
        Step(
            operation="PutRegistryPolicy",
            takes=same("policyText"),
            undo=Removal(operation="DeleteRegistryPolicy"),
        ),
        Step(
            operation="PutReplicationConfiguration",
            takes=same("replicationConfiguration"),
            late=True,
        ),
    ),
    stays="every region has these settings: they can only be set otherwise",
    no_nuke=(
        "settings are no resource there; AWS::ECR::RegistryPolicy and "
        "AWS::ECR::ReplicationConfiguration cover two of them"
    ),
    notes="One a region. Settings of it that were never made come back as their defaults.",
)

PULL_THROUGH = ResourceType(
    service="ecr",
    name="pull-through-cache-rule",
    key="{ecrRepositoryPrefix}",
    lists=(Listing(operation="DescribePullThroughCacheRules", take="pullThroughCacheRules"),),
    create=Step(operation="CreatePullThroughCacheRule", omit=("registryId",)),
    handles=(Handle(name="ecrRepositoryPrefix"),),
    remove=(Removal(operation="DeletePullThroughCacheRule", args=same("ecrRepositoryPrefix")),),
    volatile=("updatedAt",),
    nuke="AWS::ECR::PullThroughCacheRule",
    writes_too=("iam:CreateServiceLinkedRole",),
)
