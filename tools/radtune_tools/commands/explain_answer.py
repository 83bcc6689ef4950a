"""The answer of `radtune explain`, in words and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from radtune.records.device_and_client import Certificate
from radtune.server.client_events import login_fields
from radtune_tools.output import Output, timestamp
from radtune_tools.policy.evaluation import Evaluation
from radtune_tools.policy.explanation import Explanation


def show(output: Output, explanation: Explanation) -> None:
    """Print the answer."""
    if output.as_json:
        output.json(_plain(explanation))
    _print(output, explanation)


def _plain(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as JSON shows it: what a client event says, and what that came from."""
    evaluation, session = explanation.evaluation, next(iter(explanation.sessions), None)
    facts, match = evaluation.facts, evaluation.match
    nas = evaluation.policy.nas_directory.find(facts)
    certificate = facts.certificate
    return {
        "judged": explanation.login,
        **login_fields(facts, evaluation.decision, "" if evaluation.decision.grant.allow else "radtune", nas.site),
        "at": timestamp(evaluation.now),
        "certificate": certificate.to_plain() if certificate else None,
        "device_record": match.device.to_plain() if match.device else None,
        "device_state": match.state,
        "how_found": match.how,
        "candidates": [device.to_plain() for device in match.candidates],
        "synced": timestamp(match.synced_at),
        "nas_groups": list(nas.groups),
        "vendor": nas.vendor,
        "steps": [asdict(step) for step in evaluation.steps()],
        "rules_not_tried": explanation.untried,
        "missing_attribute_rule": evaluation.decision.missing_attribute_rule,
        "packet": "Access-Accept" if evaluation.decision.grant.allow else "Access-Reject",
        "reply": [list(pair) for pair in evaluation.reply()],
        "session": session.key if session else "",
        "granted": session.granted if session else "",
        "other_sessions": [other.key for other in explanation.sessions[1:]],
        "policy_mismatch": explanation.policy_mismatch,
    }


def _print(output: Output, explanation: Explanation) -> None:
    evaluation = explanation.evaluation
    decision = evaluation.decision
    output.line(f"judged: {explanation.login}")
    if evaluation.facts.certificate is not None:
        output.line(f"certificate: {_certificate(evaluation.facts.certificate, evaluation.now)}")
    _print_device(output, evaluation)
    _print_place(output, evaluation)
    output.line("rules:")
    for step in evaluation.steps():
        output.line(f"  {'fits' if step.matched else 'no  '} {step.rule}: {step.why}")
    for name in explanation.untried:
        output.line(f"  -    {name}: not tried, since a rule before it fits")
    output.line(f"outcome: {decision.outcome} (rule {decision.rule})")
    output.line(f"reply: {'Access-Accept' if decision.grant.allow else 'Access-Reject'}")
    for name, value in evaluation.reply():
        output.line(f"  {name} = {value}")
    _print_session(output, explanation)
    if explanation.policy_mismatch:
        output.problem(explanation.policy_mismatch)


def _certificate(certificate: Certificate, now: float) -> str:
    named = {
        "subject": certificate.subject or f"/CN={certificate.common_name}",
        "DNS": " ".join(certificate.dns),
        "URI": " ".join(certificate.uris),
        "UPN": " ".join(certificate.upns),
        "e-mail": " ".join(certificate.emails),
        "issuer": certificate.issuer,
        "expires": timestamp(certificate.expires_at),
    }
    has_ended = 0 < certificate.expires_at < now
    return _listed(named) + ("; it has ended, and the server refuses it before radtune is asked" if has_ended else "")


def _listed(named: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in named.items() if value)


def _print_device(output: Output, evaluation: Evaluation) -> None:
    match, decision = evaluation.match, evaluation.decision
    found = f"found by its {match.by}" if match.device else match.state
    output.line(f"device: {found}: {match.how}")
    for device in match.candidates:
        mark = "used" if match.device is not None and device.id == match.device.id else "candidate"
        seen = timestamp(device.last_check_in) or "never"
        user = f" of {device.user}" if device.user else ""
        output.line(f"  {mark}: {device.name} ({device.id}){user}, {device.compliance}, last check-in {seen}")
    if match.conflict:
        output.line(f"identity conflict: {match.conflict}")
    # The reason begins with how the device was found, which is printed already.
    more = decision.reason.removeprefix(match.how).lstrip(":; ").removeprefix("but ")
    printed = ("", f"{match.device.name} is {decision.compliance}" if match.device else "")
    output.line(f"compliance: {decision.compliance}" + ("" if more in printed else f": {more}"))


def _print_place(output: Output, evaluation: Evaluation) -> None:
    facts = evaluation.facts
    nas = evaluation.policy.nas_directory.find(facts)
    named = {
        "NAS": " ".join(filter(None, (facts.nas_identifier, facts.nas_address))),
        "site": nas.site,
        "vendor": nas.vendor,
        "groups": " ".join(nas.groups),
        "SSID": facts.ssid,
    }
    output.line(f"place: {_listed(named) or 'unknown'}")


def _print_session(output: Output, explanation: Explanation) -> None:
    session, decision = next(iter(explanation.sessions), None), explanation.evaluation.decision
    for other in explanation.sessions[1:]:
        output.line(f"another live session: radtune explain {other.key}")
    if session is None or session.granted == decision.outcome:
        return
    if explanation.is_imagined:
        after = ""
    elif decision.missing_attribute_rule:
        rule = decision.missing_attribute_rule
        after = f"; rule {rule} asks for what was not kept at its login, so radtune apply leaves it there"
    else:
        after = "; radtune apply would move it"
    output.line(f"granted so far: {session.granted}{after}")
