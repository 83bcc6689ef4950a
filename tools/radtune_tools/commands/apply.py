"""`radtune apply`."""

from collections.abc import Iterable, Iterator, Sequence

import click

from radtune.config.settings import Settings
from radtune.errors import ExitCode
from radtune_tools.cli.options import command, moving
from radtune_tools.context import Context
from radtune_tools.enforce.move_progress import OVER, Progress
from radtune_tools.enforce.quarantining import report
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.enforce.session_plan import Blocked, SessionMove, SessionPlan
from radtune_tools.output import Output
from radtune_tools.user_and_lock import only_run


@command
@click.option("--retry", is_flag=True, help="Send again, by the first method, what was given up as not enforced.")
@moving
def apply(context: Context, retry: bool, accept_moves: int | None, wait: float) -> int:
    """Move the sessions that plan shows.

    A CoA without success is sent again, later and later, and then by the next method of the NAS's profile; what is
    left after the last one is not enforced, and status says so.
    """
    return move_sessions(context.settings(), context.output, accept_moves=accept_moves, wait=wait, retry=retry)


def move_sessions(
    settings: Settings,
    output: Output,
    *,
    accept_moves: int | None = None,
    wait: float = 30.0,
    lock_wait: float = 0.0,
    retry: bool = False,
    news: bool = False,
) -> int:
    """Move the sessions that policy wants elsewhere, and see to it that they get there.

    accept_moves: so many moves over the limits are agreed to
    wait, lock_wait: seconds to wait for devices, and for another run
    news: report a problem once until it clears

    Returns REFUSED if anything is reported that blocks moves, NOT_ENFORCED if sessions are that are out of policy.
    """
    closed: list[Progress] = []

    def show(progress: Progress) -> None:
        output.line(str(progress))
        if progress.state in OVER:
            closed.append(progress)

    with only_run(settings.store, "apply", lock_wait), Reconcile(settings) as reconcile:
        reconcile.settle(show)
        if retry:
            reconcile.start_over()
        plan = reconcile.plan()
        moves, blocked = reconcile.admitted(plan, accept_moves)
        _show_plan(plan, moves, output, anything=bool(closed))
        left = reconcile.see_through(moves, wait, show)
        reconcile.tidy()
        reconcile.note_run(blocked, len(plan.held))
        to_report, late = reconcile.news(blocked, left) if news else (blocked, left)
    if output.as_json:
        output.json([*(progress.plain() for progress in (*closed, *left)), *_blocked_rows(blocked)])
    code = report(output, [*reconcile.sender.problems, *(f"not sent: {each.why}" for each in to_report)], late)
    return ExitCode.REFUSED if to_report else code


def _show_plan(plan: SessionPlan, moves: Sequence[SessionMove], output: Output, *, anything: bool) -> None:
    for move in moves:
        if not move.begun:
            output.line(f"move: {move}")
    for move, why in plan.held:
        output.line(f"held back: {move}; but {why}")
    if not plan.moves and not plan.held and not anything:
        output.line(plan.nothing())
    for sentence in plan.cannot_tell():
        output.line(sentence)


def _blocked_rows(blocked: Iterable[Blocked]) -> Iterator[dict[str, str]]:
    for each in blocked:
        for move in each.moves:
            yield {
                "session": move.session.key,
                "from": move.session.granted,
                "to": move.after,
                "state": "not let",
                "answer": each.why,
                "reason": move.decision.reason,
            }
