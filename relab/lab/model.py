"""The outline of a lab, as `lab.yaml` gives it; the classes are its schema (`relab.lab.shape`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from relab.errors import UsageError
from relab.lab.shape import AtLeast, Matches
from relab.languages import Language

Format = Annotated[str, Matches(r"relab/lab/v1")]
Slug = Annotated[str, Matches(r"[a-z0-9]+(-[a-z0-9]+)*")]
StepId = Annotated[str, Matches(r"[0-9a-z]+\.[0-9]+")]
Check = Annotated[str, Matches(r"[a-z]+\.[a-z-]+")]
CheckOrFinding = Annotated[str, Matches(r"[a-z]+\.[a-z-]+(#[a-z-]+)?")]
Url = Annotated[str, Matches(r"https://\S+")]
Minutes = Annotated[int, AtLeast(0)]
Words = Annotated[str, Matches(r"(?s).*\S.*")]

OVERVIEW = "overview"
FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A short text in both languages."""

    ko: Words
    en: Words

    def say(self, language: Language) -> str:
        """Return the text in `language`."""
        return self.ko if language is Language.KO else self.en


@dataclass(frozen=True, slots=True)
class Facts:
    """What a learner wants to know before starting; `difficulty` counts from 1."""

    difficulty: Annotated[int, AtLeast(1)]
    audience: Phrase
    goals: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its text is the page of the same id, its success is `checks`."""

    id: StepId
    title: Phrase
    minutes: Minutes
    checks: tuple[Check, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Steps that belong together and share a budget of minutes."""

    id: Slug
    title: Phrase
    about: Phrase
    minutes: Minutes
    steps: tuple[Step, ...]

    @property
    def optional(self) -> bool:
        """Whether the lab is complete without this section."""
        return all(step.optional for step in self.steps)


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """A line of the completion checklist, ticked by a check or by one of its findings."""

    section: Slug
    text: Phrase
    check: CheckOrFinding


@dataclass(frozen=True, slots=True)
class Trouble:
    """A known problem: its page tells symptom and cure, `checks` are the ones that show it."""

    id: Slug
    title: Phrase
    checks: tuple[CheckOrFinding, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A page on the web."""

    title: Phrase
    url: Url


@dataclass(frozen=True, slots=True)
class References:
    """Links on one subject."""

    title: Phrase
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Next:
    """The lab that follows."""

    slug: Slug
    title: Phrase
    about: Phrase


@dataclass(frozen=True, slots=True)
class Lab:
    """A guided lab; `values` fills the placeholders that a profile may leave open."""

    format: Format
    slug: Slug
    title: Phrase
    minutes: Minutes
    facts: Facts
    values: Mapping[str, str]
    sections: tuple[Section, ...]
    checklist: tuple[ChecklistItem, ...]
    troubleshooting: tuple[Trouble, ...]
    references: tuple[References, ...]
    next: Next

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in reading order."""
        return tuple(step for section in self.sections for step in section.steps)

    @property
    def pages(self) -> tuple[str, ...]:
        """Ids of all pages in reading order; each is one Markdown file a language."""
        steps = (step.id for step in self.steps)
        return (OVERVIEW, *steps, FINISH, *(trouble.id for trouble in self.troubleshooting))

    def step(self, step_id: str) -> Step:
        """Return the step called `step_id`; UsageError names the lab's steps."""
        for step in self.steps:
            if step.id == step_id:
                return step
        known = ", ".join(step.id for step in self.steps)
        raise UsageError(f"no step '{step_id}' in {self.slug}", fix=f"choose one of {known}")

    def section_of(self, step: Step) -> Section:
        """Return the section that `step` stands in."""
        return next(section for section in self.sections if step in section.steps)

    def troubles(self, step: Step) -> tuple[Trouble, ...]:
        """Return the known problems that a check of `step` can show."""
        return tuple(
            trouble
            for trouble in self.troubleshooting
            if any(check.partition("#")[0] in step.checks for check in trouble.checks)
        )
