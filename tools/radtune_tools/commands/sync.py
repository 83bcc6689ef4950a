"""`radtune sync`."""

from radtune.errors import ExitCode
from radtune.settings import Settings
from radtune_tools.commands.apply import apply
from radtune_tools.output import Output
from radtune_tools.plan import Agreed, DevicePlan
from radtune_tools.sync import sync as run_sync

SHOWN = 50
"""Devices that are told one by one; a first sync has thousands."""


def sync(
    settings: Settings,
    output: Output,
    *,
    dry_run: bool,
    check: bool,
    agreed: Agreed,
    then_apply: bool,
    accept_moves: int | None,
    wait: float,
) -> int:
    """Sync the tenant; with `check` only tell by the exit code whether Intune and the store differ."""

    def show(plan: DevicePlan) -> None:
        told = plan.sentences()
        for sentence in told[:SHOWN]:
            output.line(sentence)
        if len(told) > SHOWN:
            output.line(f"and {len(told) - SHOWN} more")
        output.line(plan.summary())

    plan = run_sync(settings, dry_run=dry_run or check, agreed=agreed, show=show)
    if then_apply and not dry_run and not check:
        return apply(settings, output, accept_moves=accept_moves, wait=wait)
    if output.as_json:
        output.json({"tenant": plan.tenant, "seen": plan.seen, "changed": len(plan.changes), "gone": len(plan.gone)})
    return ExitCode.DIFFERENCE if check and (plan.changes or plan.gone) else ExitCode.OK
