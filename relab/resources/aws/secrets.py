"""Parameters of Systems Manager and secrets of Secrets Manager."""

from relab.resources.model import (
    Handle,
    Listing,
    Reading,
    Removal,
    ResourceType,
    Secret,
    Skip,
    Step,
    same,
)

PARAMETER = ResourceType(
    service="ssm",
    name="parameter",
    key="{Name}",
    arn="{ARN}",
    lists=(Listing(operation="DescribeParameters", take="Parameters"),),
    reads=(
        Reading(
            operation="GetParameter",
            args={"Name": "Name"},
            constants={"WithDecryption": True},
            take="Parameter",
            missing=("ParameterNotFound",),
        ),
        Reading(
            operation="ListTagsForResource",
            args={"ResourceId": "Name"},
            constants={"ResourceType": "Parameter"},
            take="TagList",
            into="TagList",
        ),
    ),
    tags="TagList",
    derive={
        "Policies": "Policies[0] && join('', ['[', join(',', Policies[].PolicyText), ']'])",
    },
    create=Step(operation="PutParameter", tags="Tags", omit=("Overwrite",)),
    handles=(Handle(name="Name"),),
    remove=(Removal(operation="DeleteParameter", args=same("Name")),),
    secrets=(Secret(path="Value", when="Type == 'SecureString'"),),
    nuke="SSMParameter",
    reads_too=("kms:Decrypt",),
    writes_too=("ssm:AddTagsToResource", "kms:Encrypt"),
    notes="The latest version only.",
)

SECRET = ResourceType(
    service="secretsmanager",
    name="secret",
    key="{Name}",
    arn="{ARN}",
    lists=(Listing(operation="ListSecrets", take="SecretList[].{Name: Name, ARN: ARN}"),),
    reads=(
        Reading(
            operation="DescribeSecret",
            args={"SecretId": "ARN"},
            missing=("ResourceNotFoundException",),
        ),
        Reading(
            operation="GetSecretValue",
            args={"SecretId": "ARN"},
            take="{SecretString: SecretString, SecretBinary: SecretBinary}",
            into="Secret",
            missing=("ResourceNotFoundException",),
        ),
        Reading(
            operation="GetResourcePolicy",
            args={"SecretId": "ARN"},
            take="ResourcePolicy",
            into="ResourcePolicy",
        ),
    ),
    skips=(
        Skip(when="OwningService", reason="a secret of another service, which makes it again"),
        Skip(when="DeletedDate", reason="it is to be deleted"),
        Skip(
            when="PrimaryRegion && !contains(ARN, join('', [':', PrimaryRegion, ':']))",
            reason="a replica: its primary region restores it",
        ),
    ),
    tags="Tags",
    derive={
        "SecretString": "Secret.SecretString",
        "SecretBinary": "Secret.SecretBinary",
        "AddReplicaRegions": "ReplicationStatus[].{Region: Region, KmsKeyId: KmsKeyId}",
        "Rotations": (
            "RotationEnabled && [{RotationLambdaARN: RotationLambdaARN,"
            " RotationRules: RotationRules}]"
        ),
    },
    create=Step(operation="CreateSecret", tags="Tags", omit=("ForceOverwriteReplicaSecret",)),
    configure=(
        Step(
            operation="PutResourcePolicy",
            takes=same("ResourcePolicy"),
            undo=Removal(operation="DeleteResourcePolicy", args=same("SecretId")),
        ),
        Step(
            operation="RotateSecret",
            each="Rotations",
            constants={"RotateImmediately": False},
            late=True,
            undo=Removal(operation="CancelRotateSecret", args=same("SecretId")),
        ),
    ),
    updates=(
        Step(
            operation="UpdateSecret",
            takes=same("Description", "KmsKeyId", "SecretBinary", "SecretString"),
        ),
    ),
    handles=(Handle(name="SecretId", answer="ARN", known="ARN"),),
    loosen=(
        Removal(
            operation="RemoveRegionsFromReplication",
            args={"SecretId": "SecretId", "RemoveReplicaRegions": "[Region]"},
            over="AddReplicaRegions",
        ),
    ),
    # The shortest time in which it may be called off; its name is taken for as long.
    remove=(
        Removal(
            operation="DeleteSecret", args=same("SecretId"), constants={"RecoveryWindowInDays": 7}
        ),
    ),
    volatile=("LastAccessedDate",),
    secrets=(Secret(path="SecretString"), Secret(path="SecretBinary")),
    nuke="SecretsManagerSecret",
    reads_too=("kms:Decrypt",),
    writes_too=("secretsmanager:TagResource", "kms:GenerateDataKey"),
    notes="The current version only. The wipe leaves no recovery window.",
)
