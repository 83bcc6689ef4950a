"""`radtune nas test`: a request about a session that can't exist, and what the answer proves."""

from typing import Any

import click

from radtune.config.nas_profile import METHODS
from radtune.config.settings import Nas
from radtune.errors import ExitCode, UsageError
from radtune.policy.nas_directory import nas_network
from radtune_tools.cli.options import command
from radtune_tools.commands.nas_check import find_entry
from radtune_tools.context import Context
from radtune_tools.enforce.nas_probe import probe, proof
from radtune_tools.enforce.nas_requests import NasRequests, check_secret
from radtune_tools.radclient.batch import Outgoing, send
from radtune_tools.radclient.output import Reply
from radtune_tools.radclient.packet import Packet


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
        prepared = probe(profile, nas, target, identifier, method or "")
        if prepared.packet is None:
            advice = "" if address else "; name one of its NASes by its address"
            raise UsageError(f"{name}: {prepared.obstacle}{advice}")
        packets.append(prepared.packet)
    replies = send([Outgoing(packet, nas.secret_file, nas.rate) for packet in packets])
    worst, rows = ExitCode.OK, []
    for packet, reply in zip(packets, replies, strict=True):
        code, meaning = proof(reply)
        worst = max(worst, code)
        say = output.line if code == ExitCode.OK else output.problem
        said = f"{packet.kind}: {reply.state} ({reply.answer}): {meaning}"
        say(f"{nas.name}: {packet.address} port {packet.port}: {said}")
        rows.append(_row(nas, packet, reply, meaning, good=code == ExitCode.OK))
    if output.as_json:
        output.json(rows)
    return worst


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
