"""`radtune explain`."""

from radtune.errors import ExitCode
from radtune.facts import parse_mac
from radtune.judge import event_fields, reply
from radtune.matching import certificate_ids
from radtune.policy import Decision
from radtune.records import Certificate, Facts
from radtune.settings import Settings
from radtune_tools.commands.coa import names
from radtune_tools.output import Output, timestamp
from radtune_tools.reconcile import Reconcile


def explain(settings: Settings, output: Output, *, target: str) -> int:
    """Say what a client would get now and why: a live session, or a login with this MAC or this certificate name."""
    with Reconcile(settings) as reconcile:
        sessions = [session for session in reconcile.sessions() if names(session, target)]
        session = max(sessions, key=lambda session: session.granted_at, default=None)
        facts = session.facts if session else _imagined(target)
        decision = reconcile.judge(facts)
    asked = f"the live session {session.key}" if session else _login(facts)
    if output.as_json:
        steps = [{"rule": step.rule, "matched": step.matched, "why": step.why} for step in decision.steps]
        fields = event_fields(facts, decision)
        output.json({"asked": asked, **fields, "steps": steps, "reply": [list(pair) for pair in reply(decision)]})
    _print(output, asked, decision)
    for other in sessions:
        if other is not session:
            output.line(f"another live session: radtune explain {other.key}")
    if session and session.granted != decision.outcome:
        output.line(f"granted so far: {session.granted}; radtune apply would move it")
    return ExitCode.OK


def _imagined(target: str) -> Facts:
    """Return the facts of a login by MAC, or else by EAP-TLS with this name or id in the certificate."""
    mac = parse_mac(target)
    if mac:
        return Facts(mac=mac, calling_station_id=target, user_name=target, auth_type="mab")
    return Facts(auth_type="eap-tls", user_name=target, certificate=Certificate(common_name=target))


def _login(facts: Facts) -> str:
    if facts.certificate is None:
        return f"a login with the MAC {facts.mac} and no certificate"
    kind = "device id" if certificate_ids(facts.certificate) else "name"
    return f"an EAP-TLS login with the {kind} {facts.certificate.common_name} in its certificate"


def _print(output: Output, asked: str, decision: Decision) -> None:
    match = decision.match
    output.line(f"asked: {asked}")
    output.line(f"device: {match.how}" if match.device else f"device: {match.state}: {match.how}")
    for device in match.candidates:
        mark = "used" if match.device is not None and device.id == match.device.id else "candidate"
        seen = timestamp(device.last_check_in) or "never"
        output.line(f"  {mark}: {device.name} ({device.id}) {device.compliance}, last check-in {seen}")
    output.line(f"compliance: {decision.compliance}" + ("" if match.device else f": {decision.reason}"))
    for step in decision.steps:
        output.line(f"  {'fits' if step.matched else 'no  '} {step.rule}: {step.why}")
    output.line(f"outcome: {decision.outcome} (rule {decision.rule})")
    for name, value in reply(decision):
        output.line(f"  {name} := {value}")
