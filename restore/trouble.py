"""Why a step of a restore is not done; each ends in the journal and in the report."""


class NotDone(Exception):
    """The step could not be done; the text says why."""


class Unresolved(NotDone):
    """The item names something that is not there in the new world: an old id is never sent."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"it refers to {identifier}, which is not there")
        self.identifier = identifier


class NameTaken(NotDone):
    """Somebody else has the name of a bucket, or AWS has not let go of it yet."""
