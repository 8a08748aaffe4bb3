"""How a command's end is told: the Status on the error channel, as a kubelet words it."""

from collections.abc import Sequence

from relab.sandbox.kube.model import Doc
from relab.sandbox.kube.status import ApiError


def ended(argv: Sequence[str], code: int) -> Doc:
    """Return the Status of a command that ended with `code`."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    words = " ".join(argv)
    return {
        "metadata": {},
        "status": "Failure",
        "message": "command terminated with non-zero exit code: error executing command"
        f" [{words}], exit code {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def broken(why: str) -> Doc:
    """Return the Status of a command that could not be run to its end."""
    message = f"error executing command in container: {why}"
    return ApiError(500, "InternalError", f"Internal error occurred: {message}").body()


def no_container(name: str) -> ApiError:
    """Say that the container does not run."""
    message = f'unable to upgrade connection: container not found ("{name}")'
    return ApiError(500, "InternalError", f"Internal error occurred: {message}")
