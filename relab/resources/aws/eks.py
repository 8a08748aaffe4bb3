"""EKS: clusters and all that hangs on them."""

from relab.resources.model import (
    Handle,
    Listing,
    Owner,
    Reading,
    Removal,
    ResourceType,
    Skip,
    Step,
    Waiter,
    same,
)

_GONE = ("ResourceNotFoundException",)
_CLUSTER = Handle(name="clusterName")
_CLUSTERS = Listing(operation="ListClusters", take="clusters[].{clusterName: @}")


def _inside(operation: str, take: str) -> tuple[Listing, ...]:
    inner = Listing(operation=operation, args=same("clusterName"), take=take, empty=_GONE)
    return (_CLUSTERS, inner)


CLUSTER = ResourceType(
    service="eks",
    name="cluster",
    key="{name}",
    arn="{arn}",
    identifiers=(
        "{endpoint}",
        "{identity.oidc.issuer}",
        # Trust policies name the issuer without its scheme.
        "{tail(identity.oidc.issuer, '//')}",
        "{resourcesVpcConfig.clusterSecurityGroupId}",
    ),
    lists=(Listing(operation="ListClusters", take="clusters[].{name: @}"),),
    reads=(Reading(operation="DescribeCluster", args=same("name"), take="cluster", missing=_GONE),),
    skips=(
        Skip(when="connectorConfig", reason="only registered here: it runs elsewhere"),
        Skip(when="status == 'DELETING'", reason="it is going"),
    ),
    tags="tags",
    create=Step(operation="CreateCluster", tags="tags"),
    handles=(Handle(name="name"),),
    waiter=Waiter(name="ClusterActive", bind=same("name")),
    remove=(Removal(operation="DeleteCluster", args=same("name")),),
    gone=Waiter(name="ClusterDeleted", bind=same("name")),
    sets=(
        "resourcesVpcConfig.subnetIds",
        "resourcesVpcConfig.securityGroupIds",
        "resourcesVpcConfig.publicAccessCidrs",
    ),
    volatile=("clientRequestToken",),
    nuke="EKSCluster",
    writes_too=("eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole"),
    notes="A new one has another endpoint, certificate and issuer; whoever made it is its admin.",
)

NODEGROUP = ResourceType(
    service="eks",
    name="nodegroup",
    key="{clusterName}/{nodegroupName}",
    arn="{nodegroupArn}",
    lists=_inside("ListNodegroups", "nodegroups[].{nodegroupName: @}"),
    reads=(
        Reading(
            operation="DescribeNodegroup",
            args=same("clusterName", "nodegroupName"),
            take="nodegroup",
            missing=_GONE,
        ),
    ),
    tags="tags",
    derive={
        # A template is told by name and id, and wanted by one of them.
        "launchTemplate": (
            "launchTemplate && {id: launchTemplate.id, version: launchTemplate.version,"
            " name: !(launchTemplate.id) && launchTemplate.name || `null`}"
        ),
        # A custom image and a template that names one leave no say in versions.
        "version": "amiType != 'CUSTOM' && version",
        "releaseVersion": "amiType != 'CUSTOM' && releaseVersion",
    },
    create=Step(operation="CreateNodegroup", tags="tags"),
    handles=(_CLUSTER, Handle(name="nodegroupName")),
    waiter=Waiter(name="NodegroupActive", bind=same("clusterName", "nodegroupName")),
    remove=(Removal(operation="DeleteNodegroup", args=same("clusterName", "nodegroupName")),),
    gone=Waiter(name="NodegroupDeleted", bind=same("clusterName", "nodegroupName")),
    sets=("subnets", "taints"),
    nuke="EKSNodegroup",
    writes_too=("eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole"),
)

FARGATE_PROFILE = ResourceType(
    service="eks",
    name="fargate-profile",
    key="{clusterName}/{fargateProfileName}",
    arn="{fargateProfileArn}",
    lists=_inside("ListFargateProfiles", "fargateProfileNames[].{fargateProfileName: @}"),
    reads=(
        Reading(
            operation="DescribeFargateProfile",
            args=same("clusterName", "fargateProfileName"),
            take="fargateProfile",
            missing=_GONE,
        ),
    ),
    tags="tags",
    create=Step(operation="CreateFargateProfile", tags="tags"),
    handles=(_CLUSTER, Handle(name="fargateProfileName")),
    waiter=Waiter(name="FargateProfileActive", bind=same("clusterName", "fargateProfileName")),
    remove=(
        Removal(operation="DeleteFargateProfile", args=same("clusterName", "fargateProfileName")),
    ),
    gone=Waiter(name="FargateProfileDeleted", bind=same("clusterName", "fargateProfileName")),
    sets=("subnets", "selectors"),
    nuke="EKSFargateProfile",
    writes_too=("eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole"),
)

