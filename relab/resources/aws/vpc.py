"""The network itself: VPCs, subnets, and the gateways at their edges."""

from relab.resources.model import (
    Handle,
    Listing,
    Reading,
    Removal,
    ResourceType,
    Skip,
    Step,
    Waiter,
    one_each,
    same,
)

_ARN = "arn:{partition}:ec2:{region}:{account}:"
_ATTRIBUTES = ("EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics")
_SWITCHES = ("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "EnableDns64")
_NAMES = "PrivateDnsNameOptionsOnLaunch"
_RECORDS = ("EnableResourceNameDnsARecord", "EnableResourceNameDnsAAAARecord")


def _attribute(name: str) -> Reading:
    return Reading(
        operation="DescribeVpcAttribute",
        args=same("VpcId"),
        constants={"Attribute": name[0].lower() + name[1:]},
        take=name,
        into=name,
    )


def home_of(vpcs: str) -> Reading:
    """Return the reading that tells of each of `vpcs` (an expression) whether it is the default."""
    return Reading(
        operation="DescribeVpcs",
        over=vpcs,
        args={"VpcIds": "[element]"},
        take="Vpcs[0].{IsDefault: IsDefault}",
        into="Homes",
        missing=("InvalidVpcID.NotFound",),
    )


OF_DEFAULT_VPC = Skip(when="Homes[?IsDefault]", reason="a part of the default VPC")
VPC = ResourceType(
    service="ec2",
    name="vpc",
    key="{VpcId}",
    arn=_ARN + "vpc/{VpcId}",
    identifiers=("{VpcId}",),
    lists=(Listing(operation="DescribeVpcs", take="Vpcs"),),
    reads=tuple(_attribute(name) for name in _ATTRIBUTES),
    skips=(Skip(when="IsDefault", reason="the default VPC: CreateDefaultVpc makes it again"),),
    tags="Tags",
    tag_type="vpc",
    derive={
        "AmazonProvidedIpv6CidrBlock": (
            "length(not_null(Ipv6CidrBlockAssociationSet, `[]`)[?Ipv6Pool == 'Amazon']) > `0`"
            " || `null`"
        ),
        "CidrBlocks": (
            "without(CidrBlockAssociationSet[?CidrBlockState.State == 'associated']"
            ".{CidrBlock: CidrBlock}, 'CidrBlock', CidrBlock)"
        ),
        "Attributes": one_each(f"{name}: {name}" for name in _ATTRIBUTES),
    },
    create=Step(
        operation="CreateVpc",
        tags="TagSpecifications",
        omit=("DryRun", "VpcEncryptionControl"),
    ),
    configure=(
        Step(operation="AssociateVpcCidrBlock", each="CidrBlocks"),
        Step(operation="ModifyVpcAttribute", each="Attributes"),
    ),
    handles=(Handle(name="VpcId", answer="Vpc.VpcId"),),
    waiter=Waiter(name="VpcAvailable", bind={"VpcIds": "VpcId"}),
    remove=(Removal(operation="DeleteVpc", args=same("VpcId")),),
    sets=("CidrBlocks",),
    nuke="EC2VPC",
    writes_too=("ec2:CreateTags",),
    notes="IPv6 ranges of AWS come back with other numbers. DHCP options are only observed.",
)

SUBNET = ResourceType(
    service="ec2",
    name="subnet",
    key="{SubnetId}",
    arn="{SubnetArn}",
    identifiers=("{SubnetId}",),
    lists=(Listing(operation="DescribeSubnets", take="Subnets"),),
    skips=(Skip(when="DefaultForAz", reason="a part of the default VPC"),),
    tags="Tags",
    tag_type="subnet",
    derive={
        "Ipv6CidrBlock": (
            "Ipv6CidrBlockAssociationSet[?Ipv6CidrBlockState.State == 'associated']"
            ".Ipv6CidrBlock | [0]"
        ),
        "Attributes": one_each(
            (
                *(f"{name}: {{Value: {name}}}" for name in _SWITCHES),
                f"PrivateDnsHostnameTypeOnLaunch: {_NAMES}.HostnameType",
                *(f"{name}OnLaunch: {{Value: {_NAMES}.{name}}}" for name in _RECORDS),
            )
        ),
    },
    create=Step(
        operation="CreateSubnet",
        tags="TagSpecifications",
        # The zone's name says where; its id is another word for it, and one may not give both.
        omit=("DryRun", "AvailabilityZoneId"),
    ),
    configure=(Step(operation="ModifySubnetAttribute", each="Attributes"),),
    handles=(Handle(name="SubnetId", answer="Subnet.SubnetId"),),
    waiter=Waiter(name="SubnetAvailable", bind={"SubnetIds": "SubnetId"}),
    remove=(Removal(operation="DeleteSubnet", args=same("SubnetId")),),
    volatile=("AvailableIpAddressCount",),
    nuke="EC2Subnet",
    writes_too=("ec2:CreateTags",),
)

INTERNET_GATEWAY = ResourceType(
    service="ec2",
    name="internet-gateway",
    key="{InternetGatewayId}",
    arn=_ARN + "internet-gateway/{InternetGatewayId}",
    identifiers=("{InternetGatewayId}",),
    lists=(Listing(operation="DescribeInternetGateways", take="InternetGateways"),),
    reads=(home_of("Attachments[].VpcId"),),
    skips=(OF_DEFAULT_VPC,),
    tags="Tags",
    tag_type="internet-gateway",
    create=Step(operation="CreateInternetGateway", tags="TagSpecifications", omit=("DryRun",)),
    configure=(
        Step(
            operation="AttachInternetGateway",
            each="Attachments",
            undo=Removal(
                operation="DetachInternetGateway", args=same("InternetGatewayId", "VpcId")
            ),
        ),
    ),
    handles=(Handle(name="InternetGatewayId", answer="InternetGateway.InternetGatewayId"),),
    waiter=Waiter(name="InternetGatewayExists", bind={"InternetGatewayIds": "InternetGatewayId"}),
    loosen=(
        Removal(
            operation="DetachInternetGateway",
            args=same("InternetGatewayId", "VpcId"),
            over="Attachments",
        ),
    ),
    remove=(Removal(operation="DeleteInternetGateway", args=same("InternetGatewayId")),),
    nuke="EC2InternetGateway",
    writes_too=("ec2:CreateTags",),
)

_ACTIVE = "NatGatewayAddresses[?Status != 'failed']"
NAT_GATEWAY = ResourceType(
    service="ec2",
    name="nat-gateway",
    key="{NatGatewayId}",
    arn=_ARN + "natgateway/{NatGatewayId}",
    identifiers=("{NatGatewayId}",),
    lists=(Listing(operation="DescribeNatGateways", take="NatGateways"),),
    skips=(
        Skip(
            when="State == 'deleted' || State == 'deleting' || State == 'failed'",
            reason="it is gone, or was never there",
        ),
    ),
    tags="Tags",
    tag_type="natgateway",
    derive={
        "AllocationId": f"(({_ACTIVE} | [?IsPrimary]) || {_ACTIVE}) | [0].AllocationId",
        "SecondaryAllocationIds": f"{_ACTIVE} | [?IsPrimary == `false`].AllocationId",
        "PrivateIpAddress": f"ConnectivityType == 'private' && ({_ACTIVE} | [0].PrivateIp)",
    },
    create=Step(
        operation="CreateNatGateway",
        tags="TagSpecifications",
        # A zonal gateway names its subnet, and that its VPC.
        omit=("DryRun", "VpcId", "AvailabilityMode"),
    ),
    handles=(Handle(name="NatGatewayId", answer="NatGateway.NatGatewayId"),),
    waiter=Waiter(name="NatGatewayAvailable", bind={"NatGatewayIds": "NatGatewayId"}),
    remove=(Removal(operation="DeleteNatGateway", args=same("NatGatewayId")),),
    gone=Waiter(name="NatGatewayDeleted", bind={"NatGatewayIds": "NatGatewayId"}),
    sets=("SecondaryAllocationIds",),
    nuke="EC2NATGateway",
    writes_too=("ec2:CreateTags",),
    notes="A public one gets a private address by chance. Regional gateways are not restored yet.",
)

ELASTIC_IP = ResourceType(
    service="ec2",
    name="elastic-ip",
    key="{AllocationId}",
    arn=_ARN + "elastic-ip/{AllocationId}",
    identifiers=("{AllocationId}", "{PublicIp}"),
    lists=(Listing(operation="DescribeAddresses", take="Addresses"),),
    skips=(
        Skip(when="ServiceManaged", reason="an address of another service, which makes it again"),
        Skip(when="!AllocationId", reason="an address of EC2-Classic, which is no more"),
    ),
    tags="Tags",
    tag_type="elastic-ip",
    create=Step(operation="AllocateAddress", tags="TagSpecifications", omit=("DryRun",)),
    handles=(Handle(name="AllocationId", answer="AllocationId"),),
    remove=(
        Removal(
            operation="DisassociateAddress",
            asks=(
                Reading(
                    operation="DescribeAddresses",
                    args={"AllocationIds": "[AllocationId]"},
                    take="Addresses[].AssociationId",
                    into="Links",
                    missing=("InvalidAllocationID.NotFound",),
                ),
            ),
            over="Links",
            args={"AssociationId": "element"},
        ),
        Removal(operation="ReleaseAddress", args=same("AllocationId")),
    ),
    nuke="EC2Address",
    writes_too=("ec2:CreateTags",),
    notes="The number is another one: firewalls outside that allow the old one must learn it.",
)

NETWORK = (VPC, SUBNET, INTERNET_GATEWAY, NAT_GATEWAY, ELASTIC_IP)
