"""Teach moto the calls that it lacks: they go the way of its own, from the gate to the answer.

moto reads a request and writes an answer by botocore's models; so do these, which check both by
the same models, so that no answer can hold what the service would not say.
"""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

from botocore import xform_name
from botocore.validate import ParamValidator
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from moto.ecr.models import ecr_backends
from moto.ecr.responses import ECRResponse
from moto.eks import urls as eks_urls
from moto.eks.models import eks_backends
from moto.eks.responses import EKSResponse
from moto.moto_api._internal import mock_random
from moto.s3.models import S3Backend

from relab.sandbox.aws import eks_tags, endings
from relab.sandbox.aws.nouns import NOUNS, Doc, Here, Noun
from relab.sandbox.aws.shelf import Refused, Shelf

_VERBS = ("create", "describe", "list", "update", "delete")
_RESPONSES: dict[str, type[BaseResponse]] = {"eks": EKSResponse, "ecr": ECRResponse}
_FOLDERS = ("addons", "access-entries", "pod-identity-associations")
_TURN = threading.RLock()
Method = Callable[[BaseResponse], ActionResult]


def install() -> None:
    """Add the calls of all `NOUNS` to moto; doing it again changes nothing."""
    for noun in NOUNS:
        for verb in _VERBS:
            operation = getattr(noun, verb)
            if operation:
                setattr(_RESPONSES[noun.service], xform_name(operation), _method(noun, verb))
    for folder in _FOLDERS:
        for path in (f"{folder}$", f"{folder}/(?P<rest>.+)$"):
            whole = f"{{0}}/clusters/(?P<name>[^/]+)/{path}"
            eks_urls.url_paths.setdefault(whole, eks_urls.response.dispatch)
    eks_tags.install(_parameters)
    endings.install()
    setattr(S3Backend, "log_incoming_request", _no_access_log)  # noqa: B010 - the same as below
    # moto's own method does both kinds of alarm, and only lacks this name for it.
    setattr(  # noqa: B010 - mypy lets nobody assign a method that a class does not declare
        CloudWatchResponse, "put_composite_alarm", CloudWatchResponse.put_metric_alarm
    )


def _no_access_log(*_: object) -> None:
    """Write no access log: AWS brings it hours later, and here each look would change a bucket."""


def _method(noun: Noun, verb: str) -> Method:
    def answer(response: BaseResponse) -> ActionResult:
        given = _parameters(response)
        with _TURN:
            found = getattr(_shelf(noun, response, given), verb)(noun, given)
        return ActionResult(_shown(response, found))

    return answer


def _parameters(response: BaseResponse) -> Doc:
    """Return what the caller says, by the input shape; Refused when it does not fit."""
    response.parse_parameters(response.normalized_request)
    given = {member: value for member, value in response.params.items() if value is not None}
    report = ParamValidator().validate(given, _operation(response).input_shape)
    if report.has_errors():
        text = report.generate_report()
        raise Refused(response.boto3_service_name, "InvalidParameterException", text)
    return given


def _shown(response: BaseResponse, found: Doc) -> Doc:
    """Return what the output shape has a place for; ValueError when something does not fit it."""
    shape = _operation(response).output_shape
    shown: Doc = _placed(shape, found)
    report = ParamValidator().validate(shown, shape)
    if report.has_errors():
        raise ValueError(report.generate_report())
    return shown


def _placed(shape: Any, value: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        known = shape.members
        return {name: _placed(known[name], inner) for name, inner in value.items() if name in known}
    if shape.type_name == "list" and isinstance(value, list):
        return [_placed(shape.member, inner) for inner in value]
    return value


def _operation(response: BaseResponse) -> Any:
    return get_service_model(response.boto3_service_name).operation_model(response._get_action())


def _shelf(noun: Noun, response: BaseResponse, given: Doc) -> Shelf:
    account, region = response.current_account, response.region
    here = Here(response.partition, region, account, _new_id)
    if noun.service == "ecr":
        return Shelf(ecr_backends[account][region], here)
    cluster = eks_backends[account][region].clusters.get(given["clusterName"])
    if cluster is None:
        message = f"No cluster found for name: {given['clusterName']}."
        raise Refused("eks", "ResourceNotFoundException", message)
    return Shelf(cluster, here)


def _new_id() -> str:
    return str(UUID(int=mock_random.getrandbits(128), version=4))
