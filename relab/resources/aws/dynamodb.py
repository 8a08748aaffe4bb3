"""DynamoDB tables: their configuration; the items are data and stand elsewhere."""

from relab.resources.model import (
    Handle,
    Listing,
    Reading,
    Removal,
    ResourceType,
    Step,
    Waiter,
    same,
)

_NAMED = same("TableName")

TABLE = ResourceType(
    service="dynamodb",
    name="table",
    key="{TableName}",
    arn="{TableArn}",
    identifiers=("{TableId}", "{LatestStreamArn}"),
    lists=(Listing(operation="ListTables", take="TableNames[].{TableName: @}"),),
    reads=(
        Reading(
            operation="DescribeTable",
            args=_NAMED,
            take="Table",
            missing=("ResourceNotFoundException",),
        ),
        Reading(
            operation="DescribeTimeToLive",
            args=_NAMED,
            take="TimeToLiveDescription",
            into="TimeToLive",
        ),
        Reading(
            operation="DescribeContinuousBackups",
            args=_NAMED,
            take="ContinuousBackupsDescription.PointInTimeRecoveryDescription",
            into="Recovery",
            missing=("ContinuousBackupsUnavailableException",),
        ),
        Reading(
            operation="GetResourcePolicy",
            args={"ResourceArn": "TableArn"},
            take="Policy",
            into="ResourcePolicy",
            missing=("PolicyNotFoundException",),
        ),
        Reading(
            operation="ListTagsOfResource",
            args={"ResourceArn": "TableArn"},
            take="Tags",
            into="Tags",
        ),
    ),
    tags="Tags",
    derive={
        "BillingMode": "BillingModeSummary.BillingMode",
        "TableClass": "TableClassSummary.TableClass",
        "SSESpecification": (
            "SSEDescription && {Enabled: SSEDescription.Status == 'ENABLED',"
            " SSEType: SSEDescription.SSEType,"
            " KMSMasterKeyId: SSEDescription.KMSMasterKeyArn}"
        ),
        "TimeToLiveSpecification": (
            "TimeToLive.TimeToLiveStatus == 'ENABLED' &&"
            " {Enabled: `true`, AttributeName: TimeToLive.AttributeName}"
        ),
        "PointInTimeRecoverySpecification": (
            "Recovery.PointInTimeRecoveryStatus == 'ENABLED' &&"
            " {PointInTimeRecoveryEnabled: `true`,"
            " RecoveryPeriodInDays: Recovery.RecoveryPeriodInDays}"
        ),
    },
    create=Step(
        operation="CreateTable",
        tags="Tags",
        omit=("GlobalTableSourceArn", "GlobalTableSettingsReplicationMode", "WarmThroughput"),
    ),
    configure=(
        Step(operation="UpdateContinuousBackups", takes=same("PointInTimeRecoverySpecification")),
        # Rows that have expired by now would vanish while the items are put back.
        Step(operation="UpdateTimeToLive", takes=same("TimeToLiveSpecification"), late=True),
    ),
    handles=(Handle(name="TableName"),),
    waiter=Waiter(name="TableExists", bind=_NAMED),
    remove=(Removal(operation="DeleteTable", args=_NAMED),),
    gone=Waiter(name="TableNotExists", bind=_NAMED),
    sets=("AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"),
    volatile=("ItemCount", "TableSizeBytes", "Recovery"),
    nuke="DynamoDBTable",
    writes_too=("dynamodb:TagResource", "dynamodb:PutResourcePolicy"),
    notes="Items are data. Replicas, auto scaling and stream consumers are not read.",
)
