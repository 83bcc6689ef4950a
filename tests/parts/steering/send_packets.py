"""Send packets as radtune does: JSON on standard input, JSON on standard output.

`packets` are [kind, address, port, [[name, value], ...]]; or `facts` of a session, for which every method of every
profile is sent to `address` and `port`. All are signed with `secret_file`, unless `secret_files` names one for each.
"""

import json
import sys
from pathlib import Path
from typing import Any

from radtune.config.nas_profile import built_in, profile_reader
from radtune.config.policy_labels import PolicyContext
from radtune.policy.templates import fields_of
from radtune.records.device_and_client import Facts
from radtune_tools.radclient.batch import Outgoing, send
from radtune_tools.radclient.packet import Packet, render


def rendered(facts: Facts, address: str, port: int) -> list[tuple[str, Packet]]:
    """Give the packet of every method of every profile, with its name."""
    profiles = profile_reader(PolicyContext(dictionaries=(Path("/usr/share/freeradius/dictionary"),)))
    found = []
    for name in built_in():
        profile = profiles(name)
        for method in profile.methods:
            pairs = render(profile, method, fields_of(facts, profile.mac))
            found.append((f"{name} {method.name}", Packet(method.packet, address, port, pairs)))
    return found


def main(asked: dict[str, Any]) -> None:
    """Send what was asked for, and print names, packets and replies."""
    if "facts" in asked:
        named = rendered(Facts.from_plain(asked["facts"]), asked["address"], asked["port"])
    else:
        named = [
            ("", Packet(kind, address, port, tuple((name, value) for name, value in pairs)))
            for kind, address, port, pairs in asked["packets"]
        ]
    files = [Path(name) for name in asked.get("secret_files") or [asked["secret_file"]] * len(named)]
    outgoing = [Outgoing(packet, file, asked["rate"]) for (_, packet), file in zip(named, files, strict=True)]
    replies = send(outgoing)
    rows = [
        {"name": name, "kind": packet.kind, "pairs": packet.pairs}
        | {"state": reply.state, "cause": reply.cause, "answer": reply.answer}
        for (name, packet), reply in zip(named, replies, strict=True)
    ]
    json.dump(rows, sys.stdout)


main(json.load(sys.stdin))
