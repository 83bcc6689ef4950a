"""`radtune apply`."""

from radtune.errors import ExitCode, RefusedError
from radtune.settings import Settings
from radtune_tools.access import only_run
from radtune_tools.output import Output
from radtune_tools.plan import SessionPlan
from radtune_tools.reconcile import Progress, Reconcile


def apply(settings: Settings, output: Output, *, accept_moves: int | None, wait: float, lock_wait: float = 0.0) -> int:
    """Move the sessions that policy wants elsewhere, and wait up to `wait` seconds until they are there.

    `lock_wait` is how long another apply is waited for.

    Raises RefusedError, before anything is sent, where more would move than the limits let and `accept_moves` isn't
    that very number. Returns NOT_ENFORCED where some are not where policy wants them.
    """
    closed: list[Progress] = []

    def show(progress: Progress) -> None:
        output.line(str(progress))
        if progress.state in ("enforced", "ended"):
            closed.append(progress)

    with only_run(settings.store, "apply", lock_wait), Reconcile(settings) as reconcile:
        reconcile.sweep()
        for progress in reconcile.settle():
            show(progress)
        plan = reconcile.plan()
        for move in plan.moves:
            output.line(f"move: {move}")
        if not plan.moves and not closed:
            output.line(plan.nothing())
        for sentence in plan.cannot_tell():
            output.line(sentence)
        _refuse(reconcile, plan, settings, accept_moves)
        reconcile.send(plan.moves, show)
        left = reconcile.wait(wait, show)
        reconcile.forget_known()
    if output.as_json:
        output.json([_plain(progress) for progress in (*closed, *left)])
    for problem in reconcile.problems:
        output.problem(problem)
    # A device whose session is over is nowhere it should not be; it is judged when it comes back.
    astray = [progress for progress in left if progress.session is not None and progress.state != "enforced"]
    for progress in astray:
        output.problem(f"not enforced: {progress}")
    return ExitCode.NOT_ENFORCED if astray else ExitCode.OK


def _refuse(reconcile: Reconcile, plan: SessionPlan, settings: Settings, accept_moves: int | None) -> None:
    """Raise RefusedError where something stands in the way of the plan that no person has agreed to."""
    if not plan.moves:
        return
    obstacle = reconcile.obstacle()
    refusal = "" if accept_moves == len(plan.moves) else plan.refusal(settings.limits)
    if obstacle or refusal:
        raise RefusedError(f"{obstacle or refusal}. Nothing was sent")


def _plain(progress: Progress) -> dict[str, str]:
    move = progress.move
    return {
        "session": move.key,
        "from": move.before,
        "to": move.after,
        "state": progress.state,
        "answer": move.answer,
        "reason": move.reason,
    }
