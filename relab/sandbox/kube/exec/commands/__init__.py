"""The commands that every container has, by name."""

from collections.abc import Mapping

from relab.sandbox.kube.exec import shell
from relab.sandbox.kube.exec.commands import archive, files, listing, system, text
from relab.sandbox.kube.exec.process import Command

TABLE: Mapping[str, Command] = {
    **files.TABLE,
    **listing.TABLE,
    **text.TABLE,
    **system.TABLE,
    **archive.TABLE,
    **shell.TABLE,
}
