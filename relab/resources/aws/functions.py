"""Lambda functions: met and recorded, not yet captured."""

from relab.resources.model import Listing, Removal, ResourceType, same

FUNCTION = ResourceType(
    service="lambda",
    name="function",
    key="{FunctionName}",
    arn="{FunctionArn}",
    lists=(Listing(operation="ListFunctions", take="Functions"),),
    remove=(Removal(operation="DeleteFunction", args=same("FunctionName")),),
    volatile=("LastModified",),
    nuke="LambdaFunction",
    reason="its code is a download of its own, which is not captured yet; deploy it again",
)
