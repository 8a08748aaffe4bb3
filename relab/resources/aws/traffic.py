"""What rules a VPC's traffic: routes, security groups, network ACLs, endpoints, flow logs."""

from relab.resources.aws.vpc import OF_DEFAULT_VPC, home_of
from relab.resources.model import (
    Handle,
    Listing,
    Lookup,
    Owner,
    Reading,
    ResourceType,
    Skip,
    Step,
    Waiter,
    same,
)

_ARN = "arn:{partition}:ec2:{region}:{account}:"
_EVERYWHERE = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


def _of_vpc(when: str) -> tuple[Owner, ...]:
    return (Owner(when=when, type="ec2.vpc", key="{VpcId}"),)


def _home(when: str) -> tuple[Reading, ...]:
    return (home_of(f"({when}) && [VpcId] || `[]`"),)


_MAIN = "length(Associations[?Main]) > `0`"
_DEFAULT_GROUP = "GroupName == 'default'"


ROUTE_TABLE = ResourceType(
    service="ec2",
    name="route-table",
    key="{RouteTableId}",
    arn=_ARN + "route-table/{RouteTableId}",
    identifiers=("{RouteTableId}",),
    lists=(Listing(operation="DescribeRouteTables", take="RouteTables"),),
    owners=_of_vpc(_MAIN),
    skips=(OF_DEFAULT_VPC,),
    reads=_home(_MAIN),
    tags="Tags",
    tag_type="route-table",
    derive={
        # Routes to a gateway endpoint come with the endpoint, local ones with the VPC.
        "Routes": (
            "Routes[?Origin == 'CreateRoute' && !(DestinationPrefixListId &&"
            " starts_with(not_null(GatewayId, ''), 'vpce-'))]"
        ),
        "Associations": "Associations[?!Main].{SubnetId: SubnetId, GatewayId: GatewayId}",
    },
    create=Step(operation="CreateRouteTable", tags="TagSpecifications", omit=("DryRun",)),
    configure=(
        Step(operation="CreateRoute", each="Routes"),
        Step(operation="AssociateRouteTable", each="Associations"),
    ),
    handles=(Handle(name="RouteTableId", answer="RouteTable.RouteTableId"),),
    sets=("Routes", "Associations"),
    nuke="EC2RouteTable",
    writes_too=("ec2:CreateTags",),
    notes="A VPC's main table comes with the VPC; its routes are put on the new one.",
)

SECURITY_GROUP = ResourceType(
    service="ec2",
    name="security-group",
    key="{GroupId}",
    arn=_ARN + "security-group/{GroupId}",
    identifiers=("{GroupId}",),
    lists=(Listing(operation="DescribeSecurityGroups", take="SecurityGroups"),),
    owners=(
        *_of_vpc(_DEFAULT_GROUP),
        Owner(
            when="starts_with(GroupName, 'eks-cluster-sg-')",
            type="eks.cluster",
            key="{Tags[?Key == 'aws:eks:cluster-name'].Value | [0]}",
        ),
    ),
    skips=(OF_DEFAULT_VPC,),
    reads=_home(_DEFAULT_GROUP),
    tags="Tags",
    tag_type="security-group",
    create=Step(operation="CreateSecurityGroup", tags="TagSpecifications", omit=("DryRun",)),
    configure=(
        # A new group lets everything out, which the old one may not have done.
        Step(
            operation="RevokeSecurityGroupEgress",
            constants={"IpPermissions": _EVERYWHERE},
            always=True,
        ),
        Step(operation="AuthorizeSecurityGroupIngress", takes=same("IpPermissions")),
        Step(
            operation="AuthorizeSecurityGroupEgress",
            takes={"IpPermissions": "IpPermissionsEgress"},
        ),
    ),
    handles=(Handle(name="GroupId", answer="GroupId"),),
    waiter=Waiter(name="SecurityGroupExists", bind={"GroupIds": "GroupId"}),
    sets=tuple(
        f"{rules}{inner}"
        for rules in ("IpPermissions", "IpPermissionsEgress")
        for inner in (
            ".*.IpRanges",
            ".*.Ipv6Ranges",
            ".*.PrefixListIds",
            ".*.UserIdGroupPairs",
            "",
        )
    ),
    nuke="EC2SecurityGroup",
    writes_too=("ec2:CreateTags",),
    notes="Groups may name each other: all are made before any rule. Tags of rules are not read.",
)

