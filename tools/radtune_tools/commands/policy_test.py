"""`radtune policy test`."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from radtune.config.settings import read_settings
from radtune.config.yaml_file import Document
from radtune.errors import ExitCode
from radtune.policy.decide import Policy
from radtune_tools.output import Output
from radtune_tools.policy.cases import NAME, read_cases
from radtune_tools.policy.lint import default_states
from radtune_tools.policy.source import Around, around
from radtune_tools.policy.trial import Trial, got, try_case


def test(output: Output, settings_file: Path, cases_file: Path | None, policy_file: Path | None) -> int:
    """Judge the cases that are kept beside the policy; return DIFFERENCE where one comes out otherwise than expected.

    Needs no store and no server, and no settings where the policy is named. Raises ConfigurationError with every fault
    of the policy, or of the cases.
    """
    used = around(settings_file)
    if policy_file is None:
        policy_file = used.settings.policy if used.settings else read_settings(settings_file).policy
    document, policy = used.load(policy_file)
    file = cases_file or _beside(policy_file, used)
    now = time.time()
    trials = [try_case(case, policy, now) for case in read_cases(file, used.policy_context)]
    failed = [trial for trial in trials if trial.differences]
    unreached = _unreached(document, policy, trials)
    if output.as_json:
        answer = {"policy": str(policy_file), "file": str(file), "failed": len(failed), "unreached": unreached}
        output.json({**answer, "cases": [_plain(trial) for trial in trials]})
    for trial in failed:
        _tell(output, file, trial)
    said = f"{len(failed)} failed" if failed else "all passed"
    output.line(f"{file}: {len(trials)} cases, {said}; judged by {policy_file} {used.said}")
    if unreached:
        output.line(f"no case reaches: {', '.join(unreached)}")
    return ExitCode.DIFFERENCE if failed else ExitCode.OK


def _beside(policy_file: Path, used: Around) -> Path:
    """Return the file of cases beside the policy, or else beside the one in use."""
    file = policy_file.parent / NAME
    if used.settings and not file.exists():
        return used.settings.policy.parent / NAME
    return file


def _unreached(document: Document, policy: Policy, trials: list[Trial]) -> list[str]:
    """Return the rules that no case reaches, and the default where the rules leave it any client."""
    reached = {trial.verdict.decision.rule for trial in trials}
    names = [rule.name for rule in policy.rules]
    if default_states(document, policy):
        names.append("default")
    return [name for name in names if name not in reached]


def _tell(output: Output, file: Path, trial: Trial) -> None:
    """Say what a case expected and got, and which way the policy went."""
    verdict = trial.verdict
    output.problem(f"{file}:{trial.case.line}: failed: {trial.case.name}")
    for difference in trial.differences:
        output.problem(f"  {difference}")
    output.problem(f"  why: {verdict.decision.reason}")
    for step in verdict.steps():
        output.problem(f"    {'fits' if step.matched else 'no  '} {step.rule}: {step.why}")


def _plain(trial: Trial) -> dict[str, Any]:
    verdict = trial.verdict
    return {
        "name": trial.case.name,
        "line": trial.case.line,
        "passed": not trial.differences,
        "differences": [asdict(difference) for difference in trial.differences],
        **got(verdict),
        "reply": [list(pair) for pair in verdict.reply()],
        "reason": verdict.decision.reason,
        "steps": [asdict(step) for step in verdict.steps()],
    }
