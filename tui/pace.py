"""Elapsed against planned time: what is said once, and never more than said."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tui import marks
from tui.state import gap
from tui.view import View


@dataclass(frozen=True, slots=True)
class Overtime:
    """Planned minutes that are over; `subject` is a section's id or the lab's."""

    subject: str
    notice: str
    minutes: int


def running(view: View) -> float:
    """Return the seconds since the clock was written down last; 0 while it is paused."""
    return 0.0 if view.state.paused else gap(view.state.counted_at, view.at)


def section_seconds(view: View) -> float:
    """Return the seconds spent in the section that is shown, up to now."""
    section = view.lab.section_of(view.step)
    return marks.section_seconds(view.state, section) + running(view)


def lab_seconds(view: View) -> float:
    """Return the seconds spent in the lab, up to now."""
    return marks.total_seconds(view.state) + running(view)


def overdue(view: View, told: Collection[str]) -> Iterator[Overtime]:
    """Yield the plans that are over, the section's and the lab's, but those already `told` of."""
    section, lab = view.lab.section_of(view.step), view.lab
    plans = (
        (Overtime(section.id, "notice.over-section", section.minutes), section_seconds(view)),
        (Overtime(lab.slug, "notice.over-lab", lab.minutes), lab_seconds(view)),
    )
    for plan, spent in plans:
        if plan.minutes and spent > plan.minutes * 60 and plan.subject not in told:
            yield plan