ADDON = ResourceType(
    service="eks",
    name="addon",
    key="{clusterName}/{addonName}",
    arn="{addonArn}",
    lists=_inside("ListAddons", "addons[].{addonName: @}"),
    reads=(
        Reading(
            operation="DescribeAddon",
            args=same("clusterName", "addonName"),
            take="addon",
            missing=_GONE,
        ),
        Reading(
            operation="DescribePodIdentityAssociation",
            over="podIdentityAssociations[].{associationId: tail(@, '/')}",
            args=same("clusterName", "associationId"),
            take="association.{serviceAccount: serviceAccount, roleArn: roleArn}",
            into="podIdentities",
            missing=_GONE,
        ),
    ),
    tags="tags",
    derive={"podIdentityAssociations": "podIdentities"},
    create=Step(operation="CreateAddon", tags="tags", constants={"resolveConflicts": "OVERWRITE"}),
    handles=(_CLUSTER, Handle(name="addonName")),
    waiter=Waiter(name="AddonActive", bind=same("clusterName", "addonName")),
    remove=(Removal(operation="DeleteAddon", args=same("clusterName", "addonName")),),
    gone=Waiter(name="AddonDeleted", bind=same("clusterName", "addonName")),
    sets=("podIdentityAssociations",),
    no_nuke="aws-nuke does not know add-ons; they go with their cluster",
    writes_too=("eks:TagResource", "iam:PassRole"),
)

ACCESS_ENTRY = ResourceType(
    service="eks",
    name="access-entry",
    key="{clusterName}/{principalArn}",
    arn="{accessEntryArn}",
    lists=_inside("ListAccessEntries", "accessEntries[].{principalArn: @}"),
    reads=(
        Reading(
            operation="DescribeAccessEntry",
            args=same("clusterName", "principalArn"),
            take="accessEntry",
            missing=_GONE,
        ),
        Reading(
            operation="ListAssociatedAccessPolicies",
            args=same("clusterName", "principalArn"),
            take="associatedAccessPolicies[].{policyArn: policyArn, accessScope: accessScope}",
            into="accessPolicies",
        ),
    ),
    skips=(
        Skip(
            when="contains(principalArn, ':role/aws-service-role/')",
            reason="an entry of EKS itself, which makes it again",
        ),
    ),
    tags="tags",
    derive={
        # Entries of nodes get their name and groups from EKS, and refuse any other.
        "kubernetesGroups": "type == 'STANDARD' && kubernetesGroups",
        "username": "type == 'STANDARD' && username",
    },
    create=Step(operation="CreateAccessEntry", tags="tags"),
    updates=(Step(operation="UpdateAccessEntry", takes=same("kubernetesGroups", "username")),),
    configure=(
        Step(
            operation="AssociateAccessPolicy",
            each="accessPolicies",
            undo=Removal(
                operation="DisassociateAccessPolicy",
                args=same("clusterName", "principalArn", "policyArn"),
            ),
        ),
    ),
    handles=(_CLUSTER, Handle(name="principalArn")),
    remove=(Removal(operation="DeleteAccessEntry", args=same("clusterName", "principalArn")),),
    sets=("kubernetesGroups", "accessPolicies"),
    no_nuke="aws-nuke does not know access entries; they go with their cluster",
    writes_too=("eks:TagResource",),
    notes="The entries of a cluster's maker and of its node groups are there when those are.",
)

POD_IDENTITY = ResourceType(
    service="eks",
    name="pod-identity-association",
    key="{clusterName}/{namespace}/{serviceAccount}",
    arn="{associationArn}",
    identifiers=("{associationId}",),
    lists=_inside("ListPodIdentityAssociations", "associations"),
    reads=(
        Reading(
            operation="DescribePodIdentityAssociation",
            args=same("clusterName", "associationId"),
            take="association",
            missing=_GONE,
        ),
    ),
    owners=(
        Owner(
            when="contains(not_null(ownerArn, ''), ':addon/')",
            type="eks.addon",
            key="{clusterName}/{part(ownerArn, '/', `2`)}",
        ),
    ),
    tags="tags",
    create=Step(operation="CreatePodIdentityAssociation", tags="tags"),
    handles=(_CLUSTER, Handle(name="associationId", answer="association.associationId")),
    remove=(
        Removal(
            operation="DeletePodIdentityAssociation", args=same("clusterName", "associationId")
        ),
    ),
    no_nuke="aws-nuke does not know them; they go with their cluster",
    writes_too=("eks:TagResource", "iam:PassRole", "iam:GetRole"),
)

EKS = (CLUSTER, NODEGROUP, FARGATE_PROFILE, ADDON, ACCESS_ENTRY, POD_IDENTITY)
