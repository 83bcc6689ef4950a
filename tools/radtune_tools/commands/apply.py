"""`radtune apply`."""

from collections.abc import Iterable
from dataclasses import dataclass

from radtune.errors import ExitCode, RefusedError
from radtune.settings import Settings
from radtune_tools.access import only_run
from radtune_tools.output import Output
from radtune_tools.plan import SessionMove, SessionPlan
from radtune_tools.progress import OVER, Progress
from radtune_tools.reconcile import Reconcile


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants of a run.

    `accept_moves` agrees to so many moves over the limits; `wait` is how many seconds devices are waited for, and
    `lock_wait` how many another run; `retry` sends again what was given up. `news`: for a run every minute, tell of
    what is in the way when it comes to that, and not again while it stays so.
    """

    accept_moves: int | None = None
    wait: float = 30.0
    lock_wait: float = 0.0
    retry: bool = False
    news: bool = False


def apply(settings: Settings, output: Output, wanted: Wanted) -> int:
    """Move the sessions that policy wants elsewhere, and see to it that they get there.

    What the limits don't let happen isn't sent; then REFUSED is returned. Else NOT_ENFORCED is returned where some
    sessions are not where policy wants them; with `news`, what was told before counts for neither. Raises
    RefusedError, before anything is sent, while the server judges by another policy.
    """
    closed: list[Progress] = []

    def show(progress: Progress) -> None:
        output.line(str(progress))
        if progress.state in OVER:
            closed.append(progress)

    with only_run(settings.store, "apply", wanted.lock_wait), Reconcile(settings) as reconcile:
        reconcile.sweep()
        reconcile.settle(show)
        if wanted.retry:
            reconcile.start_over()
        plan = reconcile.plan()
        _show_plan(plan, output, anything=bool(closed))
        moves, refusals = _admitted(reconcile, plan, settings, wanted)
        left = reconcile.see_through(moves, wanted.wait, show)
        reconcile.tidy()
        astray = [progress for progress in left if progress.astray]
        if wanted.news:
            astray = [progress for progress in astray if progress.stuck]
            refusals, astray = reconcile.news(refusals, astray)
    if output.as_json:
        output.json([_plain(progress) for progress in (*closed, *left)])
    code = report(output, [*reconcile.problems, *(f"not sent: {refusal}" for refusal in refusals)], astray)
    return ExitCode.REFUSED if refusals else code


def report(output: Output, problems: Iterable[str], left: Iterable[Progress]) -> int:
    """Tell of problems, and of sessions that are not where policy wants them; return NOT_ENFORCED for the latter."""
    astray = [progress.problem() for progress in left if progress.astray]
    for problem in (*problems, *astray):
        output.problem(problem)
    return ExitCode.NOT_ENFORCED if astray else ExitCode.OK


def _show_plan(plan: SessionPlan, output: Output, *, anything: bool) -> None:
    for move in plan.moves:
        output.line(f"move: {move}")
    for held in plan.held:
        output.line(f"held: {held}")
    if not plan.moves and not plan.held and not anything:
        output.line(plan.nothing())
    for sentence in plan.cannot_tell():
        output.line(sentence)


def _admitted(
    reconcile: Reconcile, plan: SessionPlan, settings: Settings, wanted: Wanted
) -> tuple[list[SessionMove], list[str]]:
    """Return the moves that may be made, and why others may not; raises RefusedError where none may."""
    if not plan.moves:
        return [], []
    obstacle = reconcile.obstacle()
    if obstacle:
        raise RefusedError(f"{obstacle}. Nothing was sent")
    return plan.admitted(settings.limits, wanted.accept_moves)


def _plain(progress: Progress) -> dict[str, str | int]:
    move = progress.move
    return {
        "session": move.key,
        "from": move.before,
        "to": move.after,
        "state": progress.state,
        "answer": move.answer,
        "method": move.method,
        "attempts": move.attempts,
        "reason": move.reason,
    }
