"""What stands in the account, or beside it, without being ours: no wipe of ours reaches it."""

import json
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.logs.models import logs_backends

LOGGING_ACCOUNT = "210987654321"
DESTINATION = "training-logs"
_HOME = "us-east-1"  # moto looks at it with the first call of all


def stand(iam: IAMBackend, region: str) -> None:
    """Put up AWS's own IAM policies and default VPC, and the school's logging destination."""
    # It reads models as it is loaded, which must not be before they are shared.
    from moto.ec2.models import ec2_backends

    for place in (region, _HOME):
        ec2_backends[iam.account_id][place].describe_vpcs()
    iam.aws_managed_policies = [
        AWSManagedPolicy.from_data(name, iam.account_id, iam.region_name, data)
        for name, data in _policies().items()
    ]
    iam.managed_policies.update({policy.arn: policy for policy in iam.aws_managed_policies})
    # moto keeps a destination as a log group of its name.
    logs_backends[LOGGING_ACCOUNT][region].create_log_group(DESTINATION, {})


@cache
def _policies() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(aws_managed_policies_data)
    return found
