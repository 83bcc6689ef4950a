"""`radtune apply`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from radtune.config.settings import Settings
from radtune.errors import ExitCode
from radtune_tools.access import only_run
from radtune_tools.enforce.plan import Refusal, SessionMove, SessionPlan
from radtune_tools.enforce.progress import OVER, Progress
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.output import Output


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
    sessions are not where policy wants them; with `news`, what was told before counts for neither. While no server
    runs, or one judges by another policy, nothing is let happen.
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
        moves, refusals = _admitted(reconcile, plan, settings, wanted)
        _show_plan(plan, moves, output, anything=bool(closed))
        left = reconcile.see_through(moves, wanted.wait, show)
        reconcile.tidy()
        reconcile.note_run(refusals, len(plan.held))
        told, astray = reconcile.news(refusals, left) if wanted.news else (refusals, left)
    if output.as_json:
        rows = [progress.plain() for progress in (*closed, *left)]
        output.json([*rows, *(row for refusal in refusals for row in _refused(refusal))])
    code = report(output, [*reconcile.problems, *(f"not sent: {refusal.why}" for refusal in told)], astray)
    return ExitCode.REFUSED if told else code


def report(output: Output, problems: Iterable[str], left: Iterable[Progress]) -> int:
    """Tell of problems, and of sessions that are not where policy wants them; return NOT_ENFORCED for the latter."""
    astray = [progress.problem() for progress in left if progress.astray]
    for problem in (*problems, *astray):
        output.problem(problem)
    return ExitCode.NOT_ENFORCED if astray else ExitCode.OK


def _show_plan(plan: SessionPlan, moves: Sequence[SessionMove], output: Output, *, anything: bool) -> None:
    for move in moves:
        if not move.begun:
            output.line(f"move: {move}")
    for held in plan.held:
        output.line(f"held back: {held}")
    if not plan.moves and not plan.held and not anything:
        output.line(plan.nothing())
    for sentence in plan.cannot_tell():
        output.line(sentence)


def _admitted(
    reconcile: Reconcile, plan: SessionPlan, settings: Settings, wanted: Wanted
) -> tuple[list[SessionMove], list[Refusal]]:
    """Return the moves that may be made, and why others may not: none while `obstacle` says why."""
    obstacle = reconcile.obstacle() if plan.moves else ""
    if obstacle:
        return [], [Refusal("server", f"{len(plan.moves)} sessions would move, but {obstacle}", tuple(plan.moves))]
    return plan.admitted(settings.limits, wanted.accept_moves)


def _refused(refusal: Refusal) -> Iterator[dict[str, str]]:
    for move in refusal.moves:
        yield {
            "session": move.session.key,
            "from": move.session.granted,
            "to": move.after,
            "state": "not let",
            "answer": refusal.why,
            "reason": move.decision.reason,
        }
