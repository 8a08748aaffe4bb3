"""What rules a VPC's traffic: routes, security groups, network ACLs, endpoints, flow logs."""

from relab.resources.aws.vpc import OF_DEFAULT_VPC, home_of
from relab.resources.model import (
    Handle,
    Listing,
    Lookup,
    Owner,
    Reading,
    Removal,
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


_ROUTE = Removal(
    operation="DeleteRoute",
    args=same(
        "RouteTableId",
        "DestinationCidrBlock",
        "DestinationIpv6CidrBlock",
        "DestinationPrefixListId",
    ),
)


def _revoke(operation: str, rules: str) -> Removal:
    return Removal(
        operation=operation,
        args={"GroupId": "GroupId", "IpPermissions": "Rules"},
        over=f"{rules}[].{{Rules: [@]}}",
    )


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
        Step(operation="CreateRoute", each="Routes", undo=_ROUTE),
        Step(operation="AssociateRouteTable", each="Associations"),
    ),
    handles=(Handle(name="RouteTableId", answer="RouteTable.RouteTableId"),),
    loosen=(
        Removal(
            operation="DisassociateRouteTable",
            asks=(
                Reading(
                    operation="DescribeRouteTables",
                    args={"RouteTableIds": "[RouteTableId]"},
                    take="RouteTables[].Associations[?!Main][].RouteTableAssociationId",
                    into="Links",
                    missing=("InvalidRouteTableID.NotFound",),
                ),
            ),
            over="Links",
            args={"AssociationId": "element"},
        ),
    ),
    remove=(Removal(operation="DeleteRouteTable", args=same("RouteTableId")),),
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
        Step(
            operation="AuthorizeSecurityGroupIngress",
            takes=same("IpPermissions"),
            undo=_revoke("RevokeSecurityGroupIngress", "IpPermissions"),
        ),
        Step(
            operation="AuthorizeSecurityGroupEgress",
            takes={"IpPermissions": "IpPermissionsEgress"},
            undo=_revoke("RevokeSecurityGroupEgress", "IpPermissionsEgress"),
        ),
    ),
    handles=(Handle(name="GroupId", answer="GroupId"),),
    waiter=Waiter(name="SecurityGroupExists", bind={"GroupIds": "GroupId"}),
    # Groups may name each other: all let go before any is removed.
    loosen=(
        _revoke("RevokeSecurityGroupIngress", "IpPermissions"),
        _revoke("RevokeSecurityGroupEgress", "IpPermissionsEgress"),
    ),
    remove=(Removal(operation="DeleteSecurityGroup", args=same("GroupId")),),
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
        Step(
            operation="CreateNetworkAclEntry",
            each="Entries",
            undo=Removal(
                operation="DeleteNetworkAclEntry",
                args=same("NetworkAclId", "RuleNumber", "Egress"),
            ),
        ),
        # Every subnet has an ACL from its first day; only the live account knows by which link.
        Step(
            operation="ReplaceNetworkAclAssociation",
            each="SubnetAssociations",
            lookups=(_LINK,),
        ),
    ),
    handles=(Handle(name="NetworkAclId", answer="NetworkAcl.NetworkAclId"),),
    loosen=(
        # A subnet is never without one: it gets the default one of its VPC.
        Removal(
            operation="ReplaceNetworkAclAssociation",
            asks=(
                Reading(
                    operation="DescribeNetworkAcls",
                    args={
                        "Filters": (
                            "[{Name: 'vpc-id', Values: [VpcId]},"
                            " {Name: 'default', Values: ['true']}]"
                        )
                    },
                    take="NetworkAcls[0].NetworkAclId",
                    into="Default",
                ),
                Reading(
                    operation="DescribeNetworkAcls",
                    args={"NetworkAclIds": "[NetworkAclId]"},
                    take="NetworkAcls[].Associations[].NetworkAclAssociationId",
                    into="Links",
                    missing=("InvalidNetworkAclID.NotFound",),
                ),
            ),
            over="Links",
            args={"AssociationId": "element", "NetworkAclId": "Default"},
        ),
    ),
    remove=(Removal(operation="DeleteNetworkAcl", args=same("NetworkAclId")),),
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
    remove=(
        Removal(
            operation="DeleteVpcEndpoints",
            args={"VpcEndpointIds": "[VpcEndpointId]"},
            refused="Unsuccessful",
        ),
    ),
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
    remove=(
        Removal(
            operation="DeleteFlowLogs",
            args={"FlowLogIds": "[FlowLogId]"},
            refused="Unsuccessful",
        ),
    ),
    no_nuke="aws-nuke does not know flow logs; they end with what they watch",
    writes_too=("ec2:CreateTags", "iam:PassRole", "logs:CreateLogDelivery"),
)

TRAFFIC = (ROUTE_TABLE, SECURITY_GROUP, NETWORK_ACL, ENDPOINT, FLOW_LOG)
