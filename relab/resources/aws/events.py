"""EventBridge buses and rules; a rule's targets stand with it."""

from relab.resources.model import (
    Handle,
    Listing,
    Reading,
    Removal,
    ResourceType,
    Skip,
    Step,
    same,
)

_TAGS = Reading(
    operation="ListTagsForResource",
    args={"ResourceARN": "Arn"},
    take="Tags",
    into="Tags",
)
_BUSES = Listing(operation="ListEventBuses", take="EventBuses[].{EventBusName: Name, BusArn: Arn}")

BUS = ResourceType(
    service="events",
    name="bus",
    key="{Name}",
    arn="{Arn}",
    lists=(Listing(operation="ListEventBuses", take="EventBuses"),),
    reads=(
        Reading(
            operation="DescribeEventBus",
            args=same("Name"),
            missing=("ResourceNotFoundException",),
        ),
        _TAGS,
    ),
    skips=(
        Skip(
            when="Name == 'default' && !Policy",
            reason="the default bus: it is always there, and nothing was changed on it",
        ),
    ),
    tags="Tags",
    create=Step(operation="CreateEventBus", tags="Tags", omit=("EventSourceName",)),
    configure=(
        Step(
            operation="PutPermission",
            takes=same("Policy"),
            bind={"EventBusName": "Name"},
            undo=Removal(
                operation="RemovePermission",
                args={"EventBusName": "Name"},
                constants={"RemoveAllPermissions": True},
            ),
        ),
    ),
    handles=(Handle(name="Name"),),
    remove=(Removal(operation="DeleteEventBus", args=same("Name")),),
    keeps=(Skip(when="Name == 'default'", reason="the default bus: it is always there"),),
    volatile=("LastModifiedTime",),
    nuke="CloudWatchEventsBuses",
    writes_too=("events:TagResource",),
)

RULE = ResourceType(
    service="events",
    name="rule",
    key="{EventBusName}/{Name}",
    arn="{Arn}",
    lists=(
        _BUSES,
        Listing(operation="ListRules", args=same("EventBusName"), take="Rules"),
    ),
    reads=(
        _TAGS,
        Reading(
            operation="ListTargetsByRule",
            args={"Rule": "Name", "EventBusName": "EventBusName"},
            take="Targets",
            into="Targets",
        ),
    ),
    skips=(Skip(when="ManagedBy", reason="a rule of another service, which makes it again"),),
    tags="Tags",
    create=Step(operation="PutRule", tags="Tags"),
    configure=(
        Step(
            operation="PutTargets",
            takes=same("Targets"),
            late=True,
            undo=Removal(
                operation="RemoveTargets",
                args={"Rule": "Rule", "EventBusName": "EventBusName", "Ids": "[Id]"},
                over="Targets",
                refused="FailedEntries",
            ),
        ),
    ),
    handles=(Handle(name="EventBusName"), Handle(name="Rule", known="Name")),
    loosen=(
        Removal(
            operation="RemoveTargets",
            args={"Rule": "Rule", "EventBusName": "EventBusName", "Ids": "[Id]"},
            over="Targets",
            refused="FailedEntries",
        ),
    ),
    remove=(Removal(operation="DeleteRule", args=same("Name", "EventBusName")),),
    sets=("Targets",),
    nuke="CloudWatchEventsRule",
    writes_too=("events:TagResource", "iam:PassRole"),
    notes="Targets come last, so that nothing fires while the rest is put back.",
)

EVENTS = (BUS, RULE)
