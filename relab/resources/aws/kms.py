"""KMS keys and aliases; what is inside a key never leaves KMS."""

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

_NAMED = same("KeyId")

KEY = ResourceType(
    service="kms",
    name="key",
    key="{KeyId}",
    arn="{Arn}",
    identifiers=("{KeyId}",),
    lists=(Listing(operation="ListKeys", take="Keys[].{KeyId: KeyId, Arn: KeyArn}"),),
    reads=(
        Reading(
            operation="DescribeKey",
            args=_NAMED,
            take="KeyMetadata",
            missing=("NotFoundException",),
        ),
        Reading(
            operation="GetKeyPolicy",
            args=_NAMED,
            constants={"PolicyName": "default"},
            take="Policy",
            into="Policy",
        ),
        Reading(
            operation="GetKeyRotationStatus",
            args=_NAMED,
            take="{KeyRotationEnabled: KeyRotationEnabled,"
            " RotationPeriodInDays: RotationPeriodInDays}",
            into="Rotation",
            missing=("UnsupportedOperationException",),
        ),
        Reading(operation="ListResourceTags", args=_NAMED, take="Tags", into="Tags"),
    ),
    skips=(
        Skip(when="KeyManager == 'AWS'", reason="a key of AWS: its service makes it again"),
        Skip(
            when="starts_with(not_null(KeyState, ''), 'Pending')",
            reason="it is to be deleted, or waits for its material",
        ),
    ),
    tags="Tags",
    derive={
        "XksKeyId": "XksKeyConfiguration.Id",
        "Rotations": (
            "Rotation.KeyRotationEnabled && [Rotation.RotationPeriodInDays && Rotation || `{}`]"
        ),
        "Disabled": "KeyState == 'Disabled' && [`{}`]",
    },
    create=Step(operation="CreateKey", tags="Tags", omit=("CustomerMasterKeySpec",)),
    configure=(
        Step(
            operation="EnableKeyRotation",
            each="Rotations",
            undo=Removal(operation="DisableKeyRotation", args=_NAMED),
        ),
        Step(
            operation="DisableKey",
            each="Disabled",
            late=True,
            undo=Removal(operation="EnableKey", args=_NAMED),
        ),
    ),
    updates=(
        Step(operation="PutKeyPolicy", takes=same("Policy"), constants={"PolicyName": "default"}),
        Step(operation="UpdateKeyDescription", takes=same("Description")),
    ),
    handles=(Handle(name="KeyId", answer="KeyMetadata.KeyId"),),
    # The longest time in which it may be called off: what it has sealed is lost with it.
    remove=(
        Removal(
            operation="ScheduleKeyDeletion", args=_NAMED, constants={"PendingWindowInDays": 30}
        ),
    ),
    nuke="KMSKey",
    writes_too=("kms:TagResource", "kms:PutKeyPolicy", "kms:CancelKeyDeletion", "kms:EnableKey"),
    notes=(
        "A new key can not open what the old one has sealed: within the waiting period of the"
        " deletion, cancel it instead."
    ),
)

ALIAS = ResourceType(
    service="kms",
    name="alias",
    key="{AliasName}",
    arn="{AliasArn}",
    lists=(Listing(operation="ListAliases", take="Aliases"),),
    skips=(
        Skip(when="starts_with(AliasName, 'alias/aws/')", reason="an alias of AWS"),
        Skip(when="!TargetKeyId", reason="it names no key"),
    ),
    create=Step(operation="CreateAlias"),
    updates=(Step(operation="UpdateAlias", takes=same("TargetKeyId")),),
    handles=(Handle(name="AliasName"),),
    remove=(Removal(operation="DeleteAlias", args=same("AliasName")),),
    volatile=("LastUpdatedDate",),
    nuke="KMSAlias",
)

KEY_MATERIAL = ResourceType(
    service="kms",
    name="key-material",
    key="{KeyId}",
    no_nuke="it goes with its key",
    stays="it goes with its key",
    reason="key material never leaves KMS; keep keys out of the wipe, or cancel their deletion",
)

KMS = (KEY, ALIAS, KEY_MATERIAL)
