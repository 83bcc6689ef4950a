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

    `agreed` is called with each step in turn, and tells whether a step that is to do is wanted. Steps that change
    logins are done together or not at all, so that no login meets half of them.
    """
    steps = list(steps)
    blocker = _blocker(_held(View(view.raddb), steps, lambda _: True))

    def wanted(each: Planned) -> bool:
        nonlocal blocker
        yes = _waits(each, blocker) or agreed(each)
        blocker = blocker or ("" if yes or each.state != TO_DO else each.step.name)
        return yes

    found = list(_held(view, steps, wanted))
    return [_waiting(each, blocker) if _waits(each, blocker) else each for each in found]


def _blocker(found: Iterable[Planned]) -> str:
    """Return the name of the first step that is left to a person, '' if there is none."""
    return next((each.step.name for each in found if each.state == BY_HAND), "")


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
