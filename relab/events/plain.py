"""What any engine may say."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Work of a known size: `done` of `total` in `stage`."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """The engine itself could not go on; one line for people, with what to do."""

    what: str
    where: str
    fix: str
    exit_code: int
