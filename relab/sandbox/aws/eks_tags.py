"""Tags of all that hangs on an EKS cluster: moto tags clusters only."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.core.responses import ActionResult, BaseResponse
from moto.eks.models import eks_backends
from moto.eks.responses import EKSResponse

from relab.sandbox.aws.nouns import Doc
from relab.sandbox.aws.shelf import Shelf

Parameters = Callable[[BaseResponse], Doc]
Tags = dict[str, str]
_MARK = "covers_parts"


def install(parameters: Parameters) -> None:
    """Let moto's three calls about tags know more than clusters."""
    for name, change in _CHANGES.items():
        original = getattr(EKSResponse, name)
        if not hasattr(original, _MARK):
            setattr(EKSResponse, name, _covering(original, change, parameters))


def _covering(
    original: Callable[[EKSResponse], ActionResult],
    change: Callable[[Tags, Doc], Doc],
    parameters: Parameters,
) -> Callable[[EKSResponse], ActionResult]:
    def answer(response: EKSResponse) -> ActionResult:
        given = parameters(response)
        for arn, tags in _tagged(response):
            if arn == given["resourceArn"]:
                return ActionResult(change(tags, given))
        return original(response)

    setattr(answer, _MARK, True)
    return answer


def _tagged(response: EKSResponse) -> Iterator[tuple[Any, Tags]]:
    """Yield the ARN and the tags of everything on all clusters."""
    for cluster in eks_backends[response.current_account][response.region].clusters.values():
        for group in cluster.nodegroups.values():
            yield group.arn, group.tags
        for profile in cluster.fargate_profiles.values():
            yield profile.fargate_profile_arn, profile.tags
        for thing in Shelf(cluster).everything():
            arns = {thing.get(name) for name in ("addonArn", "accessEntryArn", "associationArn")}
            yield from ((arn, thing["tags"]) for arn in arns if arn and "tags" in thing)


def _tag(tags: Tags, given: Doc) -> Doc:
    tags.update(given["tags"])
    return {}


def _untag(tags: Tags, given: Doc) -> Doc:
    for key in given["tagKeys"]:
        tags.pop(key, None)
    return {}


def _list(tags: Tags, _: Doc) -> Doc:
    return {"tags": tags}


_CHANGES = {"tag_resource": _tag, "untag_resource": _untag, "list_tags_for_resource": _list}