_LINK = Lookup(
    member="AssociationId",
    by="SubnetId",
    operation="DescribeNetworkAcls",
    args={"Filters": [{"Name": "association.subnet-id", "Values": ["{SubnetId}"]}]},
    take="NetworkAcls[].Associations[] | [?SubnetId == '{SubnetId}'].NetworkAclAssociationId | [0]",
)
NETWORK_ACL = ResourceType(
    service="ec2",
    name="network-acl",
    key="{NetworkAclId}",
    arn=_ARN + "network-acl/{NetworkAclId}",
    identifiers=("{NetworkAclId}",),
    lists=(Listing(operation="DescribeNetworkAcls", take="NetworkAcls"),),
    owners=_of_vpc("IsDefault"),
    skips=(OF_DEFAULT_VPC,),
    reads=_home("IsDefault"),
    tags="Tags",
    tag_type="network-acl",
    derive={
        "Entries": "Entries[?RuleNumber < `32767`]",
        "SubnetAssociations": "Associations[].{SubnetId: SubnetId}",
    },
    create=Step(operation="CreateNetworkAcl", tags="TagSpecifications", omit=("DryRun",)),
    configure=(
        Step(operation="CreateNetworkAclEntry", each="Entries"),
        # Every subnet has an ACL from its first day; only the live account knows by which link.
        Step(
            operation="ReplaceNetworkAclAssociation",
            each="SubnetAssociations",
            lookups=(_LINK,),
        ),
    ),
    handles=(Handle(name="NetworkAclId", answer="NetworkAcl.NetworkAclId"),),
    sets=("Entries", "SubnetAssociations"),
    nuke="EC2NetworkACL",
    writes_too=("ec2:CreateTags",),
)

ENDPOINT = ResourceType(
    service="ec2",
    name="vpc-endpoint",
    key="{VpcEndpointId}",
    arn=_ARN + "vpc-endpoint/{VpcEndpointId}",
    identifiers=("{VpcEndpointId}", "{DnsEntries[0].DnsName}"),
    lists=(Listing(operation="DescribeVpcEndpoints", take="VpcEndpoints"),),
    skips=(
        Skip(
            when="RequesterManaged",
            reason="an endpoint of another service, which makes it again",
        ),
        Skip(when="State == 'deleted' || State == 'deleting'", reason="it is gone"),
    ),
    tags="Tags",
    tag_type="vpc-endpoint",
    derive={
        "SecurityGroupIds": "Groups[].GroupId",
        # The other kinds of endpoint have neither, and refuse even a false one.
        "PrivateDnsEnabled": "VpcEndpointType == 'Interface' && PrivateDnsEnabled || `null`",
        "DnsOptions": "VpcEndpointType == 'Interface' && DnsOptions",
    },
    create=Step(operation="CreateVpcEndpoint", tags="TagSpecifications", omit=("DryRun",)),
    handles=(Handle(name="VpcEndpointId", answer="VpcEndpoint.VpcEndpointId"),),
    sets=("RouteTableIds", "SubnetIds", "SecurityGroupIds"),
    nuke="EC2VPCEndpoint",
    writes_too=("ec2:CreateTags", "route53:AssociateVPCWithHostedZone"),
)

FLOW_LOG = ResourceType(
    service="ec2",
    name="flow-log",
    key="{FlowLogId}",
    arn=_ARN + "vpc-flow-log/{FlowLogId}",
    identifiers=("{FlowLogId}",),
    lists=(Listing(operation="DescribeFlowLogs", take="FlowLogs"),),
    tags="Tags",
    tag_type="vpc-flow-log",
    derive={
        "ResourceIds": "[ResourceId]",
        "ResourceType": (
            "(starts_with(ResourceId, 'vpc-') && 'VPC')"
            " || (starts_with(ResourceId, 'subnet-') && 'Subnet')"
            " || (starts_with(ResourceId, 'tgw-attach-') && 'TransitGatewayAttachment')"
            " || (starts_with(ResourceId, 'tgw-') && 'TransitGateway') || 'NetworkInterface'"
        ),
        # Both are told where one may be given.
        "LogGroupName": "!LogDestination && LogGroupName",
    },
    create=Step(operation="CreateFlowLogs", tags="TagSpecifications", omit=("DryRun",)),
    handles=(Handle(name="FlowLogId", answer="FlowLogIds[0]"),),
    no_nuke="aws-nuke does not know flow logs; they end with what they watch",
    writes_too=("ec2:CreateTags", "iam:PassRole", "logs:CreateLogDelivery"),
)

TRAFFIC = (ROUTE_TABLE, SECURITY_GROUP, NETWORK_ACL, ENDPOINT, FLOW_LOG)
