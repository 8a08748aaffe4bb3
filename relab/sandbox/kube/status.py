"""Failures as Kubernetes words them: one exception that carries a `Status` body."""

from collections.abc import Sequence

from relab.sandbox.kube.model import Doc

Cause = dict[str, str]


class ApiError(Exception):
    """A request that ends with a `Status` of kind Failure; `code` is the HTTP status."""

    def __init__(self, code: int, reason: str, message: str, details: Doc | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    def body(self) -> Doc:
        """Return the `Status` object of this failure."""
        status: Doc = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        status |= {"message": self.message, "reason": self.reason}
        if self.details is not None:
            status["details"] = self.details
        return status | {"code": self.code}


def success(resource: tuple[str, str], name: str, uid: str) -> Doc:
    """Return the `Status` that answers a finished delete."""
    details: Doc = {"name": name, "kind": resource[1], "uid": uid}
    if resource[0]:
        details["group"] = resource[0]
    head: Doc = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return head | {"details": details}


def qualified(resource: tuple[str, str]) -> str:
    """Return `plural` or `plural.group`, as messages name a resource."""
    group, plural = resource
    return f"{plural}.{group}" if group else plural


def _details(resource: tuple[str, str], name: str, causes: Sequence[Cause] = ()) -> Doc:
    details: Doc = {"name": name} if name else {}
    if resource[0]:
        details["group"] = resource[0]
    details["kind"] = resource[1]
    if causes:
        details["causes"] = list(causes)
    return details


def not_found(resource: tuple[str, str], name: str) -> ApiError:
    """Say that there is no object of that name."""
    message = f'{qualified(resource)} "{name}" not found'
    return ApiError(404, "NotFound", message, _details(resource, name))


def no_resource() -> ApiError:
    """Say that the path names a resource or subresource that is not served."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def nameless(name: str) -> ApiError:
    """Say that the object sent for `name` has no name."""
    why = "was undeterminable: name must be provided"
    return bad_request(f"the name of the object ({name} based on URL) {why}")


def already_exists(resource: tuple[str, str], name: str) -> ApiError:
    """Say that create met an object of the same name."""
    message = f'{qualified(resource)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(resource, name))


def stale(resource: tuple[str, str], name: str) -> ApiError:
    """Say that the resourceVersion or uid given is not the live one."""
    message = (
        f'Operation cannot be fulfilled on {qualified(resource)} "{name}": the object has been'
        " modified; please apply your changes to the latest version and try again"
    )
    return ApiError(409, "Conflict", message, _details(resource, name))


def apply_conflict(causes: Sequence[Cause]) -> ApiError:
    """Say that server-side apply met fields of other managers; one cause a field."""
    count = f"{len(causes)} conflict" + ("s" if len(causes) > 1 else "")
    listed = [f"{cause['message']}: {cause['field']}" for cause in causes]
    text = listed[0] if len(listed) == 1 else "\n" + "\n".join(f"- {line}" for line in listed)
    message = f"Apply failed with {count}: {text}"
    return ApiError(409, "Conflict", message, {"causes": list(causes)})


def forbidden(resource: tuple[str, str], name: str, why: str) -> ApiError:
    """Say that authorization or admission refused; `why` follows the usual opening."""
    target = f'{qualified(resource)} "{name}"' if name else qualified(resource)
    message = f"{target} is forbidden: {why}"
    return ApiError(403, "Forbidden", message, _details(resource, name))


def path_forbidden(user: str, verb: str, path: str) -> ApiError:
    """Say that the user may not ask a path outside the resources."""
    message = f'forbidden: User "{user}" cannot {verb} path "{path}"'
    return ApiError(403, "Forbidden", message, {})


def invalid(group: str, kind: str, name: str, causes: Sequence[Cause]) -> ApiError:
    """Say that the object breaks its schema; `causes` come from `cause()`."""
    subject = f"{kind}.{group}" if group else kind
    listed = [f"{cause['field']}: {cause['message']}" for cause in causes]
    text = listed[0] if len(listed) == 1 else "[" + ", ".join(listed) + "]"
    details = _details((group, kind), name, causes)
    return ApiError(422, "Invalid", f'{subject} "{name}" is invalid: {text}', details)


def cause(reason: str, field: str, message: str) -> Cause:
    """Return one field error of an invalid object; `reason` like FieldValueRequired."""
    return {"reason": reason, "message": message, "field": field}


def required(field: str, hint: str = "") -> Cause:
    """Return a field error: the value is missing."""
    return cause("FieldValueRequired", field, "Required value" + (f": {hint}" if hint else ""))


def bad_request(message: str) -> ApiError:
    """Say that the request itself makes no sense."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """Say that there are no valid credentials."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def expired(message: str) -> ApiError:
    """Say that the history asked for is compacted away."""
    return ApiError(410, "Expired", message)


def method_not_allowed(verb: str) -> ApiError:
    """Say that the resource is served but not for this verb."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {"verb": verb} if verb else {})


def unsupported_media(given: str, known: Sequence[str]) -> ApiError:
    """Say that the body is in a format this resource does not read."""
    message = (
        "the body of the request was in an unknown format -"
        f" accepted media types include: {', '.join(known)} (was {given or 'none'})"
    )
    return ApiError(415, "UnsupportedMediaType", message)


def not_acceptable(known: Sequence[str]) -> ApiError:
    """Say that none of the formats the client accepts can be written."""
    message = f"only the following media types are accepted: {', '.join(known)}"
    return ApiError(406, "NotAcceptable", message)


def unavailable(message: str) -> ApiError:
    """Say that the other end of a proxy is not there."""
    return ApiError(503, "ServiceUnavailable", message)
