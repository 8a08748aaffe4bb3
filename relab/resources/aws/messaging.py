"""SNS topics and subscriptions, SQS queues."""

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

# Attributes are an open map in botocore's shapes: what may be set is named here.
_TOPIC = """
    ApplicationFailureFeedbackRoleArn ApplicationSuccessFeedbackRoleArn
    ApplicationSuccessFeedbackSampleRate ArchivePolicy ContentBasedDeduplication DeliveryPolicy
    DisplayName FifoThroughputScope FifoTopic FirehoseFailureFeedbackRoleArn
    FirehoseSuccessFeedbackRoleArn FirehoseSuccessFeedbackSampleRate HTTPFailureFeedbackRoleArn
    HTTPSuccessFeedbackRoleArn HTTPSuccessFeedbackSampleRate KmsMasterKeyId
    LambdaFailureFeedbackRoleArn LambdaSuccessFeedbackRoleArn LambdaSuccessFeedbackSampleRate
    Policy SQSFailureFeedbackRoleArn SQSSuccessFeedbackRoleArn SQSSuccessFeedbackSampleRate
    SignatureVersion TracingConfig
"""
_SUBSCRIPTION = """
    DeliveryPolicy FilterPolicy FilterPolicyScope RawMessageDelivery RedrivePolicy ReplayPolicy
    SubscriptionRoleArn
"""
_QUEUE = """
    ContentBasedDeduplication DeduplicationScope DelaySeconds FifoQueue FifoThroughputLimit
    KmsDataKeyReusePeriodSeconds KmsMasterKeyId MaximumMessageSize MessageRetentionPeriod Policy
    ReceiveMessageWaitTimeSeconds RedriveAllowPolicy RedrivePolicy SqsManagedSseEnabled
    VisibilityTimeout
"""


def _only(names: str) -> str:
    """Return the expression that keeps these members of the fact `All`."""
    return "All.{" + ", ".join(f"{name}: {name}" for name in names.split()) + "}"


TOPIC = ResourceType(
    service="sns",
    name="topic",
    key="{TopicArn}",
    arn="{TopicArn}",
    lists=(Listing(operation="ListTopics", take="Topics"),),
    reads=(
        Reading(
            operation="GetTopicAttributes",
            args=same("TopicArn"),
            take="{All: Attributes}",
            missing=("NotFound", "NotFoundException"),
        ),
        Reading(
            operation="ListTagsForResource",
            args={"ResourceArn": "TopicArn"},
            take="Tags",
            into="Tags",
        ),
    ),
    tags="Tags",
    derive={"Name": "tail(TopicArn, ':')", "Attributes": _only(_TOPIC)},
    create=Step(operation="CreateTopic", tags="Tags", omit=("DataProtectionPolicy",)),
    handles=(Handle(name="TopicArn", answer="TopicArn"),),
    remove=(Removal(operation="DeleteTopic", args=same("TopicArn")),),
    volatile=(
        "All.SubscriptionsConfirmed",
        "All.SubscriptionsPending",
        "All.SubscriptionsDeleted",
    ),
    nuke="SNSTopic",
    writes_too=("sns:TagResource", "iam:PassRole"),
    notes="Data protection policies are not read.",
)

SUBSCRIPTION = ResourceType(
    service="sns",
    name="subscription",
    key="{SubscriptionArn}",
    arn="{SubscriptionArn}",
    lists=(Listing(operation="ListSubscriptions", take="Subscriptions"),),
    reads=(
        Reading(
            operation="GetSubscriptionAttributes",
            args=same("SubscriptionArn"),
            take="{All: Attributes}",
            missing=("NotFound", "NotFoundException"),
        ),
    ),
    skips=(
        Skip(
            when="!starts_with(SubscriptionArn, 'arn:')",
            reason="nobody has confirmed it yet",
        ),
    ),
    derive={"Attributes": _only(_SUBSCRIPTION)},
    create=Step(operation="Subscribe", constants={"ReturnSubscriptionArn": True}, late=True),
    handles=(Handle(name="SubscriptionArn", answer="SubscriptionArn"),),
    remove=(Removal(operation="Unsubscribe", args=same("SubscriptionArn")),),
    nuke="SNSSubscription",
    notes="Whoever gets mail or web calls must confirm again.",
)

QUEUE = ResourceType(
    service="sqs",
    name="queue",
    key="{QueueUrl}",
    arn="{All.QueueArn}",
    identifiers=("{QueueUrl}",),
    lists=(Listing(operation="ListQueues", take="QueueUrls[].{QueueUrl: @}"),),
    reads=(
        Reading(
            operation="GetQueueAttributes",
            args=same("QueueUrl"),
            constants={"AttributeNames": ["All"]},
            take="{All: Attributes}",
            missing=(
                "QueueDoesNotExist",
                "AWS.SimpleQueueService.NonExistentQueue",
            ),
        ),
        Reading(operation="ListQueueTags", args=same("QueueUrl"), take="Tags", into="Tags"),
    ),
    tags="Tags",
    derive={"QueueName": "tail(QueueUrl, '/')", "Attributes": _only(_QUEUE)},
    create=Step(operation="CreateQueue", tags="tags"),
    updates=(Step(operation="SetQueueAttributes", takes=same("Attributes")),),
    handles=(Handle(name="QueueUrl", answer="QueueUrl"),),
    remove=(Removal(operation="DeleteQueue", args=same("QueueUrl")),),
    volatile=(
        "All.ApproximateNumberOfMessages",
        "All.ApproximateNumberOfMessagesDelayed",
        "All.ApproximateNumberOfMessagesNotVisible",
        "All.LastModifiedTimestamp",
    ),
    nuke="SQSQueue",
    writes_too=("sqs:TagQueue",),
    notes="Messages are not captured. A deleted queue's name is free again after a minute.",
)

MESSAGING = (TOPIC, SUBSCRIPTION, QUEUE)
