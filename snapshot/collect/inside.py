"""Which tasks read what is inside a resource: objects of a bucket, images, rows of a table."""

from collections.abc import Callable, Iterable, Iterator

from relab.resources.model import ResourceType
from relab.resources.reading import Listed
from snapshot.collect.scope import Scope
from snapshot.collect.work import Task
from snapshot.collect.world import World
from snapshot.data import images, objects, tables

_Make = Callable[[str], Task]
_INSIDE: dict[str, tuple[str, _Make]] = {
    "dynamodb.table": (tables.ROWS, tables.ReadRows),
    "s3.bucket": (objects.OBJECTS, objects.ListObjects),
    "ecr.repository": (images.IMAGES, images.ListImages),
}


def holds(kind: str, scope: Scope) -> bool:
    """Tell whether resources of type `kind` hold data that is wanted."""
    found = _INSIDE.get(kind)
    return bool(found and scope.data and scope.wants("aws", found[0]))


def inside(kind: ResourceType, rows: Iterable[Listed], world: World) -> Iterator[Task]:
    """Yield the tasks that read what is inside the resources `rows` of wanted tenants."""
    if not holds(kind.type, world.scope):
        return
    _, make = _INSIDE[kind.type]
    for row in rows:
        if world.scope.takes(world.tenant_of(row.key)):
            yield make(row.key)
