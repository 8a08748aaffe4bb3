"""CloudWatch: log groups, their filters, alarms, dashboards."""

from relab.resources.model import Handle, Listing, Reading, Removal, ResourceType, Step, same

GROUP = ResourceType(
    service="logs",
    name="group",
    key="{logGroupName}",
    arn="{logGroupArn}",
    identifiers=("{arn}",),
    lists=(
        Listing(
            operation="DescribeLogGroups",
            take="logGroups",
        ),
    ),
    reads=(
        Reading(
            operation="ListTagsForResource",
            args={"resourceArn": "logGroupArn"},
            take="tags",
            into="tags",
        ),
    ),
    tags="tags",
    create=Step(operation="CreateLogGroup", tags="tags"),
    configure=(
        Step(
            operation="PutRetentionPolicy",
            takes=same("retentionInDays"),
            undo=Removal(operation="DeleteRetentionPolicy", args=same("logGroupName")),
        ),
    ),
    handles=(Handle(name="logGroupName"),),
    remove=(Removal(operation="DeleteLogGroup", args=same("logGroupName")),),
    volatile=("storedBytes", "metricFilterCount"),
    nuke="CloudWatchLogsLogGroup",
    writes_too=("logs:TagResource",),
    notes="The log events can not be put back with their times and streams as they were.",
)

METRIC_FILTER = ResourceType(
    service="logs",
    name="metric-filter",
    key="{logGroupName}/{filterName}",
    lists=(Listing(operation="DescribeMetricFilters", take="metricFilters"),),
    create=Step(operation="PutMetricFilter"),
    handles=(Handle(name="logGroupName"), Handle(name="filterName")),
    remove=(Removal(operation="DeleteMetricFilter", args=same("logGroupName", "filterName")),),
    no_nuke="it goes with its log group",
)

SUBSCRIPTION_FILTER = ResourceType(
    service="logs",
    name="subscription-filter",
    key="{logGroupName}/{filterName}",
    lists=(
        Listing(operation="DescribeLogGroups", take="logGroups[].{logGroupName: logGroupName}"),
        Listing(
            operation="DescribeSubscriptionFilters",
            args=same("logGroupName"),
            take="subscriptionFilters",
            empty=("ResourceNotFoundException",),
        ),
    ),
    create=Step(operation="PutSubscriptionFilter", late=True),
    handles=(Handle(name="logGroupName"), Handle(name="filterName")),
    remove=(
        Removal(operation="DeleteSubscriptionFilter", args=same("logGroupName", "filterName")),
    ),
    no_nuke="it goes with its log group",
    writes_too=("iam:PassRole",),
)

_ALARM_SETS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_ALARM_STATE = (
    "StateValue",
    "StateReason",
    "StateReasonData",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
)
_ALARM_TAGS = Reading(
    operation="ListTagsForResource",
    args={"ResourceARN": "AlarmArn"},
    take="Tags",
    into="Tags",
)

METRIC_ALARM = ResourceType(
    service="cloudwatch",
    name="metric-alarm",
    key="{AlarmName}",
    arn="{AlarmArn}",
    lists=(
        Listing(
            operation="DescribeAlarms",
            constants={"AlarmTypes": ["MetricAlarm"]},
            take="MetricAlarms",
        ),
    ),
    reads=(_ALARM_TAGS,),
    tags="Tags",
    create=Step(operation="PutMetricAlarm", tags="Tags", late=True),
    handles=(Handle(name="AlarmName"),),
    remove=(Removal(operation="DeleteAlarms", args={"AlarmNames": "[AlarmName]"}),),
    sets=(*_ALARM_SETS, "Dimensions"),
    volatile=(*_ALARM_STATE, "EvaluationState"),
    nuke="CloudWatchAlarm",
    writes_too=("cloudwatch:TagResource", "iam:CreateServiceLinkedRole"),
)

COMPOSITE_ALARM = ResourceType(
    service="cloudwatch",
    name="composite-alarm",
    key="{AlarmName}",
    arn="{AlarmArn}",
    lists=(
        Listing(
            operation="DescribeAlarms",
            constants={"AlarmTypes": ["CompositeAlarm"]},
            take="CompositeAlarms",
        ),
    ),
    reads=(_ALARM_TAGS,),
    tags="Tags",
    create=Step(operation="PutCompositeAlarm", tags="Tags", late=True),
    handles=(Handle(name="AlarmName"),),
    remove=(Removal(operation="DeleteAlarms", args={"AlarmNames": "[AlarmName]"}),),
    sets=_ALARM_SETS,
    volatile=(*_ALARM_STATE, "ActionsSuppressedBy", "ActionsSuppressedReason"),
    nuke="CloudWatchAlarm",
    writes_too=("cloudwatch:TagResource",),
    notes="Its rule names other alarms, which must be there first.",
)

DASHBOARD = ResourceType(
    service="cloudwatch",
    name="dashboard",
    key="{DashboardName}",
    arn="{DashboardArn}",
    lists=(Listing(operation="ListDashboards", take="DashboardEntries"),),
    reads=(
        Reading(
            operation="GetDashboard",
            args=same("DashboardName"),
            missing=("ResourceNotFound", "ResourceNotFoundException"),
        ),
    ),
    create=Step(operation="PutDashboard", omit=("Tags",)),
    handles=(Handle(name="DashboardName"),),
    remove=(Removal(operation="DeleteDashboards", args={"DashboardNames": "[DashboardName]"}),),
    volatile=("LastModified", "Size"),
    nuke="CloudWatchDashboard",
)

WATCHING = (
    GROUP,
    METRIC_FILTER,
    SUBSCRIPTION_FILTER,
    METRIC_ALARM,
    COMPOSITE_ALARM,
    DASHBOARD,
)
