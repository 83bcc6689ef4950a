"""`radtune nas test`."""

from typing import Any

from radtune.config.settings import Nas, Settings
from radtune.errors import ExitCode, UsageError
from radtune.policy.nas_directory import nas_network
from radtune_tools.commands.nas import find_entry
from radtune_tools.enforce.dispatch import Dispatch
from radtune_tools.enforce.probe import Verdict, probe, verdict
from radtune_tools.output import Output
from radtune_tools.radclient.batch import Outgoing, send
from radtune_tools.radclient.output import Reply
from radtune_tools.radclient.packet import Packet
from radtune_tools.radclient.run import check_coa_secret


def test(settings: Settings, output: Output, *, name: str, method: str) -> int:
    """Ask each NAS that `name` means for a session that can't exist; return the worst of what the answers prove."""
    dispatch = Dispatch(settings)
    nas, address, identifier = find_entry(settings, dispatch, name)
    if not (address or identifier or nas.addresses or nas.identifiers or nas.coa_address):
        example = f"radtune nas test {_an_address(nas)}"
        raise UsageError(f"{name}: {', '.join(nas.nas)} is no single NAS; name one by its address, such as: {example}")
    check_coa_secret(nas.secret_file, f"the CoA secret of {nas.name}")
    profile = dispatch.profile(nas)
    targets = [address] if address or identifier else nas.addresses or [""]
    identifier = identifier or next(iter(nas.identifiers), "")
    packets = []
    for target in targets:
        prepared = probe(profile, nas, target, identifier, method)
        if prepared.packet is None:
            advice = "" if address else "; name one of its NASes by its address"
            raise UsageError(f"{name}: {prepared.obstacle}{advice}")
        packets.append(prepared.packet)
    replies = send([Outgoing(packet, nas.secret_file, nas.rate) for packet in packets])
    answers = [(packet, reply, verdict(reply)) for packet, reply in zip(packets, replies, strict=True)]
    for packet, reply, found in answers:
        said = f"{packet.kind}: {reply.state} ({reply.answer}): {found.meaning}"
        say = output.line if found.code == ExitCode.OK else output.problem
        say(f"{nas.name}: {packet.address} port {packet.port}: {said}")
    if output.as_json:
        output.json([_plain(nas, *answer) for answer in answers])
    return max(found.code for _, _, found in answers)


def _an_address(nas: Nas) -> str:
    """Return an address in one of the networks of the entry; one of the documentation's, if it has none."""
    networks = [network for text in nas.nas if (network := nas_network(text)) is not None]
    return str(networks[0][1]) if networks else "192.0.2.10"


def _plain(nas: Nas, packet: Packet, reply: Reply, found: Verdict) -> dict[str, Any]:
    return {
        "name": nas.name,
        "address": packet.address,
        "port": packet.port,
        "packet": packet.kind,
        "state": reply.state,
        "answer": reply.answer,
        "cause": reply.cause,
        "meaning": found.meaning,
        "good": found.code == ExitCode.OK,
    }
