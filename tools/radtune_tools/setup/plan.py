"""The steps held against the configuration: done already, to do, or by hand."""

from collections.abc import Callable, Iterable, Iterator

from radtune.dataclass import dataclass
from radtune_tools.raddb_edit.changes import ByHandError, Change, View
from radtune_tools.setup.steps import Step

DONE, TO_DO, BY_HAND, WAITS, DECLINED = "already so", "to do", "by hand", "waits", "declined"


@dataclass(frozen=True, slots=True)
class Planned:
    """A step and its state; `said` is what to do by hand, or what it waits for."""

    step: Step
    state: str
    changes: tuple[Change, ...] = ()
    said: str = ""


def planned(view: View, steps: Iterable[Step], agreed: Callable[[Planned], bool]) -> list[Planned]:
    """Return each step with its changes on top of those before.

    `agreed` is called with each step in turn, and says whether one that is to do is wanted.
    Steps that change logins are done together or not at all: what a login gets is never half of it.
    """
    steps = list(steps)
    blocked = _blocker(list(_held(View(view.raddb), steps, lambda _: True)))
    found = list(_held(view, steps, lambda each: _waits(each, blocked) or agreed(each)))
    blocked = blocked or _blocker(found)
    return [_waiting(each, blocked) if _waits(each, blocked) else each for each in found]


def _blocker(found: list[Planned]) -> str:
    """Return the name of the first step that is not understood or not wanted, ''."""
    return next((each.step.name for each in found if each.state in (BY_HAND, DECLINED)), "")


def _waits(each: Planned, blocker: str) -> bool:
    return bool(each.step.live and blocker and each.state == TO_DO)


def _waiting(each: Planned, blocker: str) -> Planned:
    return Planned(each.step, WAITS, each.changes, f"it waits for the step {blocker}")


def _held(view: View, steps: Iterable[Step], agreed: Callable[[Planned], bool]) -> Iterator[Planned]:
    for step in steps:
        try:
            changes = tuple(step.changes(view))
            each = Planned(step, TO_DO if changes else DONE, changes)
        except ByHandError as error:
            each = Planned(step, BY_HAND, (), str(error))
        if agreed(each) or each.state != TO_DO:
            view.add(each.changes)
            yield each
        else:
            yield Planned(step, DECLINED, each.changes)
