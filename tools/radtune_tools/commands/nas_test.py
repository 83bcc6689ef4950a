"""`radtune nas test`: a request about a session that can't exist, and what the answer proves."""

import os
from typing import Any

import click

from radtune.config.nas_profile import METHODS, Profile
from radtune.config.settings import Nas
from radtune.errors import ExitCode, UsageError
from radtune.policy.nas_directory import nas_network
from radtune.records.device_and_client import Facts, Session
from radtune_tools.cli.options import command
from radtune_tools.commands.nas_check import find_entry
from radtune_tools.context import Context
from radtune_tools.enforce.nas_requests import NasRequests, Prepared, check_secret, prepare_with
from radtune_tools.radclient.batch import Outgoing, send
from radtune_tools.radclient.output import SESSION_MISSING, Reply
from radtune_tools.radclient.packet import Packet

_UNKNOWN_COMMAND = (401, 404, 405, 406)
_MISSING_ATTRIBUTE = 402


@command
@click.argument("name", metavar="NAS")
@click.option("--method", type=click.Choice(METHODS), help="By this method, not the profile's first.")
def nas_test(context: Context, name: str, method: str | None) -> int:
    """Prove port, secret and routing of a NAS; nobody is moved.

    Asks it for a session that can't exist. NAS is the name of an entry, or the address or identifier of a NAS. Exits 0
    if the NAS says that it has no such session, 4 if it says anything else, 75 if it says nothing.
    """
    settings, output = context.settings(), context.output
    nas_requests = NasRequests(settings)
    nas, address, identifier = find_entry(settings, nas_requests, name)
    if not (address or identifier or nas.addresses or nas.identifiers or nas.coa_address):
        networks = [network for text in nas.nas if (network := nas_network(text)) is not None]
        example = f"radtune nas test {networks[0][1] if networks else '192.0.2.10'}"
        raise UsageError(f"{name}: {', '.join(nas.nas)} is no single NAS; name one by its address, such as: {example}")
    check_secret(nas)
    profile = nas_requests.profile(nas)
    targets = [address] if address or identifier else nas.addresses or [""]
    identifier = identifier or next(iter(nas.identifiers), "")
    packets = []
    for target in targets:
        prepared = _probe(profile, nas, target, identifier, method or "")
        if prepared.packet is None:
            advice = "" if address else "; name one of its NASes by its address"
            raise UsageError(f"{name}: {prepared.obstacle}{advice}")
        packets.append(prepared.packet)
    replies = send([Outgoing(packet, nas.secret_file, nas.rate) for packet in packets])
    worst, rows = ExitCode.OK, []
    for packet, reply in zip(packets, replies, strict=True):
        code, meaning = _proof(reply)
        worst = max(worst, code)
        say = output.line if code == ExitCode.OK else output.problem
        said = f"{packet.kind}: {reply.state} ({reply.answer}): {meaning}"
        say(f"{nas.name}: {packet.address} port {packet.port}: {said}")
        rows.append(_row(nas, packet, reply, meaning, good=code == ExitCode.OK))
    if output.as_json:
        output.json(rows)
    return worst


def _probe(profile: Profile, nas: Nas, address: str, identifier: str, method: str) -> Prepared:
    """Return a request about a session that can't exist, to the NAS of this address or identifier."""
    nonce = os.urandom(5).hex()
    mac = f"02{nonce}"  # locally administered
    facts = Facts(
        mac=mac,
        calling_station_id="-".join(mac[at : at + 2] for at in range(0, 12, 2)).upper(),
        user_name=f"radtune-probe-{nonce}",
        nas_address=address,
        nas_identifier=identifier,
        acct_session_id=f"radtune-probe-{nonce}",
        acct_multi_session_id=f"radtune-probe-{nonce}",
        audit_session_id=f"radtune-probe-{nonce}",
    )
    return prepare_with(profile, nas, Session(facts, "", 0.0), method)


def _proof(reply: Reply) -> tuple[ExitCode, str]:
    """Return what the answer to a probe proves, as an exit code and in words."""
    proved = "port, secret and routing are right"
    if reply.session_missing:
        return ExitCode.OK, f"{proved}, and the NAS has no such session, as it should say"
    if reply.state == "acknowledged":
        said = "but it acknowledges a session that doesn't exist: no ACK of it shows that anybody was moved"
        return ExitCode.NOT_ENFORCED, f"{proved}, {said}"
    if reply.state == "unanswered" and "another secret" in reply.answer:
        return ExitCode.TEMPORARY, "port and routing are right, the secret is not"
    if reply.state == "unanswered":
        return ExitCode.TEMPORARY, (
            "is CoA switched on there, with this server's address and this secret? A NAS doesn't answer a packet that "
            "it can't verify, from a server that it doesn't know, or whose time differs by more than five minutes"
        )
    if reply.state == "pending" or "NAK" not in reply.answer:
        return ExitCode.TEMPORARY, "nothing was proved"
    if reply.cause == _MISSING_ATTRIBUTE:
        said = "the NAS wants an attribute that this question lacks; `radtune coa` with a client of yours tells more"
    elif reply.cause in _UNKNOWN_COMMAND:
        said = "the NAS doesn't take this request: try another profile"
    else:
        said = f"the NAS would not obey: expected {SESSION_MISSING}"
    return ExitCode.NOT_ENFORCED, f"{proved}, but {said}"


def _row(nas: Nas, packet: Packet, reply: Reply, meaning: str, *, good: bool) -> dict[str, Any]:
    return {
        "name": nas.name,
        "address": packet.address,
        "port": packet.port,
        "packet": packet.kind,
        "state": reply.state,
        "answer": reply.answer,
        "cause": reply.cause,
        "meaning": meaning,
        "good": good,
    }
