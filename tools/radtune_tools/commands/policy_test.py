"""`radtune policy test`."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from radtune.config.policy_file import load_policy
from radtune.config.settings import read_settings
from radtune.config.yaml_file import Document
from radtune.errors import ExitCode
from radtune.policy.decide import Policy
from radtune.text import counted
from radtune_tools.cli.options import FILE, command
from radtune_tools.commands.policy_check import settings_if_any
from radtune_tools.context import Context
from radtune_tools.output import Output
from radtune_tools.policy.case_trial import Trial, got, try_case
from radtune_tools.policy.cases import NAME, read_cases
from radtune_tools.policy.lint import default_states


@command
@click.argument("cases_file", metavar="[FILE]", required=False, type=FILE)
@click.option("--policy", "policy_file", metavar="FILE", type=FILE, help="Judge by this policy.")
def policy_test(context: Context, cases_file: Path | None, policy_file: Path | None) -> int:
    """Try the cases of policy-tests.yaml, or of FILE.

    policy-tests.yaml stands beside the policy. Exits 1 if a case fails. Needs no store and no server; with --policy no
    settings either.
    """
    settings_file, output = context.settings_file, context.output
    settings, policy_context, said = settings_if_any(settings_file)
    in_use = settings.policy if settings else None
    policy_file = policy_file or in_use or read_settings(settings_file).policy
    document, policy = load_policy(policy_file, policy_context)
    file = cases_file or policy_file.parent / NAME
    if cases_file is None and in_use and not file.exists():
        file = in_use.parent / NAME
    now = time.time()
    trials = [try_case(case, policy, now) for case in read_cases(file, policy_context)]
    failed = [trial for trial in trials if trial.differences]
    unreached = _unreached(document, policy, trials)
    if output.as_json:
        answer = {"policy": str(policy_file), "file": str(file), "failed": len(failed), "unreached": unreached}
        output.json({**answer, "cases": [_plain(trial) for trial in trials]})
    for trial in failed:
        _tell(output, file, trial)
    result = f"{len(failed)} failed" if failed else "all passed"
    output.line(f"{file}: {counted(len(trials), 'case')}, {result}; judged by {policy_file} {said}")
    if unreached:
        output.line(f"no case reaches: {', '.join(unreached)}")
    return ExitCode.DIFFERENCE if failed else ExitCode.OK


def _unreached(document: Document, policy: Policy, trials: list[Trial]) -> list[str]:
    """Return the rules that no case reaches, and the default if the rules may leave it any client."""
    names = [rule.name for rule in policy.rules]
    names += ["default"] if default_states(document, policy) else []
    reached = {trial.evaluation.decision.rule for trial in trials}
    return [name for name in names if name not in reached]


def _tell(output: Output, file: Path, trial: Trial) -> None:
    """Say what a case expected and got, and which way the policy went."""
    output.problem(f"{file}:{trial.case.line}: failed: {trial.case.name}")
    for difference in trial.differences:
        output.problem(f"  {difference}")
    output.problem(f"  why: {trial.evaluation.decision.reason}")
    for step in trial.evaluation.steps():
        output.problem(f"    {'fits' if step.matched else 'no  '} {step.rule}: {step.why}")


def _plain(trial: Trial) -> dict[str, Any]:
    evaluation = trial.evaluation
    return {
        "name": trial.case.name,
        "line": trial.case.line,
        "passed": not trial.differences,
        "differences": [asdict(difference) for difference in trial.differences],
        **got(evaluation),
        "reply": [list(pair) for pair in evaluation.reply()],
        "reason": evaluation.decision.reason,
        "steps": [asdict(step) for step in evaluation.steps()],
    }
