"""The answer of `radtune explain`, in words and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from radtune.records.device_and_client import Certificate
from radtune.server.client_events import login_fields
from radtune_tools.output import Output, timestamp
from radtune_tools.policy.explanation import Explanation
from radtune_tools.policy.verdict import Verdict


def show(output: Output, explanation: Explanation) -> None:
    """Print the answer."""
    if output.as_json:
        output.json(_plain(explanation))
    _print(output, explanation)


def _plain(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as JSON shows it: what a client event says, and what that came from."""
    verdict, session = explanation.verdict, next(iter(explanation.sessions), None)
    facts, match = verdict.facts, verdict.match
    nas = verdict.policy.nas_directory.find(facts)
    certificate = facts.certificate
    return {
        "judged": explanation.login,
        **login_fields(facts, verdict.decision, "" if verdict.decision.grant.allow else "radtune", nas.site),
        "at": timestamp(verdict.now),
        "certificate": certificate.to_plain() if certificate else None,
        "device_record": match.device.to_plain() if match.device else None,
        "device_state": match.state,
        "how_found": match.how,
        "candidates": [device.to_plain() for device in match.candidates],
        "synced": timestamp(match.synced_at),
        "nas_groups": list(nas.groups),
        "vendor": nas.vendor,
        "steps": [asdict(step) for step in verdict.steps()],
        "rules_not_tried": explanation.untried,
        "missing_attribute_rule": verdict.decision.missing_attribute_rule,
        "packet": "Access-Accept" if verdict.decision.grant.allow else "Access-Reject",
        "reply": [list(pair) for pair in verdict.reply()],
        "session": session.key if session else "",
        "granted": session.granted if session else "",
        "other_sessions": [other.key for other in explanation.sessions[1:]],
        "policy_mismatch": explanation.policy_mismatch,
    }


def _print(output: Output, explanation: Explanation) -> None:
    verdict = explanation.verdict
    decision = verdict.decision
    output.line(f"judged: {explanation.login}")
    if verdict.facts.certificate is not None:
        output.line(f"certificate: {_certificate(verdict.facts.certificate, verdict.now)}")
    _print_device(output, verdict)
    _print_place(output, verdict)
    output.line("rules:")
    for step in verdict.steps():
        output.line(f"  {'fits' if step.matched else 'no  '} {step.rule}: {step.why}")
    for name in explanation.untried:
        output.line(f"  -    {name}: not tried, since a rule before it fits")
    output.line(f"outcome: {decision.outcome} (rule {decision.rule})")
    output.line(f"reply: {'Access-Accept' if decision.grant.allow else 'Access-Reject'}")
    for name, value in verdict.reply():
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


def _print_device(output: Output, verdict: Verdict) -> None:
    match, decision = verdict.match, verdict.decision
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


def _print_place(output: Output, verdict: Verdict) -> None:
    facts = verdict.facts
    nas = verdict.policy.nas_directory.find(facts)
    named = {
        "NAS": " ".join(filter(None, (facts.nas_identifier, facts.nas_address))),
        "site": nas.site,
        "vendor": nas.vendor,
        "groups": " ".join(nas.groups),
        "SSID": facts.ssid,
    }
    output.line(f"place: {_listed(named) or 'unknown'}")


def _print_session(output: Output, explanation: Explanation) -> None:
    session, decision = next(iter(explanation.sessions), None), explanation.verdict.decision
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
