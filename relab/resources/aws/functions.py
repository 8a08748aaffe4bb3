"""Lambda functions: met and recorded, not yet captured."""

from relab.resources.model import Listing, ResourceType

FUNCTION = ResourceType(
    service="lambda",
    name="function",
    key="{FunctionName}",
    arn="{FunctionArn}",
    lists=(Listing(operation="ListFunctions", take="Functions"),),
    volatile=("LastModified",),
    nuke="LambdaFunction",
    reason="its code is a download of its own, which is not captured yet; deploy it again",
)
