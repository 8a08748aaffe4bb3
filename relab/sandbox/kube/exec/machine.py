"""What stands under a cluster: a folder for its volumes, programs of its images, a kubelet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from relab.sandbox.kube.exec.process import Command
from relab.sandbox.kube.model import Doc

# From a pod and one of its containers to the commands that its image adds.
Programs = Callable[[Doc, Doc], Mapping[str, Command]]
# From a pod and one of its containers to what the container says as it starts.
Words = Callable[[Doc, Doc], str]


def no_programs(_pod: Doc, _container: Doc) -> Mapping[str, Command]:
    """Return nothing."""
    return {}


def no_words(_pod: Doc, _container: Doc) -> str:
    """Return nothing."""
    return ""


@dataclass(frozen=True, slots=True)
class Machine:
    """The folder of volumes (None: a temporary one), what images add, and whether pods are run.

    Where pods are run, workloads make theirs.
    """

    folder: Path | None = None
    programs: Programs = no_programs
    runs_pods: bool = False
    words: Words = no_words
